/* The simulated world's clock, dice and memory. One play at a time lives in it; what
 * its peers have seen stays until another begins in the same memory. */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MS     1000ULL /* the clock counts microseconds */
#define SECOND (1000 * MS)

struct dice {
	uint64_t state;
};
uint64_t dice_roll(struct dice *);
unsigned dice_below(struct dice *, unsigned n); /* 0 .. n - 1; 0 for n = 0 */
unsigned dice_between(struct dice *, unsigned lo, unsigned hi);
bool dice_chance(struct dice *, unsigned percent);

typedef void world_fn(void *arg);
struct happening;

#define WORLD_MEMORIES 3
void world_begin(uint64_t seed, unsigned memory);
void *world_new(size_t size); /* zeroed; gone when a world begins in the same memory */
char *world_text(const char *text, size_t len);
uint64_t world_now(void);
extern struct dice world_dice; /* for delays, splits and the like */

/* In us from now; what is due at the same time happens in the order of asking. */
struct happening *world_in(uint64_t us, world_fn *, void *arg);
void world_forget(struct happening *); /* NULL harmless; also of what has happened */
bool world_step(void);                 /* the next one; false: nothing is to come */
unsigned world_steps(void);

#endif
