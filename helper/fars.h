/* A far end over several ControlMasters: each channel has one of them, in turn; the control
 * connection has the first. */
#ifndef FARS_H
#define FARS_H

#include <stddef.h>

#include "end.h"

#define FARS_CONTROL UINT32_MAX /* the control connection's channel number */

/* One whose master does not answer is left out, but for the first: NULL with errno then. */
struct end *fars_new(struct loop *, const struct far_config *, size_t count, end_fn *, void *arg);
/* far_check() of the master that has this channel. */
void fars_check(struct end *, unsigned channel, void (*done)(void *arg, bool alive), void *arg);

#endif
