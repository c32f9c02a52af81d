/* The ssh connections of a tunnel: the first one (see master.h), and FtpMasters - 1 more of our
 * own that carry data channels only. Those are started when the first one is up and our own,
 * nobody is asked anything for them, and one that cannot be had is done without. */
#pragma once

#include <stddef.h>

#include "master/master.h"

struct masters;

/* As master_new(); the callback is about the first one. */
struct masters *masters_new(struct loop *, const struct master_settings *, unsigned count,
    master_fn *, void *arg);
void masters_free(struct masters *);
void masters_stop(struct masters *); /* each, as master_stop() */
struct master *masters_first(const struct masters *);
void masters_tend(struct masters *);  /* start anew those that have gone */

/* How a helper is to dial through them: as it was asked for; auto: by a proxy connection where the
 * first one is our own, by the requests of `ssh -O forward` where it is the user's, which a proxy
 * connection that ends at the wrong time would kill. Told before there is one, too. */
enum forward_method masters_method(const struct masters *, enum forward_method asked);

/* For helpers, which are given them all in this order. */
size_t masters_count(const struct masters *);
const char *masters_path(const struct masters *, size_t); /* "": it is not up */
