#include "status/seen.h"

#define SMOOTH_MS 2000
#define SOON_MS 100 /* a rate over less says nothing */

const struct status_channel *
seen_channel(const struct seen *seen, uint32_t number, size_t *at)
{
	for (*at = 0; *at < seen->channels; ++*at)
		if (seen->channel[*at].number == number)
			return &seen->channel[*at];
	return NULL;
}

/* What a report cannot tell: for how long, and how fast; the last few seconds count most. */
static void
complete(const struct seen *old, struct seen *new)
{
	uint64_t ms = new->at - old->measured;
	bool soon = ms < SOON_MS;
	size_t at;

	new->measured = soon ? old->measured : new->at;
	for (size_t i = 0; i < new->channels; i++) {
		struct status_channel *c = &new->channel[i];
		const struct status_channel *before = seen_channel(old, c->number, &at);

		new->first[i] = before != NULL ? old->first[at] : new->at;
		new->base[i] = before != NULL && soon ? old->base[at] : c->bytes;
		c->rate = before != NULL && soon ? before->rate : 0;
		if (before == NULL || soon || c->bytes < old->base[at])
			continue;
		c->rate = (c->bytes - old->base[at]) / ms * 1000 +
		    (c->bytes - old->base[at]) % ms * 1000 / ms;
		if (before->rate != 0)
			c->rate = (uint64_t)(((double)before->rate * SMOOTH_MS +
			    (double)c->rate * (double)ms) / (double)(SMOOTH_MS + ms));
	}
}

/* One packet is one whole picture. Anything wrong in it, and it does not count. */
static bool
decode(struct seen *seen, const void *data, size_t len)
{
	struct status_record r;
	struct wire w;

	wire_read_from(&w, data, len);
	if (status_get(&w, &r) != STATUS_OK || r.type != STATUS_SESSION)
		return false;
	seen->session = r.u.session;
	while (wire_left(&w) > 0) {
		if (status_get(&w, &r) != STATUS_OK || r.type != STATUS_CHANNEL ||
		    seen->channels == STATUS_CHANNELS)
			return false;
		seen->channel[seen->channels++] = r.u.channel;
	}
	return true;
}

bool
seen_report(struct seen *seen, const void *packet, size_t len, uint64_t now)
{
	struct seen new = { .at = now };

	if (now - seen->window >= SEEN_WINDOW_MS) {
		seen->window = now;
		seen->reports = 0;
	}
	new.window = seen->window;
	new.reports = ++seen->reports;
	if (decode(&new, packet, len)) {
		complete(seen, &new);
		*seen = new;
	}
	return seen->reports < SEEN_REPORTS;
}
