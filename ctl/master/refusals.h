/* How many opens each ControlMaster has refused over proxy connections: it keeps a channel of each
 * (proxy_trace.h), and ends when it has 16,384. */
#ifndef REFUSALS_H
#define REFUSALS_H

#include <stdint.h>

struct refusals; /* NULL is an empty list */

/* Out of memory they are not counted. */
void refusals_add(struct refusals **, const char *ctl_path, uint32_t count);
uint32_t refusals_count(const struct refusals *, const char *ctl_path);
void refusals_forget(struct refusals *, const char *ctl_path); /* that master has ended */
void refusals_free(struct refusals *);

#endif
