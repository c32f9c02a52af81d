/* An end of an FTP session: near (plain TCP from this machine) or far (through ssh). It
 * listens and it dials; a data channel is one verb on each of two ends (the table in README.md).
 *
 * Ends live in the broker. What has begun is answered later through the callback, never from
 * inside; channel tells which. One listener or one dial for each channel at a time. */
#ifndef END_H
#define END_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "relay/stream.h"

struct loop;
struct end;

enum end_event {
	END_LISTENING, /* port */
	END_CONNECTED, /* stream, now the receiver's */
	END_FAILED,    /* reason */
	END_STRANGER,  /* port: so many have come whose owner cannot be told, and are put aside */
	END_GONE       /* a ControlMaster is no more; reason; channel 0 */
};

struct end_result {
	enum end_event event;
	unsigned channel;
	uint16_t port;
	struct stream *stream;
	const char *reason;
	bool all; /* GONE: it has the control connection, so that all is over */
};

typedef void end_fn(void *arg, const struct end_result *);
typedef void check_fn(void *arg, bool alive);

struct end_ops {
	/* These two: false with errno when it cannot even begin; no answer comes then. */
	bool (*dial)(struct end *, unsigned channel, const char *host, uint16_t port);
	bool (*listen)(struct end *, unsigned channel, uint8_t family); /* 4, 6, 0 = its own */
	/* Forget what has not connected yet: no answer comes. */
	void (*cancel)(struct end *, unsigned channel);
	/* near: END_CONNECTED, from inside, with the one that was put aside. false: there is none */
	bool (*take)(struct end *, unsigned channel);
	/* far: does the master of that stream live (NULL: of the control connection)? Asked before an
	 * end of file is believed. The answer comes through done, from inside where it is known. */
	void (*check)(struct end *, const struct stream *, check_fn *done, void *arg);
	/* What exists of this end, as a descriptor or in the master. */
	unsigned (*count)(const struct end *);
	void (*free)(struct end *);
};

struct end {
	const struct end_ops *ops;
	struct loop *loop;
	end_fn *fn;
	void *arg;
	unsigned uses; /* streams that it has made and that still exist */
};

/* For the implementations: call back. */
void end_listening(struct end *, unsigned channel, uint16_t port);
void end_connected(struct end *, unsigned channel, struct stream *);
void end_failed(struct end *, unsigned channel, const char *reason);
void end_stranger(struct end *, unsigned channel, unsigned count);
void end_gone(struct end *, const char *reason);

#ifndef LISTEN_DEADLINE_MS /* a test cannot wait for it */
#define LISTEN_DEADLINE_MS 300000 /* nobody came: the listener is closed, END_FAILED */
#endif
#define DIAL_TIMEOUT_MS 60000

#endif
