/* Which of the machine's states and transitions were reached. It looks inside, and so is no
 * part of what judges. */
#ifndef COVERAGE_H
#define COVERAGE_H

#include <stdio.h>

#include "session.h"

void coverage_event(const struct session *, const struct event *);
void coverage_action(const struct session *, const struct action *);
void coverage_print(FILE *);

#endif
