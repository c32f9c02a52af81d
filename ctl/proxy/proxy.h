/* A proxy connection to a ControlMaster (PROTOCOL.mux, MUX_C_PROXY; since OpenSSH 7.4): the ssh
 * connection protocol (RFC 4254, 5 to 7) spoken by ourselves. Channels are dialled, never accepted.
 *
 * Events come from the loop, never from inside a call, and tell something new once: who leaves bytes
 * where they are, or room unused, is not told again. A callback may free its channel or the proxy.
 * Pointers to pieces and room are good until the next call for this proxy or the end of the callback. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

struct loop;
struct proxy;
struct proxy_channel;

enum proxy_event {
	PROXY_OPENED,   /* the far side has connected */
	PROXY_REFUSED,  /* it could not, in sshd's words; the channel is freed after the call, ... */
	PROXY_FORBIDDEN, /* ... or was not allowed to, likewise */
	PROXY_READABLE, /* there are bytes, or the end of file */
	PROXY_WRITABLE, /* proxy_room() is not 0 again */
	PROXY_CLOSED    /* nothing can be written any more; what came before can still be read */
};
typedef void proxy_channel_fn(void *arg, enum proxy_event, const char *reason);
/* It has ended, and with it all channels (no event of theirs comes). */
typedef void proxy_gone_fn(void *arg, const char *reason);

/* NULL with errno when no master listens. */
struct proxy *proxy_new(struct loop *, const char *ctl_path, proxy_gone_fn *, void *arg);
/* Sends what was committed and closes it, and the channels. If the master would end with it
 * (drain.h) it waits, 2 s at most, and leaves it to those who keep a copy, or to a process of its own. */
void proxy_free(struct proxy *);
/* Take over a connection that is at rest; fd is taken (unless NULL is returned). */
struct proxy *proxy_adopt(struct loop *, const char *ctl_path, int fd, proxy_gone_fn *, void *arg);
/* For who holds a copy in case that we are killed: the trace's file, the caller's to hand on with
 * proxy_fd(), and to close. -1: there can be none now. */
int proxy_trace(struct proxy *);
/* It has taken both. Does it have them at the end? (It may end itself.) */
typedef bool proxy_keeps_fn(void *arg);
void proxy_kept(struct proxy *, proxy_keeps_fn *, void *arg);
int proxy_fd(const struct proxy *); /* -1: it waits for room in the master's backlog */
unsigned proxy_unanswered(const struct proxy *); /* opens without an answer */

struct proxy_channel *proxy_dial(struct proxy *, const char *host, uint16_t port,
    proxy_channel_fn *, void *arg); /* NULL with errno */
void proxy_no_file(struct proxy_channel *); /* nobody takes its end for a file's: for the trace */
/* The bytes that have come, as they lie there; 0 = none now. */
int proxy_pieces(struct proxy_channel *, struct iovec *, int max);
void proxy_take(struct proxy_channel *, size_t n); /* so many were used */
bool proxy_ended(const struct proxy_channel *);    /* EOF has come, and all before it was taken */
bool proxy_closed(const struct proxy_channel *);   /* CLOSE has come, or the connection is gone */
size_t proxy_room(struct proxy_channel *, uint8_t **buf); /* 0 = wait for WRITABLE */
void proxy_commit(struct proxy_channel *, size_t n);      /* of those; they are to be sent */
size_t proxy_unsent(const struct proxy_channel *); /* committed, not yet with ssh: at most */
void proxy_eof(struct proxy_channel *);            /* behind what was committed */
/* CLOSE is sent, when it can be; what still comes is discarded. NULL is harmless. */
void proxy_channel_free(struct proxy_channel *);
