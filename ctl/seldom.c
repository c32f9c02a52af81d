#include "seldom.h"

static uint64_t
fnv1a(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

/* A new message takes the place of the one that is oldest. */
bool
seldom_due(struct seldom *s, const char *text, uint64_t now)
{
	uint64_t hash = fnv1a(text);
	int oldest = 0;

	for (int i = 0; i < SELDOM_KEPT; i++) {
		if (s->kept[i].hash == hash && now - s->kept[i].told < SELDOM_MS)
			return false;
		if (s->kept[i].hash == hash) {
			oldest = i;
			break;
		}
		if (s->kept[i].told < s->kept[oldest].told)
			oldest = i;
	}
	s->kept[oldest].hash = hash;
	s->kept[oldest].told = now;
	return true;
}
