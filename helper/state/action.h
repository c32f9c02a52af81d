/* What a session machine wants done, and what it is told. Pure. */
#pragma once

#include "ftp/address.h"
#include "ftp/side.h"

struct end_request {            /* one end of a channel */
	enum end_verb { END_NONE, END_LISTEN, END_DIAL } verb;
	struct ftp_address address; /* DIAL: whom; LISTEN: its family, 4, 6 or 0 = its own */
};

enum action_kind {
	ACT_OPEN,   /* ends: what is to be had at each (END_NONE: nothing new). A DIAL whose other end
	             * LISTENs waits for who comes there, and is dropped when nobody does */
	ACT_CANCEL, /* this end's listener, or dial that waits, is not wanted any more */
	ACT_BEGIN,  /* the transfer command is sent (upload: or not): the client's data may flow */
	ACT_TAKE,   /* CLIENT: the stranger is the one */
	ACT_EOF,    /* pass an end of file on to this end; what comes from the other is discarded */
	ACT_ABORT,  /* broken, behind all output: ends in the mask must not take it for complete, the
	             * others are closed */
	ACT_CLOSE,  /* done: ends that had no EOF yet get one */
	ACT_CHECK,  /* does the ssh link live? */
	ACT_TIMER,  /* EV_TIMER in ms, in place of the one before; channel 0: the session's; ms 0: none */
	ACT_CONTROL_EOF, ACT_HANGUP /* half-close, or close, a control connection behind its output */
};

struct action {
	enum action_kind kind;
	unsigned channel; /* never used twice; ABORT and CLOSE end it */
	enum side end;
	unsigned ms, mask, upload, turn[2]; /* turn: as in events */
	struct end_request ends[2];
};

enum event_kind {
	EV_LISTENING, /* port: this end listens */
	EV_CONNECTED, /* this end: accepted or dialled */
	EV_FAILED,    /* this end could not listen or dial, or nobody came; reason */
	EV_STRANGER,  /* CLIENT: somebody came whose owner cannot be told; port: how many so far */
	EV_MOVED,     /* this end's first byte has come */
	EV_EOF,       /* of this end, genuine; everything before it was written to the other */
	EV_RESET,     /* this end is broken */
	EV_DRAINED,   /* the EOF passed to this end, and all before it, were taken */
	EV_ALIVE,     /* after ACT_CHECK: the ssh link lives (a dead one: session_fail()) */
	EV_TIMER,     /* of this channel; channel 0: of the session itself */
	EV_DEAD, EV_GONE /* among brokers: it is not ALIVE; a ControlMaster is no more */
};

enum refusal { REFUSED, REFUSED_LATER /* by who was there; RESET: for sure */,
	REFUSED_FORBIDDEN /* by ssh */, REFUSED_UNTOLD /* the broker's own: it is to find out */ };
enum client_state { CLIENT_UNKNOWN, CLIENT_LIVES, CLIENT_DIES }; /* is its process there to stay? */
struct event {
	enum event_kind kind;
	unsigned channel, turn; /* turn: nothing to the machine (ask.h) */
	enum side end;
	uint16_t port;
	enum client_state client; /* with EOF and RESET of its end */
	const char *reason; /* FAILED: in words ("Connection refused"); NULL = none */
	enum refusal refusal;
};
