/* The ssh connections of a tunnel: the first one (see master.h), and FtpMasters - 1 more of our
 * own that carry data channels only. Those are started when the first one is up and our own,
 * nobody is asked anything for them, and one that cannot be had is done without. */
#pragma once

#include <stddef.h>

#include "master/master.h"
#include "options/options.h"

/* Part of its owner; all zero at the beginning. */
struct masters {
	struct master_settings further; /* of all but the first */
	master_fn *fn;
	void *arg;
	bool named; /* the first one, by the user */
	size_t count;
	struct master one[MASTERS_MAX];
};

/* As master_begin(); fn is about the first one. */
void masters_begin(struct masters *, struct loop *, const struct master_settings *, unsigned count,
    master_fn *, void *arg);
void masters_end(struct masters *);
void masters_stop(struct masters *); /* each, as master_stop() */
void masters_tend(struct masters *); /* start anew those that have gone */

/* How a helper is to dial through them: as it was asked for; auto: by a proxy connection where the
 * first one is our own, by the requests of `ssh -O forward` where it is the user's, which a proxy
 * connection that ends at the wrong time would kill. Told before there is one, too. */
enum forward_method masters_method(const struct masters *, enum forward_method asked);

/* For helpers, which are given them all in this order. "": it is not up. */
const char *masters_path(const struct masters *, size_t);
