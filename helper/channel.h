/* A data channel in the session process: two connections, a relay each way, and the ways
 * in which it may end. It tells the session machine by events and does as it says. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "conn.h"
#include "session.h"

struct loop;
struct data_channel;

struct channel_hooks {
	void (*event)(void *arg, const struct event *);
	/* Ask whether the master lives before a far end's EOF is believed, where the connection
	 * does not show it; the answer comes through data_channel_alive(). */
	void (*check)(void *arg, unsigned channel);
	/* Ask whether the client dies (holder.h); false: cannot. data_channel_holder() answers.
	 * Or, while it lives, have it known. */
	bool (*holder)(void *arg, unsigned channel, bool dies);
	void (*closed)(void *arg, struct data_channel *); /* may be freed now */
	void *arg;
	unsigned abort_hold_ms;
	bool far[2]; /* which ends go through ssh */
	int crowd_fd; /* crowd.h */
};

struct data_channel *data_channel_new(struct loop *, unsigned id, const struct channel_hooks *);
void data_channel_free(struct data_channel *);

unsigned data_channel_id(const struct data_channel *);
uint64_t data_channel_bytes(struct data_channel *);
bool data_channel_running(const struct data_channel *); /* both ends are connected */

void data_channel_connected(struct data_channel *, enum side, struct conn); /* takes it */
void data_channel_begin(struct data_channel *); /* the transfer command is sent */
void data_channel_direct(struct data_channel *); /* ssh writes to the near end by itself */
bool data_channel_is_direct(const struct data_channel *);
void data_channel_alive(struct data_channel *);
void data_channel_holder(struct data_channel *, unsigned dies_ms);
void data_channel_act(struct data_channel *, const struct action *);
/* An upload may be broken off while the server's end is on its way: that is still waited for, and
 * then held open. Would this abort be one of those? Was there one, and has it not come yet? */
bool data_channel_awaits(const struct data_channel *, const struct action *abort);
bool data_channel_due(const struct data_channel *);
void data_channel_failed(struct data_channel *); /* it will not come */

#endif
