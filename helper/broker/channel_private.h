/* What channel.c (life and ends) and channel_relay.c (the bytes) share. */
#ifndef CHANNEL_PRIVATE_H
#define CHANNEL_PRIVATE_H

#include "broker/channel.h"
#include "relay/relay.h"

enum leg_state { LEG_NONE, LEG_WAITING /* a dial, for the other end */, LEG_LISTENING, LEG_DIALLING,
	LEG_CONNECTED };

struct leg_check { /* is under way; the leg may be gone when it is answered */
	struct leg *leg;
};

/* One end. */
struct leg {
	struct data_channel *channel;
	enum side side;
	enum leg_state state;
	unsigned turn;
	struct channel_want want; /* WAITING */
	struct stream *stream;
	struct relay relay;       /* from this end to the other */
	struct leg_check *check;
	bool read, write;  /* what is waited for */
	bool dialled;      /* by a forward: it may have been refused */
	bool broken;       /* its end was a failure, not an end of file */
	bool moved;        /* a byte has come */
	bool ended;        /* nothing more comes */
	bool eof, reset;   /* ... which was told */
	bool draining;     /* EOF was passed to it */
	bool drained;      /* ... and all was taken, which was told */
	bool due;          /* aborted before it was there: it will be held when it is */
	bool held;         /* aborted: mute, so that the peer does not take it for complete */
};

struct data_channel {
	unsigned id;
	const struct channel_hooks *hooks;
	struct leg leg[2];
	int place;              /* of counts; -1 = none */
	struct session_count count;
	struct timer *drain;    /* looks whether the peers have taken all */
	unsigned drain_ms;
	struct timer *tick;     /* refreshes the counts */
	struct timer *command;  /* the client's data wait for it */
	struct timer *end;      /* of lingering, or of the hold */
	bool begun, upload;
	bool left;
	bool kept;              /* the tunnel has a copy of the server's end */
};

/* channel.c */
void leg_tell(struct data_channel *, enum event_kind, enum side);
void leg_refused(struct leg *, const char *reason); /* it was connected, it seemed */
void leg_close(struct leg *);

/* channel_relay.c */
bool relay_running(const struct data_channel *);
void relay_start(struct data_channel *); /* both ends are there */
void relay_awaits(struct leg *);         /* the other; was this one, which was dialled, refused? */
void relay_begin(struct data_channel *); /* the client's data may flow */
void leg_pass_eof(struct leg *);
void relay_stop(struct data_channel *);  /* no more relaying, no timer of it */
void leg_pump(struct leg *);

#endif
