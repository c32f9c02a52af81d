/* What goes on between the machine and the executor, for whoever looks for a fault. */
#ifndef TRACE_H
#define TRACE_H

#include <stdio.h>

#include "session/session.h"

extern FILE *play_trace; /* NULL: it is not told */

void trace_event(const struct event *);
void trace_action(const struct action *);
void trace_bytes(const char *mark, const void *, size_t len);

#endif
