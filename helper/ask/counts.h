/* How much every channel has moved: a page that the broker writes and the session process reads.
 * It is shared by fork(2), and read-only over there. */
#pragma once

#include "state/session_config.h"

#define COUNTS_MAX 16 /* channels that the session has not let go */

struct counts;

struct counts *counts_new(void); /* for as long as the process lives; NULL with errno */
void counts_protect(struct counts *); /* in the process that only reads */

/* The broker: a place for that channel; -1 = there is none left. */
int counts_begin(struct counts *, unsigned channel);
void counts_set(struct counts *, int place, const struct session_count *);
void counts_end(struct counts *, int place);

/* The session: all 0 where that channel has no place. */
void counts_get(const struct counts *, unsigned channel, struct session_count *);
