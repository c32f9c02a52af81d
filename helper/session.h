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

struct session_config {
	enum server_mode mode;
	bool tls_pass;
	bool listen_last;        /* prefer dialling the server: listening has become costly */
	bool bulk;               /* who dials the server wants to know which downloads are large */
	bool active_possible;    /* can the FTP server reach a listener at the server end? */
	struct ftp_address client_peer; /* of the control connection; family 0 = not known */
	uint8_t family[2];       /* of each control connection: 4, 6, 0 = not known */
	/* What to tell the peer of a listening end, IPv4 and IPv6; family 0 = cannot. */
	struct ftp_address listen4[2], listen6[2];
	const char *server_name; /* for texts; must outlive the session */
	void (*trace)(void *arg, enum side from, const char *line, size_t len);
	void *trace_arg;
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
	EV_LISTENING, /* port */
	EV_CONNECTED, /* dialled, or accepted */
	EV_FAILED,    /* could not listen or dial, or nobody came */
	EV_EOF,       /* of data; everything before it has reached the other end */
	EV_RESET,     /* data connection broken */
	EV_DRAINED,   /* the EOF passed to this end, and all before it, were taken */
	EV_TIMER,     /* bytes = moved so far */
	EV_CLOSED     /* after ACT_ABORT or ACT_CLOSE: the channel is no more */
};

struct event {
	enum event_kind kind;
	unsigned channel;
	enum side end;
	uint16_t port;
	uint64_t bytes;
	bool costly; /* LISTENING: better not again if there is another way */
	unsigned dies_ms; /* EOF: the client's control connection is about to end, too (holder.h) */
};
void session_event(struct session *, const struct event *);

enum action_kind {
	ACT_LISTEN,
	ACT_DIAL,  /* address (family 0: the end's own control host) */
	ACT_CANCEL, /* this end's listener is not wanted any more */
	ACT_EOF,   /* pass an end of file on to this end (channel 0: the control connection) */
	ACT_ABORT, /* broken: the ends in the mask must not take it for complete */
	ACT_CLOSE, /* the channel is done with */
	ACT_TIMER, /* EV_TIMER in ms; replaces the one before; 0 = none */
	ACT_HANGUP /* close this control connection once its output is out */
};

struct action {
	enum action_kind kind;
	unsigned channel;
	enum side end;
	unsigned ms, mask;
	bool told; /* ABORT: the client learns from the server's reply that it is broken, or has sent it */
	bool due; /* ABORT: the server's end was dialled, or may have dialled us, and is not there yet */
	struct ftp_address address;
	bool bulk; /* DIAL: for a download of BULK_BYTES or more; LISTEN: it may come to that */
};
bool session_next(struct session *, struct action *); /* false: nothing to do */

#define BULK_BYTES (1024 * 1024)

/* An ACT_LISTEN is at hand: what ACT_DIAL for the other end will follow as soon as somebody has
 * come? false: none, or later. */
bool session_dials_next(const struct session *, const struct action *listen, struct action *dial);

/* Bytes for a control connection; session_sent() takes what was written off. */
const char *session_output(const struct session *, enum side, size_t *len);
void session_sent(struct session *, enum side, size_t len);

/* Both control connections were hung up and every channel is closed. */
bool session_over(const struct session *);
/* A data channel is open, or a transfer command is unanswered. */
bool session_busy(const struct session *);
/* TLS has begun (FtpTls=pass): what is said is seen no more. */
bool session_opaque(const struct session *);
bool session_greeted(const struct session *); /* the server has sent its 220 */
/* The server has refused a login because it wants TLS, which does not pass here. */
bool session_wants_tls(const struct session *);
/* Is that channel still wanted? A connection that was on its way when it was closed is not. */
bool session_wants(const struct session *, unsigned channel);

/* For status: who logged in, and a transfer's command line. "" when none. */
const char *session_user(const struct session *);
const char *session_transfer(const struct session *, unsigned channel);
/* How long SIZE has said that a download's file is, 0 = unknown. */
uint64_t session_size(const struct session *, unsigned channel);
/* "down", "up" or ""; the verbs spoken on both ends ("EPSV", "PORT"). */
const char *session_direction(const struct session *, unsigned channel);
void session_verbs(const struct session *, unsigned channel, const char **client,
    const char **server);
int session_final(const struct session *, unsigned channel); /* reply code, 0 = none yet */

#endif
