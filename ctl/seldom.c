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

/* Where its kind and user are kept; the oldest makes room for them. */
static int
few_at(struct few *f, uint64_t key, uint64_t now)
{
	int oldest = 0;

	for (int i = 0; i < FEW_KEPT; i++) {
		if (f->kept[i].key == key)
			return i;
		if (f->kept[i].since < f->kept[oldest].since)
			oldest = i;
	}
	f->kept[oldest].key = key;
	f->kept[oldest].since = now;
	f->kept[oldest].told = f->kept[oldest].untold = 0;
	return oldest;
}

bool
few_due(struct few *f, unsigned kind, uint32_t user, uint64_t now, unsigned *untold)
{
	int i = few_at(f, (uint64_t)(kind + 1) << 32 | user, now);

	if (now - f->kept[i].since >= FEW_MS) {
		f->kept[i].since = now;
		f->kept[i].told = 0;
	}
	if (f->kept[i].told >= FEW_LINES) {
		f->kept[i].untold++;
		return false;
	}
	f->kept[i].told++;
	*untold = f->kept[i].untold;
	f->kept[i].untold = 0;
	return true;
}
