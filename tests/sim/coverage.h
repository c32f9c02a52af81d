/* Which of the machine's states and transitions were reached. It looks inside, and so is no
 * part of what judges. */
#ifndef COVERAGE_H
#define COVERAGE_H

#include <stdio.h>

#include "session/session.h"

void coverage_event(const struct session *, const struct event *);
void coverage_reply(const struct session *, const char *line, size_t len);
void coverage_print(FILE *);

#endif
