/* One end of a data channel: from being asked for to its close. */
#pragma once

#include "broker/channel.h"
#include "relay/relay.h"
#include "relay/stream.h"

enum leg_state { LEG_NONE, LEG_WAITING /* a dial, for the other end */, LEG_LISTENING, LEG_DIALLING,
	LEG_CONNECTED };

struct leg {
	struct data_channel *channel;
	enum side side;
	struct end *end; /* of the session, which this one is a part of */
	enum leg_state state;
	unsigned turn;
	struct channel_want want; /* WAITING */
	struct stream *stream;
	struct relay relay;       /* from this end to the other */
	bool checking;     /* its end has come: does the master live that told so? */
	bool dialled;      /* by a forward: it may have been refused */
	bool took;         /* ... but was not: ssh reads nothing before the far side has connected */
	bool broken;       /* its end was a failure, not an end of file */
	bool moved;        /* a byte has come */
	bool ended;        /* nothing more comes */
	bool eof, reset;   /* ... which was told */
	bool draining;     /* EOF was passed to it */
	bool drained;      /* ... and all was taken, which was told */
	bool due;          /* aborted before it was there: it will be held when it is */
	bool held;         /* aborted: mute, so that the peer does not take it for complete */
};

void leg_tell(struct leg *, enum event_kind);
void leg_tell_failed(struct leg *, enum event_kind, const char *reason, enum refusal);
void leg_close(struct leg *);
void leg_drop(struct leg *); /* also what it was to become */

/* channel_relay.c */
void leg_awaits(struct leg *); /* the other; was this one, which was dialled, refused? */
void leg_pass_eof(struct leg *);
void leg_pump(struct leg *);
void leg_checked(struct leg *, bool alive);

/* channel_end.c: it was aborted before it was there */
void due_connected(struct leg *, struct stream *);
void due_failed(struct leg *);
