/* A proxy connection, for its parts: each has a header with what is its own. */
#pragma once

#include "base/loop.h"
#include "base/memory.h"
#include "base/unixsock.h"
#include "proxy/drain.h"
#include "proxy/proxy.h"
#include "proxy/proxy_channel.h"
#include "proxy/proxy_io.h"

enum proxy_state { PROXY_HELLO, PROXY_ASKED, PROXY_READY };

struct proxy {
	struct loop *loop;
	struct watch *watch;
	struct unixsock waiting; /* for room in the master's backlog */
	struct timer silence, wake;
	proxy_gone_fn *gone;
	void *arg;
	enum proxy_state state;
	int fd;
	bool over;  /* gone: nothing is to be done with it but proxy_free() */
	bool lost;  /* it talked nonsense: where frames begin is not known any more */
	bool deaf;  /* nothing can be sent */
	bool failed; /* no memory */
	bool full;  /* the socket took not all of the last piece: wait until it takes more */
	bool small; /* give back what the buffers have grown to */
	bool freed; /* proxy_free() was called; the memory goes when busy is 0 */
	uint32_t refused; /* opens */
	bool stays; /* one was refused, ever: the master ends with this connection */
	proxy_keeps_fn *keeps; /* somebody else has a copy, and the trace */
	void *keeps_arg;
	struct proxy_trace *trace;
	const char *rundir; /* of a master of ours; else NULL */
	unsigned busy, unanswered, no_files;
	struct proxy_channel **channels; /* by our number; NULL = free */
	size_t channel_room;
	struct proxy_channel *ready; /* have events to be told */
	struct window_pool pool;
	struct bytes in, out;
	bool in_full;  /* there may be more than there was room for */
	uint64_t sent; /* ever */
};

void proxy_over(struct proxy *, const char *reason); /* gone; once */
void proxy_fail(struct proxy *); /* no memory: it will be over */
void proxy_wake(struct proxy *);
void proxy_schedule(struct proxy_channel *, enum proxy_event);
