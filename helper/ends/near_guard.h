/* Who may have the data that wait at a port of ours. */
#ifndef NEAR_GUARD_H
#define NEAR_GUARD_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/ratelimit.h"

struct near_guard {
	struct sockaddr_storage peer; /* of the control connection: that address only */
	bool check_owner;             /* on this machine: only owner's and our own sockets */
	uid_t owner;
	struct ratelimit told;        /* private */
};

enum admission { ADMIT, REFUSE, ASIDE /* whose it is cannot be told */ };

/* The address must be the control peer's; on this machine the socket must be the control
 * connection's owner's, or our own (another tunnel's). */
enum admission guard_admits(struct near_guard *, int fd, const struct sockaddr *from);

#endif
