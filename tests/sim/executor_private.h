/* What executor.c (actions) and leg.c (the ends of a channel) share. */
#ifndef EXECUTOR_PRIVATE_H
#define EXECUTOR_PRIVATE_H

#include "executor.h"

#define COMMAND_HOLD (1 * SECOND)
#define LINGER       (5 * SECOND)
#define ABORT_HOLD   (300 * SECOND)
#define DRAIN_LOOK   (2 * MS)
#define CHANNELS     128
#define THINGS_MAX   64
#define ASIDES_MAX   4

enum leg_state { LEG_NONE, LEG_LISTENS, LEG_WAITS, LEG_DIALS, LEG_CONNECTED, LEG_OVER };

struct channel;
struct leg {
	struct channel *channel;
	enum side side;
	enum leg_state state;
	uint16_t port; /* to dial */
	struct listener *listener;
	struct sock *sock, *aside[ASIDES_MAX];
	unsigned asides;
	bool moved, ended, broken; /* told */
	bool eof_passed, looking, mute;
	uint64_t from, drain_wait;
};

struct channel {
	struct executor *x;
	unsigned id;
	struct leg leg[2];
	bool begun, dead, holding;
};

struct executor {
	struct executor_world world;
	struct channel *channel[CHANNELS];
	unsigned count, last_id;
	bool cut, abandoned;
	uint64_t in_at, out_at; /* what is said stays in order */
};

uint64_t executor_in_order(struct executor *, uint64_t *last, uint64_t more);
struct event *channel_tell(struct channel *, enum event_kind kind, enum side end);
void executor_fault(struct executor *, const char *what);
struct event *leg_tell_failed(struct leg *, const char *reason);
void leg_discards(struct leg *);
void leg_drop_asides(struct leg *);
void leg_look(void *arg);
void leg_connected(struct leg *, struct sock *);
void leg_dial(struct leg *);
void leg_listens(void *arg);
void leg_accepts(void *arg); /* who has come, if anybody */

#endif
