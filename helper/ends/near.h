/* The near end: TCP of this machine. */
#ifndef NEAR_H
#define NEAR_H

#include "ends/end.h"

struct near_config {
	/* Where to listen (the port does not count), and who may come: that address only. */
	struct sockaddr_storage local, peer;
	uint16_t port_lo, port_hi; /* FtpDataPorts; 0 = any */
	bool check_owner;          /* on this machine: only owner's and our own sockets */
	uid_t owner;
};

/* Where a near end's control connection is not made yet, local and peer may have family
 * AF_UNSPEC; near_learn() sets them. NULL with errno. */
struct end *near_new(struct loop *, const struct near_config *, end_fn *, void *arg);
void near_learn(struct end *, const struct sockaddr_storage *local,
    const struct sockaddr_storage *peer);

#endif
