/* What channel.c (opening), channel_relay.c (the bytes) and channel_end.c (the ends) share. */
#pragma once

#include "base/loop.h"
#include "broker/channel.h"
#include "relay/relay.h"
#include "relay/stream.h"

enum leg_state { LEG_NONE, LEG_WAITING /* a dial, for the other end */, LEG_LISTENING, LEG_DIALLING,
	LEG_CONNECTED };

/* One end. */
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

struct data_channel {
	struct data_channel *next;
	unsigned id;
	struct channel_hooks *hooks;
	struct leg leg[2];
	int place;              /* of counts; -1 = none */
	struct session_count count;
	struct timer look;      /* what have the peers taken? */
	unsigned look_ms;
	struct timer command;   /* the client's data wait for it */
	struct timer end;       /* of lingering, or of the hold */
	bool begun, upload;
	unsigned asked;         /* so often, whether the server's end of an upload is there */
	bool left;              /* the session has let go of it */
	bool kept;              /* the tunnel has a copy of the server's end */
};

/* channel.c */
void leg_tell(struct leg *, enum event_kind);
void leg_tell_failed(struct leg *, enum event_kind, const char *reason, enum refusal);
void leg_close(struct leg *);
void leg_drop(struct leg *); /* ... whatever it was to become */

/* channel_relay.c */
bool relay_running(const struct data_channel *);
void relay_start(struct data_channel *); /* both ends are there */
void relay_awaits(struct leg *);         /* the other; was this one, which was dialled, refused? */
void relay_begin(void *channel);         /* the client's data may flow */
void relay_stop(struct data_channel *);  /* no more relaying, no timer of it */
void leg_pass_eof(struct leg *);
void leg_pump(struct leg *);
void leg_checked(struct leg *, bool alive);

/* channel_end.c */
void both_close(struct data_channel *);
void both_abort(struct data_channel *, unsigned mask);
void channel_leave(struct data_channel *);
void channel_unkeep(struct data_channel *);
void left_if_empty(struct data_channel *); /* freed, where nothing is left of it */
void due_connected(struct leg *, struct stream *); /* aborted meanwhile */
void due_failed(struct leg *);
