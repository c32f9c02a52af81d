/* Replies that we make ourselves: each takes its place in the queue. */
#pragma once

#include "state/session_state.h"

void own_send_before(struct session *, const struct pending *); /* those to what was said before it */
void own_flush(struct session *); /* those whose turn has come */
/* What came is no reply: the client sees that, as direct, and what it means if no greeting follows. */
void own_strange_greeting(struct session *, const char *line, size_t len);
void own_no_greeting(struct session *);
