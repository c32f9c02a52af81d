/* The near end: TCP of this machine. */
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include "base/ratelimit.h"
#include "ends/end.h"

struct near_config {
	struct sockaddr_storage local; /* the control connection's; its port does not count */
	struct sockaddr_storage peer;  /* ... and who alone may have the data */
	uint16_t lo, hi;               /* FtpDataPorts; 0 = any */
	bool check_owner;              /* on this machine: only owner's and our own sockets */
	uid_t owner;
	struct ratelimit told;         /* private */
};

/* Where a near end's control connection is not made yet, both addresses may have family
 * AF_UNSPEC; near_learn() sets them. NULL with errno. */
struct end *near_new(struct loop *, const struct near_config *, end_fn *, void *arg);
void near_learn(struct end *, const struct sockaddr_storage *local,
    const struct sockaddr_storage *peer);

/* near_port.c: a listener; -1: why it cannot. Family 0: the control connection's. */
int near_port_open(const struct near_config *, uint8_t family, uint16_t *port, const char **why);
