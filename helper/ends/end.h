/* An end of an FTP session, in the broker: near (plain TCP from this machine) or far (through ssh).
 * It listens and it dials; a data channel is one verb on each of two ends (the table in README.md).
 *
 * What has begun is answered later, never from inside unless it says so here. Channels have numbers,
 * by which answers are told; each has one listener or one dial at an end at a time. */
#ifndef END_H
#define END_H

#include <stdbool.h>
#include <stdint.h>

#define CHANNEL_CONTROL UINT32_MAX /* the control connection's number */

struct end;
struct loop;
struct stream;

enum end_event {
	END_LISTENING, /* port */
	END_CONNECTED, /* stream, now the receiver's */
	END_FAILED,    /* reason */
	END_STRANGER,  /* port: so many have come whose owner cannot be told, and are put aside */
	END_ALIVE,     /* a ControlMaster that lives, after check(); asked, or ... */
	END_DEAD,      /* ... that is not */
	END_GONE       /* a ControlMaster is no more; reason; channel 0 */
};

struct end_result {
	enum end_event event;
	unsigned channel;
	uint16_t port;
	const struct stream *asked; /* ALIVE, DEAD: as in the question; it may be no more */
	struct stream *stream;
	const char *reason;
	bool all; /* GONE: it has the control connection, so that all is over */
};

typedef void end_fn(void *arg, const struct end_result *);

struct end_ops {
	/* These two: false with errno when it cannot even begin; no answer comes then. */
	bool (*dial)(struct end *, unsigned channel, const char *host, uint16_t port);
	bool (*listen)(struct end *, unsigned channel, uint8_t family); /* 4, 6, 0 = its own */
	void (*cancel)(struct end *, unsigned channel); /* what has not connected: no answer comes */
	/* Near: END_CONNECTED, from inside, with the one that was put aside. false: there is none */
	bool (*take)(struct end *, unsigned channel);
	/* Far: does the master of that stream live (NULL: of the control connection)? Asked before an
	 * end of file is believed. Answered from inside where it is known. */
	void (*check)(struct end *, const struct stream *, unsigned channel);
	unsigned (*count)(const struct end *); /* what exists of it: descriptors, or in the master */
	void (*free)(struct end *);
};

struct end {
	const struct end_ops *ops;
	struct loop *loop;
	end_fn *fn;
	void *arg;
};

#ifndef LISTEN_DEADLINE_MS /* a test cannot wait for it */
#define LISTEN_DEADLINE_MS 300000 /* nobody came: the listener is closed, END_FAILED */
#endif
#define DIAL_TIMEOUT_MS 60000

/* For the implementations: call back. uses counts the streams that exist; fd is taken. */
void end_connected(struct end *, unsigned channel, int fd, unsigned *uses);
void end_failed(struct end *, unsigned channel, const char *reason);

#endif
