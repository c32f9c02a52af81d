/* What a helper has told last of its session. Untrusted: bounded and validated. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status/status.h"

/* All zero at the beginning. */
struct seen {
	struct status_session session;
	struct status_channel channel[STATUS_CHANNELS];
	uint64_t first[STATUS_CHANNELS]; /* when each was seen first */
	uint64_t base[STATUS_CHANNELS];  /* its bytes at .measured */
	size_t channels;
	uint64_t at, measured; /* when the last report came; when rates were found last */
	uint64_t window;     /* when the second began in which reports are counted */
	unsigned reports;    /* in it */
};

#define SEEN_WINDOW_MS 1000
#define SEEN_REPORTS 25 /* in it; a helper sends at most 5 */

/* Take a packet at that time (ms): one whole picture; if anything is wrong in it, it does not count.
 * false: there have been too many, whoever sends them is not to be heard for a while. */
bool seen_report(struct seen *, const void *packet, size_t len, uint64_t now);

/* The channel of that number and its place, or NULL. */
const struct status_channel *seen_channel(const struct seen *, uint32_t number, size_t *at);
