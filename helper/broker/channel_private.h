/* A data channel, for its parts: channel.c (opening), channel_relay.c (the bytes), channel_end.c (the ends). */
#pragma once

#include "base/loop.h"
#include "broker/channel.h"
#include "broker/channel_leg.h"

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

/* channel_relay.c */
bool relay_running(const struct data_channel *);
void relay_start(struct data_channel *); /* both ends are there */
void relay_begin(void *channel);         /* the client's data may flow */
void relay_stop(struct data_channel *);  /* no more relaying, no timer of it */

/* channel_end.c */
void both_close(struct data_channel *);
void both_abort(struct data_channel *, unsigned mask);
void channel_leave(struct data_channel *);
void channel_unkeep(struct data_channel *);
void left_if_empty(struct data_channel *); /* freed, where nothing is left of it */
