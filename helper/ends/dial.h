/* A way to dial through a ControlMaster. One is used in all of a session. */
#ifndef DIAL_H
#define DIAL_H

#include "ends/end.h"
#include "ends/keep.h"

struct dialler;

/* As in end.h, of which they are a part: what is connected or fails is told as its event, and
 * so is the end of the master. */
struct dialler_ops {
	bool (*dial)(struct dialler *, unsigned channel, const char *host, uint16_t port);
	void (*cancel)(struct dialler *, unsigned channel);
	void (*check)(struct dialler *, check_fn *done, void *arg);
	unsigned (*count)(const struct dialler *);
	/* Hand the tunnel a copy of what must not end with this process. */
	void (*keep)(struct dialler *, struct keep *, unsigned number);
	void (*free)(struct dialler *);    /* waits for what the master has to be told */
};

struct dialler {
	const struct dialler_ops *ops;
	struct end *end;
};

/* NULL with errno when no master answers. */
struct dialler *dial_mux_new(struct end *, const char *ctl_path);
/* adopt: a connection that is there already, or -1; it is taken. */
struct dialler *dial_proxy_new(struct end *, const char *ctl_path, uint64_t window, int adopt);

#endif
