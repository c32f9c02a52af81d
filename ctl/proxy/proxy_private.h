/* Inside a proxy connection: proxy.c (its life), proxy_io.c (what goes out and what comes, and its
 * trace), proxy_channel.c (what the owners of channels call). */
#pragma once

#include "base/memory.h"
#include "base/loop.h"
#include "base/unixsock.h"
#include "proxy/chanmsg.h"
#include "proxy/proxy.h"
#include "proxy/drain.h"
#include "proxy/window.h"

#ifndef PROXY_PACKET_MAX
#define PROXY_PACKET_MAX (32 * 1024) /* what we let the far side send in one message */
#endif
#define PROXY_SEGMENTS   16

enum proxy_state { PROXY_HELLO, PROXY_ASKED, PROXY_READY };
enum channel_state { CHANNEL_OPENING, CHANNEL_OPEN, CHANNEL_OVER };

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

/* What came lies in the connection's buffer while the events are told; what is left of it then is copied. */
struct segment {
	const uint8_t *data;
	size_t len;
};

struct proxy_channel {
	struct proxy *proxy;
	struct proxy_channel *next; /* of those that are ready */
	proxy_channel_fn *fn;
	void *arg;
	uint32_t id, remote;
	enum channel_state state;
	bool eof_came, eof_sent, close_sent, hungry, freed, queued, telling, no_file;
	unsigned events; /* bits of enum proxy_event */
	struct window window;
	uint64_t remote_window;
	uint32_t remote_max;
	uint64_t dialled_us, dialled_at; /* when so much of the connection is sent, the open is */
	struct bytes rest; /* ... before the segments */
	size_t waiting; /* bytes in both */
	unsigned segment, segments;
	struct segment list[PROXY_SEGMENTS];
	uint64_t sent_by, pending; /* all is sent when so much of the connection is */
	char reason[128];
};

/* proxy.c */
void proxy_quiet(struct proxy *); /* no watch, no timers */
void proxy_over(struct proxy *, const char *reason);
void proxy_fail(struct proxy *); /* no memory: it will be over */
void proxy_wake(struct proxy *);
void proxy_schedule(struct proxy_channel *, enum proxy_event);

/* proxy_io.c */
uint64_t proxy_queued(const struct proxy *); /* all that was ever put into out */
uint8_t *proxy_reserve(struct proxy *, size_t n); /* behind out; NULL: no memory; it has failed */
/* Where the next message goes; proxy_put() when it is written. false: no memory; it has failed. */
bool proxy_wire(struct proxy *, struct wire *, size_t n);
void proxy_put(struct proxy *, const struct wire *);
void proxy_put_numbers(struct proxy *, enum chanmsg_type, const uint32_t *, size_t count);
void proxy_arm(struct proxy *);
void proxy_flush(struct proxy *);
void proxy_receive(struct proxy *);

/* proxy_channel.c */
void proxy_spill(struct proxy_channel *);    /* segments into rest */
void proxy_came(struct proxy_channel *, const uint8_t *data, size_t len);
void proxy_channel_close(struct proxy_channel *);  /* say so, once */
void proxy_channel_over(struct proxy_channel *);   /* nothing more comes for it */
void proxy_channel_settle(struct proxy_channel *); /* free it, if nobody needs it any more */
