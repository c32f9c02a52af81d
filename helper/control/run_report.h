/* What is told of a session: to the tunnel (run_report.c), and to the user (run_words.c). */
#pragma once

#include "ftp/side.h"
#include "status/notice.h"

struct run;
struct run_channel;

/* A transfer, to be told of. One that was broken off waits for the server's reply to it, or for the end of
 * the session. */
struct run_transfer {
	unsigned id; /* of its channel; 0 = free */
	uint64_t bytes, ms;
	int reply;
	bool aborted;
	const char *direction;
	char command[256];
};

/* One packet of status records (status/status.h) holds all, the session and its running channels. Sums are
 * cumulative: a packet that cannot be sent at once is simply dropped. */
void report_line(struct run *, enum side from, const char *line, size_t len);
void report_touch(struct run *); /* Something may have changed: soon. */
void report_now(void *run);
uint64_t report_bytes(const struct run *, unsigned channel);
/* What the tunnel wants closed: 1 with *channel (0 = the session), 0 when that was no request
 * to heed, -1 when the tunnel is gone. */
int report_request(struct run *, unsigned *channel);

void run_notify(struct run *, enum notice, const char *why); /* once */
void run_warn(struct run *);
void run_log_session(struct run *, bool begins);
void run_log_transfer(struct run *, const struct run_channel *, bool aborted);
void run_answered(void *run, unsigned channel, int code, bool ended); /* see session_config, these two */
void run_trace(void *run, enum side from, const char *line, size_t len);
