/* Replies that we make ourselves: each takes its place in the queue. */
#ifndef OWN_REPLIES_H
#define OWN_REPLIES_H

#include "state/session_state.h"

void own_send_before(struct session *, const struct pending *); /* those to what was said before it */
void own_flush(struct session *); /* those whose turn has come */

#endif
