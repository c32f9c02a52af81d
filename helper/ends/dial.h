/* A way to dial through a ControlMaster. One is used in all of a session. */
#ifndef DIAL_H
#define DIAL_H

#include "ends/far_master.h"

struct dialler;
struct keep;

/* As in end.h, of which they are a part: what is connected or fails is told as its event, and
 * so is the end of the master. */
struct dialler_ops {
	bool (*dial)(struct dialler *, unsigned channel, const char *host, uint16_t port);
	void (*cancel)(struct dialler *, unsigned channel);
	void (*check)(struct dialler *, const struct stream *, unsigned channel);
	unsigned (*count)(const struct dialler *);
	/* Hand the tunnel a copy of what must not end with this process. NULL: there is nothing */
	void (*keep)(struct dialler *, struct keep *);
	void (*free)(struct dialler *);    /* waits for what the master has to be told */
};

struct dialler {
	const struct dialler_ops *ops;
	struct far_master *master;
};

/* NULL with errno when no master answers. */
struct dialler *dial_mux_new(struct far_master *);
/* adopt: a connection that is there already, or -1; it is taken. */
struct dialler *dial_proxy_new(struct far_master *, int adopt);

/* For the two of them: the master is gone; its life, as it was asked for. */
void dialler_gone(struct dialler *, const char *reason);
void dialler_checked(struct dialler *, const struct stream *, unsigned channel, bool alive);

#endif
