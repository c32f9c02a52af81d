/* The near end: TCP of this machine. */
#ifndef NEAR_H
#define NEAR_H

#include "ends/end.h"
#include "ends/near_guard.h"
#include "ends/near_port.h"

struct near_config {
	struct near_at at;       /* where to listen, */
	struct near_guard guard; /* and who may come */
};

/* Where a near end's control connection is not made yet, both addresses may have family
 * AF_UNSPEC; near_learn() sets them. NULL with errno. */
struct end *near_new(struct loop *, const struct near_config *, end_fn *, void *arg);
void near_learn(struct end *, const struct sockaddr_storage *local,
    const struct sockaddr_storage *peer);

#endif
