/* The listeners of -R: on the far side, opened by the ssh server; what comes in there arrives at unix sockets
 * of ours in the runtime directory. They live as long as the ssh connection and are opened anew with the
 * next one. */
#pragma once

#include "base/memory.h"

struct tunnel;
struct tunnel_spec;

struct far_listeners {
	struct mux *link;  /* while there is something to ask or to be answered */
	struct far *first; /* NULL: there are none */
};

/* Add one before the first far_open(); optional: it may be refused. -1 with a message. */
int far_add(struct tunnel *, const struct tunnel_spec *, bool optional, char *why, size_t why_size);
int far_open(struct tunnel *);    /* ask the master for all that are not open; -1 with errno */
void far_cancel(struct tunnel *); /* close them all; waits for it, 2 s at most */
void far_free(struct far_listeners *);     /* all of them: there are none then */
void far_announce(struct far_listeners *); /* on stdout, a line for each that is open on a port not yet told */
void far_lost(struct far_listeners *);     /* the master is gone, and so are they */
void far_status(const struct far_listeners *, struct bytes *out);
