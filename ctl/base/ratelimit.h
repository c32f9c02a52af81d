/* A message that comes again and again is told once in a while, with how many it was. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RATELIMIT_KEPT 8     /* different messages */
#define RATELIMIT_MS 60000   /* a message is not told again for so long */

struct ratelimit {
	struct {
		uint64_t hash, told;
		unsigned missed;
	} kept[RATELIMIT_KEPT]; /* all 0 at the beginning */
};

/* Is it to be told now (in ms)? And how often was it not, since it last was? missed may be NULL. */
bool ratelimit_due(struct ratelimit *, const char *text, uint64_t now, unsigned *missed);
