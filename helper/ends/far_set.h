/* A far end over several ControlMasters (FtpMasters): each channel has the one with the least to
 * do; the control connection has the first. To everybody else it is a far end like another. */
#ifndef FAR_SET_H
#define FAR_SET_H

#include <stddef.h>

#include "ends/far.h"

/* The control connection's channel number. */
#define CHANNEL_CONTROL UINT32_MAX

/* One whose master does not answer is left out, but for the first: NULL with errno then. */
struct end *far_set_new(struct loop *, const struct far_config *, size_t count, end_fn *,
    void *arg);
void far_set_keep(struct end *, struct keep *); /* as far_keep(), of all */

#endif
