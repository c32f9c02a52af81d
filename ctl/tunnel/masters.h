/* FtpMasters: the first ControlMaster of a tunnel, and others of our own that carry data channels only. Those
 * are started when the first one is up and our own, nobody is asked anything for them, and one that cannot be
 * had is done without. */
#pragma once

#include "master/master.h"
#include "options/options.h"

/* All zero at the beginning. */
struct masters {
	struct master_settings further; /* of all but the first */
	size_t count;
	struct master one[MASTERS_MAX]; /* helpers are given them in this order */
};

/* So many; settings, fn and arg are those of the first one, as for master_begin(). */
void masters_begin(struct masters *, size_t count, struct loop *, const struct master_settings *,
    master_fn *, void *arg);
void masters_tend(struct masters *); /* start the others, and anew those that have gone */
void masters_stop(struct masters *); /* as master_stop() */
void masters_end(struct masters *);  /* harmless if they have not begun */
