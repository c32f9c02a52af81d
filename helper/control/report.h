/* What the session process tells its tunnel: one packet of status records that holds all, the
 * session and its running channels (ctl/status/status.h). Sums are cumulative, so that a packet that
 * cannot be sent at once is simply dropped. */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>

#include "ask/counts.h"
#include "base/loop.h"
#include "session/session.h"
#include "status/status_records.h"

struct report {
	struct loop *loop;
	const struct session *session;
	int fd;                     /* packet.h, non-blocking; -1 = nobody wants to know */
	enum status_method method;  /* of data channels */
	const unsigned *channels;   /* the caller's; 0 = none */
	size_t channel_count;
	const struct counts *counts;
	/* private */
	struct timer timer;
	uint64_t due, last; /* when the timer fires; when the last packet went */
	struct status_session sum; /* of the channels that are closed */
};

/* A line of a control connection, as session_config.trace has it. */
void report_line(struct report *, enum side from, const char *line, size_t len);
void report_closed(struct report *, unsigned channel, bool aborted); /* about to be */
void report_touch(struct report *); /* something may have changed: soon */
void report_now(struct report *);

/* What the tunnel wants closed: 1 with *channel (0 = the session), 0 when that was no request
 * to heed, -1 when the tunnel is gone. */
int report_request(struct report *, unsigned *channel);

#endif
