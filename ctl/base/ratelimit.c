#include "base/ratelimit.h"

#include <stddef.h>

/* A new message takes the place of the one that is oldest. */
bool
ratelimit_due(struct ratelimit *s, const char *text, uint64_t now, unsigned *missed)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
	int place = 0;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	for (int i = 0; i < RATELIMIT_KEPT; i++) {
		if (s->kept[i].hash == hash) {
			place = i;
			break;
		}
		if (s->kept[i].told < s->kept[place].told)
			place = i;
	}
	if (s->kept[place].hash == hash && now - s->kept[place].told < RATELIMIT_MS) {
		s->kept[place].missed++;
		return false;
	}
	if (missed != NULL)
		*missed = s->kept[place].hash == hash ? s->kept[place].missed : 0;
	s->kept[place].hash = hash;
	s->kept[place].told = now;
	s->kept[place].missed = 0;
	return true;
}
