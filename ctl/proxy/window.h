/* How much the far side of a channel may send: its receive window, which grows. Pure.
 *
 * size bounds what is under way, what waits here for its reader, and what was read but not yet
 * given back, all together: so it bounds the memory that a reader who stops can cost. It
 * doubles when a whole window was read within a few round trips, which means that the reader keeps
 * up and the window is what limits. All windows of one pool together stay below its max. */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define WINDOW_FIRST (2 * 1024 * 1024)  /* what ssh itself gives, always */
#define WINDOW_LEAST (128 * 1024)       /* even when the pool is used up */
#define WINDOW_MAX   (64 * 1024 * 1024) /* ssh can buffer 128 MiB for us before it ends */

struct window_pool {
	uint64_t max, sum;
	unsigned count;
	bool wanted; /* somebody wanted more than there was */
};

struct window {
	uint64_t size, open, taken; /* open: may still come; taken: read, not given back */
	uint64_t round, began_us;   /* read since then */
	uint64_t rtt_us;
};

/* Returns the size, which is to be granted with the OPEN. */
uint32_t window_begin(struct window *, struct window_pool *);
void window_end(struct window *, struct window_pool *);
/* The round trip that the OPEN took; now_us is when its answer came. */
void window_measure(struct window *, uint64_t rtt_us, uint64_t now_us);
/* n bytes came: -1 if they are more than was granted. */
int window_came(struct window *, uint64_t n);
/* n bytes were read: true when it is time to give credit. */
bool window_read(struct window *, uint64_t n);
/* The credit to be given now; waiting is what came and was not read yet. */
uint32_t window_credit(struct window *, struct window_pool *, uint64_t waiting, uint64_t now_us);

#endif
