/* A dialogue: what a client does, what a server does with each command, and the world between
 * them. Written as text it is a case file; the same text comes out again. */
#ifndef DIALOGUE_H
#define DIALOGUE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OPS_MAX      640
#define PROGRAMS_MAX 64
#define ENDS         "--" /* here a client goes on when something fails: no data connection */

enum op_kind {
	/* the client */
	C_SEND,    /* a command */
	C_MORE,    /* likewise, in one write with the next one */
	C_RAW,     /* these bytes; \r \n \0 \xHH */
	C_REPLY,   /* one reply of any kind */
	C_FINAL,   /* replies, up to one that is none of 1xx */
	C_BEGIN,   /* one reply; not a 1xx: to the next "--" */
	C_PATIENT, /* how long (ms) a reply is waited for from now on */
	C_ASK,     /* PASV, EPSV, PORT, EPRT ...; active: listens before */
	C_ANSWER,  /* its reply; no: to the next "--" */
	C_DIAL,    /* passive: connects; cannot: to the next "--" */
	C_DATA,    /* active: accepts */
	C_PUT,     /* so many bytes */
	C_GET,     /* to the end (0), or so many */
	C_FIN,
	C_CLOSE,
	C_RESET, /* the data connection */
	C_ENDED, /* until the server has ended the data connection */
	C_STATE, /* has it? */
	C_ABOR,  /* ABOR, the data, its replies */
	C_SLEEP, /* ms */
	C_HALF,
	C_BYE,
	C_EOF, /* control connection: end of file, close, wait for the server's */
	C_DIE,
	C_LOOSE,
	C_TIGHT, /* what is seen in between is not compared */
	C_LABEL,
	C_STRANGER, /* somebody else connects to the passive port (stranger.c) */
	C_UNTIL,    /* replies of any kind, which are not compared, up to this one */
	/* the server */
	S_SAY,
	S_RAW,
	S_PASSIVE,  /* listen, and say so: 227, 229 or 228, as asked */
	S_PORT,     /* listen; says the text with %p as p1,p2 and %n as the number */
	S_FIXED,    /* likewise, always the same one; it stays */
	S_DEAD,     /* says a port where nobody listens */
	S_ACCEPT,   /* sit in accept() now */
	S_STRANGER, /* active: somebody else connects there */
	S_DATA,     /* the data connection; none: 425, and the command is over */
	S_SEND,
	S_RECV,
	S_SENT,   /* the text if all was sent, else 426 */
	S_STORED, /* the text if the upload came to an end of file, else 426 */
	S_FIN,
	S_CLOSE,
	S_RESET,
	S_CMD, /* reads a command now, and answers it with the text */
	S_SLEEP,
	S_DIE,
	S_HANGUP,
	S_LEAVE, /* the control connection alone */
	S_DEAF,
	OP_KINDS
};

struct op {
	enum op_kind kind;
	int n;
	unsigned group; /* these go together (shrinking) */
	bool off;
	char text[96];
};

struct program {
	char key[32]; /* a whole command line, or a verb; "*" = the greeting */
	unsigned first, count;
};

enum knob {       /* names in dialogue.c */
	K_FAR,    /* 0 the server (-L), 1 the client (-R) */
	K_MODE,   /* enum server_mode */
	K_OWNER,  /* 1: whether a client lives can be told */
	K_CLOSED, /* 1: who has closed a connection before it was accepted can be told */
	K_NEAR_LO,
	K_NEAR_HI,
	K_SSH_LO,
	K_SSH_HI,
	K_BROKER_HI,
	K_DIRECT_LO,
	K_DIRECT_HI, /* us */
	K_NO_LISTEN, /* 1: sshd opens no listener for us */
	K_FORBIDS,   /* 1: ... and dials no data port */
	K_WINDOW,
	K_BUFFER,
	K_SPLIT,
	K_ONE, /* 1: the server takes one read() for one command */
	K_SIX, /* 1: all is IPv6; through us 2: the server's side alone, 3: the client's */
	KNOBS
};

struct dialogue {
	uint64_t seed;
	int knob[KNOBS];
	unsigned groups;
	struct op client[OPS_MAX];
	unsigned client_ops;
	struct op op[OPS_MAX]; /* of the server's programs */
	unsigned ops;
	struct program program[PROGRAMS_MAX];
	unsigned programs;
};

extern const int dialogue_knobs[KNOBS]; /* what they are where nothing is said */
void dialogue_clear(struct dialogue *);
void
dialogue_program(struct dialogue *, const char *key); /* the server's ops that follow are its */
struct op *dialogue_op(struct dialogue *, enum op_kind, int n, const char *text);
const struct program *dialogue_on(const struct dialogue *, const char *line); /* NULL: none */
void dialogue_print(const struct dialogue *, FILE *);
const char *dialogue_read(struct dialogue *, FILE *); /* NULL, or what is wrong with it */

#endif
