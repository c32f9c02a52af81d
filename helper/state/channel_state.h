/* What the session machine keeps of a data channel. */
#pragma once

#include "ftp/address.h"
#include "state/action.h"
#include "state/facts.h"
#include "state/holds.h"

/* The commands that make the server's end of a channel; attempts.c has the table. */
enum attempt { TRY_PASV, TRY_EPSV, TRY_LPSV, TRY_PORT, TRY_EPRT4, TRY_EPRT6, TRY_LPRT4, TRY_LPRT6,
	TRY_COUNT };

struct end {
	bool dials;     /* else it listens */
	bool asked;     /* to listen, and does not yet */
	uint16_t port;  /* ... does */
	bool dialled, connected;
	bool moved;     /* bytes came from it, */
	bool eof;       /* and their end */
	bool passed, drained; /* an end of file was passed to it, and taken */
	bool came_back; /* its own end followed that */
};

struct channel {
	unsigned id; /* 0 = free slot */
	bool dead;   /* closed; who carries that out may still ask about it */
	bool opened; /* the outside knows of it */
	/* setup */
	enum ftp_verb client_verb;
	struct ftp_address client_addr, server_addr; /* to dial */
	enum attempt attempt;  /* in hand */
	unsigned tried;        /* mask of attempts */
	uint8_t server_family; /* of the server end's listener */
	char argument[64];     /* of the client's PASV or its kin, for the server */
	char refusal[256];     /* the server's first no */
	bool denied;           /* the client was passed the server's no to PASV or its kin */
	char words[64];        /* of its 227, before the address */
	/* transfer */
	struct end end[2];
	enum direction dir, was;
	bool owned;     /* by a transfer that has begun: it is no other's any more */
	bool refused;   /* a command was refused, and has left it as it was */
	bool told;      /* the user knows what became of that transfer */
	bool looked;    /* we have asked whether the client is there, before its next word */
	bool turned;    /* to active mode, when the client had its answer */
	bool aborted;   /* by the client's ABOR: its data may end in any way */
	bool doubtful;  /* .final may be the reply to another command */
	bool exact, lost; /* lost: there will be no final reply */
	unsigned asked;      /* of sshd, behind the reply: does 1 somebody, 2 the server or its data still come, */
	unsigned unanswered; /* ... 3 has the client had the end? How many of such questions are unanswered. */
	bool broken;    /* it has failed; the client is to read the reply first */
	int final, said; /* said: of one that was answered without the connection; was: its .dir */
	enum client_state client; /* as its EOF told */
	unsigned strangers;
	uint64_t announced; /* bytes, by the 150; 0 = not known; .exact: so many they must be */
	enum channel_timer timer;
	unsigned waited;    /* a mask of those that have come to their bound */
	uint64_t progress;  /* as it was when the timer was set */
	char transfer[256];
};
