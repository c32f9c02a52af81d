/* One direction of a data channel: bytes from one stream to another, of which one at most is a
 * channel of a proxy connection: that has a buffer of its own, so nothing is copied beside it.
 *
 * Between two sockets the first bytes are read into a buffer and written. What goes on for longer is
 * moved by splice(2) through a pipe where there is that call, and is not copied. Neither the buffer
 * nor the pipe exists before it is needed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream;

#define RELAY_BUFFER (64 * 1024)
#define RELAY_PIPE (1024 * 1024)  /* the kernel may grant less */
#define RELAY_SPLICE (128 * 1024) /* from so many bytes on: a pipe costs as much as a small file */
#define RELAY_TURN (1024 * 1024)  /* then others get theirs */

struct relay {
	char *buf;
	int pipe[2];
	bool piped;     /* there is a pipe, and what is on its way is in it */
	bool no_splice; /* there can be none */
	size_t start, len;
	uint64_t bytes; /* written so far */
};

enum relay_state {
	RELAY_READ,        /* until from is readable */
	RELAY_WRITE,       /* until to is writable */
	RELAY_END,         /* end of file, and all before it is written */
	RELAY_READ_FAILED, /* reset by the sender, and all before it is written */
	RELAY_WRITE_FAILED /* the receiver is gone */
};

/* Move what can be moved now; out of a socket RELAY_TURN and a buffer at most. The streams wait for
 * what it goes on with. */
enum relay_state relay_run(struct relay *, struct stream *from, struct stream *to);
void relay_free(struct relay *);
