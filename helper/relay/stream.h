/* A connected end of a data channel, or of a control connection: a socket (TCP of this machine, or
 * a unix socket behind which ssh is), or a channel on a proxy connection. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proxy/proxy.h"

struct watch;

/* Of stream_dial() OPENED, once; or REFUSED or FORBIDDEN, with the reason: only stream_free() may be
 * called then. READABLE and WRITABLE of both kinds; never CLOSED. */
typedef proxy_channel_fn stream_fn;

struct stream {
	int fd;                        /* -1: it is the channel */
	struct proxy_channel *channel; /* NULL: it is the descriptor */
	struct watch *watch;
	stream_fn *fn;
	void *arg;
	bool read, write, ended;       /* what is waited for; stream_eof() was called */
	unsigned *uses;                /* of the end that made it */
	bool *gone;                    /* set when it is freed */
};

/* Takes fd, which is closed when there is no memory: NULL. uses counts those that exist. */
struct stream *stream_of(struct loop *, int fd, unsigned *uses);
/* Dial through a proxy connection; the answer comes through fn, never from inside. NULL with errno. */
struct stream *stream_dial(struct proxy *, const char *host, uint16_t port, stream_fn *, void *arg,
    unsigned *uses);
/* Closed as it is: a TCP peer that has had no stream_eof() gets a reset. NULL is harmless. */
void stream_free(struct stream *);
int stream_release(struct stream *); /* frees it, but for the descriptor, which it returns */
void stream_break(struct stream *); /* ... in any case, if it can */

void stream_owner(struct stream *, stream_fn *, void *arg);
/* Which events are wanted; NULL is harmless. */
void stream_wait_read(struct stream *, bool);
void stream_wait_write(struct stream *, bool);

void stream_eof(struct stream *);
/* Throw away what comes: 1; 0 when its end of file has come, -1 when it is broken. */
int stream_discard(struct stream *);
/* What was written and has not left this machine (ssh: not reached the master); 0 = unknown. */
size_t stream_unsent(const struct stream *);
/* After an end of file: has a peer made it that lives on? false also where it cannot be said. */
bool stream_half_closed(const struct stream *);
bool stream_closed(const struct stream *); /* a channel that is no more, or its connection */
