/* How much the far side of a channel may send: its receive window, which finds its size. Pure.
 *
 * size bounds what is under way, what waits here for its reader, and what was read but not yet
 * given back, all together: so it bounds the memory that a reader who stops can cost. It grows
 * while what is read in a round trip is nearly all of it, for then it is what limits, to what the
 * pace of a burst tells, and goes back to little more than that when it is not: the rest would stand
 * in the master, whose buffer takes ever longer to grow (each time it is copied). All windows of one pool together stay below its
 * max. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define WINDOW_FIRST (2 * 1024 * 1024)  /* what ssh itself gives, always */
#define WINDOW_LEAST (128 * 1024)       /* even when the pool is used up */
#define WINDOW_MAX   (64 * 1024 * 1024) /* ssh can buffer 128 MiB for us before it ends */

struct window_pool {
	uint64_t max, sum;
	uint64_t rtt_us; /* the shortest that an OPEN took */
	unsigned count;
	bool wanted; /* somebody wanted more than there was */
};

struct window {
	uint64_t size, open, taken; /* open: may still come; taken: read, not given back */
	uint64_t round, began_us;   /* read since then */
	uint64_t before;            /* the size a round trip ago */
	uint64_t most;              /* what is beyond gets no credit */
	uint64_t peak;              /* that was read in one round trip, lately */
};

/* Returns the size, which is to be granted with the OPEN. */
uint32_t window_begin(struct window *, struct window_pool *);
void window_end(struct window *, struct window_pool *);
/* How long the OPEN took; now_us is when its answer came. */
void window_measure(struct window *, struct window_pool *, uint64_t rtt_us, uint64_t now_us);
/* n bytes came: -1 if they are more than was granted. */
int window_came(struct window *, uint64_t n);
/* n bytes were read: true when it is time to give credit. */
bool window_read(struct window *, uint64_t n);
/* The credit to be given now. */
uint32_t window_credit(struct window *, struct window_pool *, uint64_t now_us);
