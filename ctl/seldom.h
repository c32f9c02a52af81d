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

#endif
