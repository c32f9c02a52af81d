/* A data channel in the broker: two ends, a relay each way, and the ways in which it may end. It
 * decides nothing: it does what the session machine's actions say and tells what it sees as events
 * (state/action.h). */
#pragma once

#include "ask/counts.h"
#include "ends/end.h"
#include "state/action.h"

struct client_process;
struct data_channel;
struct keep;
struct loop;

struct channel_hooks {
	void (*event)(void *arg, const struct event *);
	void *arg;
	struct loop *loop;
	struct end *end[2];
	bool far[2];           /* which of them goes through ssh */
	unsigned abort_hold_ms;
	struct counts *counts; /* may be NULL */
	struct client_process *client_process;
	struct keep *keep;     /* may be NULL */
	struct data_channel *all; /* the last one first */
};

/* What is to be had at an end; host and port: whom to dial. */
struct channel_want {
	enum end_verb verb;
	uint8_t family;
	uint16_t port;
	char host[256];
};

/* The hooks must outlive it. NULL: no memory, or the session has too many. */
struct data_channel *data_channel_new(unsigned id, struct channel_hooks *);
void data_channel_free(struct data_channel *); /* NULL is harmless */

struct data_channel *data_channel_find(const struct channel_hooks *, unsigned id); /* NULL */
void data_channels_each(struct channel_hooks *, void (*)(struct data_channel *));
/* The session counts what it asks of an end; an event carries the number it had come to. */
void data_channel_turn(struct data_channel *, const unsigned turn[2]);

/* false: something is there already of what is wanted */
bool data_channel_open(struct data_channel *, const struct channel_want want[2]);
/* What an end of it has answered; a stream is taken. NULL: the channel is no more. */
void data_channel_result(struct data_channel *, enum side, const struct end_result *);
/* Has the server of an upload been reached, does anybody still come to our listener? EV_ALIVE when
 * that is known, perhaps from inside. false: there is nothing to find out but whether the master lives. */
bool data_channel_check(struct data_channel *);

/* These may leave nothing of it; it is freed then. */
void data_channel_act(struct data_channel *, const struct action *); /* CANCEL ... CLOSE */
void data_channel_break_off(struct data_channel *); /* the session is no more */
void data_channel_look(struct data_channel *); /* see by now what has come and ended by now */
