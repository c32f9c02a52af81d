/* One FTP session as a machine: push what came in, carry out what comes out. Pure: it
 * owns no descriptor and no clock.
 *
 * Both control streams run through it. It keeps a queue of pending commands (one final
 * reply each, RFC 959 5.4), so that pipelined commands and replies of our own keep their
 * order, and for every data connection a channel: two ends, each of which listens or
 * dials. It decides; what the actions mean is fixed, and every wait is an ACT_TIMER (the
 * table of all of them is in session_private.h). What is untrusted: every byte pushed.
 * Memory is bounded: when session_room() is 0, stop reading that side. */
#ifndef SESSION_H
#define SESSION_H

#include "ftp/ftp.h"
#include "options/options.h"

enum side { CLIENT, SERVER }; /* of a control connection, and the end of a channel */
#define OTHER(side) ((side) == CLIENT ? SERVER : CLIENT)

struct session_count {    /* of a channel */
	uint64_t from[2];   /* bytes that came from that end and were handed to the other */
	uint64_t unsent[2]; /* ... still waiting in this machine's kernel towards that end */
};

struct session_config {
	enum server_mode mode;
	bool tls_pass;
	bool active_possible; /* can the FTP server reach a listener at the server end? */
	bool far[2];          /* which end goes through ssh */
	struct ftp_address client_peer; /* of the control connection; family 0 = not known */
	/* The client is of this machine: is that another address of this machine? May be NULL. */
	bool (*own_address)(void *arg, const struct ftp_address *);
	uint8_t family[2];       /* of each control connection: 4, 6, 0 = not known */
	/* What to tell the peer of a listening end, IPv4 and IPv6; family 0 = cannot. */
	struct ftp_address listen4[2], listen6[2];
	const char *server_name; /* for texts; must outlive the session */
	void (*count)(void *arg, unsigned channel, struct session_count *); /* NULL: all 0 */
	void (*trace)(void *arg, enum side from, const char *line, size_t len); /* may be NULL */
	/* The final reply of a transfer whose channel was closed before; may be NULL. */
	void (*answered)(void *arg, unsigned channel, int code);
	void *arg;               /* of the functions above */
};

struct session;
struct session *session_new(const struct session_config *); /* NULL: out of memory */
void session_free(struct session *);

size_t session_room(const struct session *, enum side); /* bytes that push will take now */
void session_push(struct session *, enum side, const void *, size_t len);
void session_eof(struct session *, enum side); /* that control connection has ended */
/* End it all: transfers fail (none may look complete), the client is told why (421). */
void session_fail(struct session *, const char *why);

enum event_kind {
	EV_LISTENING, /* port: this end listens */
	EV_CONNECTED, /* this end: accepted or dialled */
	EV_FAILED,    /* this end could not listen or dial, or nobody came; reason */
	EV_STRANGER,  /* CLIENT: somebody came whose owner cannot be told; port: how many so far */
	EV_MOVED,     /* this end's first byte has come (once for each end) */
	EV_EOF,       /* of this end, genuine; everything before it was written to the other */
	EV_RESET,     /* this end is broken: a reset was read, or it cannot be written to */
	EV_DRAINED,   /* the EOF passed to this end, and all before it, were taken */
	EV_ALIVE,     /* after ACT_CHECK: the ssh link lives (a dead one: session_fail()) */
	EV_TIMER      /* of this channel; channel 0: of the session itself */
};

/* With EOF and RESET of the client's end: is its process there to stay? */
enum client_state { CLIENT_UNKNOWN, CLIENT_LIVES, CLIENT_DIES };

struct event {
	enum event_kind kind;
	unsigned channel;
	enum side end;
	uint16_t port;
	enum client_state client;
	const char *reason; /* FAILED: in words ("Connection refused"); NULL = none */
};
void session_event(struct session *, const struct event *);

enum end_verb { END_NONE, END_LISTEN, END_DIAL };

struct end_request {                /* one end of a channel */
	enum end_verb verb;
	struct ftp_address address; /* DIAL: whom; LISTEN: its family, 4, 6 or 0 = its own */
};

enum action_kind {
	ACT_OPEN,   /* ends: what is to be had at each (END_NONE: nothing new). A DIAL whose other
	             * end LISTENs is carried out when somebody has come there, else at once; it is
	             * dropped when that listener fails. More than once for a channel: what is missing */
	ACT_CANCEL, /* this end's listener, or dial that waits, is not wanted any more */
	ACT_BEGIN,  /* the transfer command is sent (upload: or not): the client's data may flow */
	ACT_TAKE,   /* CLIENT: the stranger is the one */
	ACT_EOF,    /* pass an end of file on to this end; what comes from the other is discarded */
	ACT_ABORT,  /* broken: ends in the mask must not take it for complete, the others are closed */
	ACT_CLOSE,  /* done: ends that had no EOF yet get one */
	ACT_CHECK,  /* does the ssh link live? */
	ACT_TIMER,  /* EV_TIMER in ms; replaces the channel's (0: the session's) earlier one; 0 = none */
	ACT_CONTROL_EOF, /* half-close the control connection to this end once its output is out */
	ACT_HANGUP  /* close this control connection once its output is out */
};

struct action {
	enum action_kind kind;
	unsigned channel; /* never used twice; ABORT and CLOSE end it */
	enum side end;
	unsigned ms, mask;
	bool upload;
	struct end_request ends[2];
};
bool session_next(struct session *, struct action *); /* false: nothing to do */

/* Bytes for a control connection; session_sent() takes what was written off. */
const char *session_output(const struct session *, enum side, size_t *len);
void session_sent(struct session *, enum side, size_t len);

/* Both control connections were hung up. */
bool session_over(const struct session *);
/* A transfer is under way, or its command unanswered. */
bool session_busy(const struct session *);
/* TLS has begun (FtpTls=pass): what is said is seen no more. */
bool session_opaque(const struct session *);
bool session_greeted(const struct session *); /* the server has sent its 220 */
/* The server has refused a login because it wants TLS, which does not pass here. */
bool session_wants_tls(const struct session *);

/* For status, also while the channel's ABORT or CLOSE is carried out: who logged in, and a
 * transfer's command line. "" when none. */
const char *session_user(const struct session *);
const char *session_transfer(const struct session *, unsigned channel);
/* "down", "up" or ""; the verbs spoken on both ends ("EPSV", "PORT"). */
const char *session_direction(const struct session *, unsigned channel);
void session_verbs(const struct session *, unsigned channel, const char **client,
    const char **server);
int session_final(const struct session *, unsigned channel); /* reply code, 0 = none yet */

#endif
