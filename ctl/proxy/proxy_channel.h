/* A channel of a proxy connection: what its owner calls is in proxy.h. */
#pragma once

#include "base/memory.h"
#include "proxy/proxy.h"
#include "proxy/window.h"

#define PROXY_PACKET_MAX (32 * 1024) /* what we let the far side send in one message */
#define PROXY_SEGMENTS 16

enum channel_state { CHANNEL_OPENING, CHANNEL_OPEN, CHANNEL_OVER };

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

void proxy_spill(struct proxy_channel *);    /* segments into rest */
void proxy_came(struct proxy_channel *, const uint8_t *data, size_t len);
void proxy_channel_close(struct proxy_channel *);  /* say so, once */
void proxy_channel_over(struct proxy_channel *);   /* nothing more comes for it */
void proxy_channel_settle(struct proxy_channel *); /* free it, if nobody needs it any more */
