/* A message that comes again and again is told once in a while. Pure. */
#ifndef SELDOM_H
#define SELDOM_H

#include <stdbool.h>
#include <stdint.h>

#define SELDOM_KEPT 8     /* different messages */
#define SELDOM_MS 60000   /* a message is not told again for so long */

struct seldom {
	struct {
		uint64_t hash, told;
	} kept[SELDOM_KEPT]; /* all 0 at the beginning */
};

/* Is it to be told now (in ms)? */
bool seldom_due(struct seldom *, const char *text, uint64_t now);

/* What somebody else can bring about as often as he likes: of each kind and user so many lines
 * are told in a while, and with the next one, how many were not. */
#define FEW_KEPT 8
#define FEW_LINES 10
#define FEW_MS 60000

struct few {
	struct {
		uint64_t key, since; /* the while that is counted in */
		unsigned told, untold;
	} kept[FEW_KEPT]; /* all 0 at the beginning */
};

/* Is it to be told now? *untold: how many were not, before it. */
bool few_due(struct few *, unsigned kind, uint32_t user, uint64_t now, unsigned *untold);

#endif
