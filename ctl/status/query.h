/* Asking tunnels through their status sockets: all at once, with one deadline, so that a
 * tunnel that hangs delays nobody by more than that. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "status/status_records.h"

struct session_view {
	struct status_session session;
	struct status_channel *channel;
	size_t channels;
};

struct tunnel_view {
	char path[104];           /* of its socket */
	long pid;
	const char *trouble;      /* why there is nothing but the pid; NULL = all is there */
	struct status_tunnel tunnel;
	struct status_listener *listener;
	struct session_view *session; /* by number */
	size_t listeners, sessions;
};

struct tunnels {
	struct tunnel_view *tunnel; /* by name, those in trouble last */
	size_t count;
};

/* Every running tunnel of that user; those that have not answered after ms are in trouble. -1
 * with a message in why. */
int query_all(struct tunnels *, uid_t, unsigned ms, char *why, size_t why_size);
void query_free(struct tunnels *);

/* Have one do something: 0, or -1 with a message. */
int query_tell(const struct tunnel_view *, const struct status_ask *, char *why, size_t why_size);
