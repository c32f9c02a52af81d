/* One FTP session as a machine: push what came in, carry out what comes out. Pure: it
 * owns no descriptor and no clock.
 *
 * Both control streams run through it. It keeps a queue of pending commands (one final
 * reply each, RFC 959 5.4), so that pipelined commands and replies of our own keep their
 * order, and for every data connection a channel: two ends, each of which listens or
 * dials. What is untrusted: every byte pushed. Memory is bounded: when session_room()
 * is 0, stop reading that side. */
#ifndef SESSION_H
#define SESSION_H

#include "ftp.h"
#include "options.h"

enum side { CLIENT, SERVER }; /* of a control connection, and the end of a channel */
#define OTHER(side) ((side) == CLIENT ? SERVER : CLIENT)

struct session_count { /* of a channel */
	uint64_t from[2];   /* bytes that came from that end and were handed to the other */
	uint64_t unsent[2]; /* still in this machine's kernel towards that end; 0 = none, not known */
};

struct session_config {
	enum server_mode mode;
	bool tls_pass;
	bool active_possible; /* can the FTP server reach a listener at the server end? */
	bool far[2];          /* which end goes through ssh */
	struct ftp_address client_peer; /* of the control connection; family 0 = not known */
	/* a client of this machine: is that another address of this machine? may be NULL */
	bool (*own_address)(void *arg, const struct ftp_address *);
	uint8_t family[2];       /* of each control connection: 4, 6, 0 = not known */
	/* What to tell the peer of a listening end, IPv4 and IPv6; family 0 = cannot. */
	struct ftp_address listen4[2], listen6[2];
	const char *server_name; /* for texts; must outlive the session */
	void (*count)(void *arg, unsigned channel, struct session_count *); /* NULL: all 0 */
	void (*trace)(void *arg, enum side from, const char *line, size_t len);
	void *arg; /* of count, trace, own_address */
};

struct session;
struct session *session_new(const struct session_config *); /* NULL: out of memory */
void session_free(struct session *);

size_t session_room(const struct session *, enum side); /* bytes that push will take now */
void session_push(struct session *, enum side, const void *, size_t len);
void session_eof(struct session *, enum side); /* that control connection has ended */
/* End it all: transfers fail (none may look complete), the client is told why (421). */
void session_fail(struct session *, const char *why);

enum end_verb { END_NONE, END_LISTEN, END_DIAL };

struct end_request { /* one end of a channel */
	enum end_verb verb;
	struct ftp_address address; /* DIAL: whom; LISTEN: .family 4, 6, 0 = its own */
};

enum event_kind {
	EV_LISTENING, /* port: this end listens */
	EV_CONNECTED, /* this end: accepted or dialled */
	EV_FAILED,    /* could not listen or dial, or nobody came; reason */
	EV_STRANGER,  /* near client end: somebody whose owner cannot be told; port: how many */
	EV_MOVED,     /* the first byte of this end has come */
	EV_EOF,       /* end of file, genuine; all before it was written to the other end */
	EV_RESET,     /* this end is broken */
	EV_DRAINED,   /* after ACT_EOF: all was taken */
	EV_ALIVE,     /* answer to ACT_CHECK */
	EV_TIMER      /* channel 0: the session's own */
};

/* With EOF and RESET of the client's end: has its process given up the control connection? */
enum client_state { CLIENT_UNKNOWN, CLIENT_LIVES, CLIENT_DIES };

struct event {
	enum event_kind kind;
	unsigned channel;
	enum side end;
	uint16_t port;
	enum client_state client;
	const char *reason; /* FAILED only; NULL = none */
};
void session_event(struct session *, const struct event *);

enum action_kind {
	ACT_OPEN,   /* ends: what is to be had at each */
	ACT_CANCEL, /* end: its listener, or its dial, is not wanted any more */
	ACT_BEGIN,  /* the transfer command has been sent */
	ACT_TAKE,   /* take the stranger */
	ACT_EOF,    /* pass an end of file on to this end */
	ACT_ABORT,  /* broken: the ends in the mask must not take it for complete */
	ACT_CLOSE,  /* done */
	ACT_CHECK,  /* does the ssh link live? */
	ACT_TIMER,  /* EV_TIMER in ms; 0 = none */
	ACT_CONTROL_EOF, /* half-close the control connection to this end, after its output */
	ACT_HANGUP  /* close this control connection once its output is out */
};

struct action {
	enum action_kind kind;
	unsigned channel;
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
/* A data channel is open, or a transfer command is unanswered. */
bool session_busy(const struct session *);
/* TLS has begun (FtpTls=pass): what is said is seen no more. */
bool session_opaque(const struct session *);
bool session_greeted(const struct session *); /* the server has sent its 220 */
/* The server has refused a login because it wants TLS, which does not pass here. */
bool session_wants_tls(const struct session *);
/* For status: who logged in, and a transfer's command line. "" when none. */
const char *session_user(const struct session *);
const char *session_transfer(const struct session *, unsigned channel);
/* "down", "up" or ""; the verbs spoken on both ends ("EPSV", "PORT"). */
const char *session_direction(const struct session *, unsigned channel);
void session_verbs(const struct session *, unsigned channel, const char **client,
    const char **server);
int session_final(const struct session *, unsigned channel); /* reply code, 0 = none yet */

#endif
