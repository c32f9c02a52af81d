/* An end of an FTP session, in the broker: near (plain TCP from this machine) or far (through ssh).
 * It listens and it dials; a data channel is one verb on each of two ends (the table in README.md).
 * What has begun is answered later, never from inside unless that is said here. */
#pragma once

#include "state/action.h"

#define CHANNEL_CONTROL UINT32_MAX /* the control connection's number, in place of a channel's */
#define CHANNEL_TRIAL (UINT32_MAX - 3) /* what follows is no session's */
#define LISTEN_DEADLINE_MS 300000  /* nobody came: EV_FAILED */
#define DIAL_TIMEOUT_MS 60000

struct end;

struct end_result {
	enum event_kind event;
	unsigned channel;
	uint16_t port;
	struct stream *stream; /* CONNECTED: now the receiver's */
	const struct stream *asked; /* ALIVE, DEAD: as in the question; it may be no more */
	const char *reason;    /* FAILED, GONE */
	enum refusal refusal;
	bool all; /* GONE: it has the control connection, so that all is over */
};
typedef void end_fn(void *arg, const struct end_result *);

struct end_ops {
	/* Both: false with errno when it cannot even begin: no answer comes then. */
	bool (*dial)(struct end *, unsigned channel, const char *host, uint16_t port);
	bool (*listen)(struct end *, unsigned channel, uint8_t family); /* 4, 6, 0 = its own */
	void (*cancel)(struct end *, unsigned channel); /* what has not connected: no answer comes */
	void (*look)(struct end *, unsigned channel); /* has somebody come by now? */
	/* Far: ask sshd something. EV_ALIVE is its answer, told behind whoever has come to that listener, or
	 * what has come on that stream, before it. It may never come. */
	bool (*ask)(struct end *, const struct stream *, unsigned channel);
	bool (*take)(struct end *, unsigned channel); /* near: CONNECTED with who was put aside */
	/* Far: does the master of that stream (NULL: the first) live? Perhaps from inside. */
	void (*check)(struct end *, const struct stream *, unsigned channel);
	unsigned (*count)(const struct end *); /* what exists of it: descriptors, or in the master */
	void (*free)(struct end *);
};

struct end {
	const struct end_ops *ops;
	struct loop *loop;
	end_fn *fn;
	void *arg;
	struct slot *slots; /* what waits (slot.h) */
};
