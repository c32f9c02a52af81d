/* What the server answers to the commands of a setup. */
#ifndef SETUP_REPLY_H
#define SETUP_REPLY_H

#include "state/session_state.h"

/* The whole reply is there. False: it is to be passed on as it is. */
bool setup_reply(struct session *, struct pending *);
/* Something else came in its place; true: the client must not see it. */
bool setup_stray(struct session *, struct pending *);
/* The reply before may have been its own: it is not waited for without end. */
void setup_in_doubt(struct session *, struct pending *);

#endif
