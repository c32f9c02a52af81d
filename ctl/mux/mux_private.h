/* Inside a mux connection: mux.c (its life and its bytes), mux_requests.c (what is asked on it). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "base/loop.h"
#include "mux/mux.h"

/* A request under way. The master answers in order, so the first in the list is
 * the one that the next answer must be for. */
struct request {
	struct request *next;
	uint32_t id;
	enum mux_type type;
	enum mux_answer success; /* what the master says when it has done it */
	uint16_t port;
	bool far; /* it is the ssh server's to answer */
};

struct mux {
	struct loop *loop;
	struct watch *watch;
	struct unixsock *waiting; /* for room in the master's backlog; fd is -1 then */
	struct timer timer;       /* runs while an answer is awaited */
	mux_fn *fn;
	void *arg;
	struct request *first, **last;
	int fd;
	uint32_t next_id, version;
	bool over;  /* the connection is no more */
	bool freed; /* mux_free() was called; the memory goes when busy is 0 */
	unsigned busy;
	struct bytes in, out; /* what cannot be sent now is sent later, never dropped */
};

/* mux.c */
void mux_over(struct mux *, enum forward_status, const char *reason);
void mux_await(struct mux *); /* the next answer, if there is one to come */
void mux_flush(struct mux *);

/* mux_requests.c */
void mux_reply(struct mux *, const struct mux_reply *); /* NULL: that was none */
void mux_answer_all(struct mux *, enum forward_status, const char *reason);
