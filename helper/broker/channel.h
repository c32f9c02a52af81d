/* A data channel in the broker: two ends, a relay each way, and the ways in which it may end. It
 * decides nothing: it does as the session machine says (session.h: actions) and tells what
 * it sees (events). */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "ask/counts.h"
#include "ends/end.h"
#include "state/action.h"

struct loop;
struct client_process;
struct keep;
struct data_channel;

struct channel_hooks {
	void (*event)(void *arg, const struct event *, unsigned turn); /* turn: data_channel_turn() */
	void (*over)(void *arg, struct data_channel *); /* nothing is left: to be freed now */
	void *arg;
	struct loop *loop;
	struct end *end[2];
	bool far[2];           /* which of them goes through ssh */
	unsigned abort_hold_ms;
	struct counts *counts; /* may be NULL */
	struct client_process *client_process; /* the client's process */
	struct keep *keep;     /* may be NULL */
};

/* What is to be had at an end; host and port: whom to dial. */
struct channel_want {
	enum end_verb verb;
	uint8_t family;
	uint16_t port;
	char host[256];
};

/* The hooks must outlive it. NULL: no memory, or the session has too many. */
struct data_channel *data_channel_new(unsigned id, const struct channel_hooks *);
void data_channel_free(struct data_channel *); /* NULL is harmless */

unsigned data_channel_id(const struct data_channel *);
/* The session counts its requests about an end; events name the one that they answer. */
void data_channel_turn(struct data_channel *, enum side, unsigned turn);

/* false: there is something at an end of which more is wanted. */
bool data_channel_open(struct data_channel *, const struct channel_want want[2]);
/* CANCEL ... CLOSE. After the last two it may be over, and freed. */
void data_channel_act(struct data_channel *, const struct action *);
void data_channel_result(struct data_channel *, enum side, const struct end_result *);
/* The session is no more: nothing may look complete. It may be over, and freed, after that. */
void data_channel_break_off(struct data_channel *);
/* A master is gone: one of its ends may be. Or: what has been closed by now is to be seen by now. */
void data_channel_look(struct data_channel *);

#endif
