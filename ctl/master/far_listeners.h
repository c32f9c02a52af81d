/* The listeners of -R: on the far side, opened by the ssh server; what comes in there arrives
 * at unix sockets of ours in the runtime directory. They live as long as the ssh connection
 * and are opened anew with the next one. */
#pragma once

#include <stdbool.h>

#include "options/spec.h"

struct loop;

/* Part of its owner, who fills in loop and what is called; all else is zero at the beginning. */
struct far_listeners {
	struct loop *loop;
	/* Takes the connection. */
	void (*accepted)(void *arg, const struct tunnel_spec *, int fd);
	void (*refused)(void *arg, const struct tunnel_spec *, bool optional, const char *why);
	void (*settled)(void *arg); /* every one has been answered */
	void *arg;
	struct mux *link; /* while there is something to ask or to be answered */
	struct far *first; /* NULL: there are none */
};

void far_listeners_free(struct far_listeners *); /* all of them: there are none then */

/* Add one before the first far_listeners_open(). optional is only handed back. -1 with a message. */
int far_listeners_add(struct far_listeners *, const struct tunnel_spec *, bool optional, char *why,
    size_t why_size);
bool far_listeners_any_open(const struct far_listeners *);

/* Ask the master there for all that are not open; answers come by the callbacks. -1 with errno. */
int far_listeners_open(struct far_listeners *, const char *ctl_path);
/* Close them all; waits for it, 2 s at most. */
void far_listeners_cancel(struct far_listeners *, const char *ctl_path);
/* On stdout, a line for each one that is open on a port not yet told. */
void far_listeners_announce(struct far_listeners *);
/* Visit those that are open. */
void far_listeners_each(const struct far_listeners *, void (*fn)(void *arg, const struct hostport *at,
    const struct hostport *target), void *arg);
void far_listeners_lost(struct far_listeners *); /* the master is gone, and so are they */
