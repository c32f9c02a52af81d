/* What run.c (the session process's life), run_channels.c (the broker and the machine's actions),
 * run_control.c (the control connections), run_report.c (what the tunnel is told) and run_words.c (what the
 * user is told) share. */
#pragma once

#include "ask/ask.h"
#include "ask/counts.h"
#include "base/loop.h"
#include "control/run.h"
#include "status/notice.h"

#define CHANNELS_MAX COUNTS_MAX
#define CONTROL_CHECK (UINT32_MAX - 1) /* in place of a channel: about the control connection */

/* One of the two control connections. */
struct control {
	struct run *run;
	enum side side;
	int rfd, wfd; /* may be the same; -1: closed */
	struct watch *read, *write;
	struct timer flush;
	bool hangup, half_close; /* once the output is out */
	bool over;               /* nothing more is read */
};

/* What is known of a channel beside the machine. */
struct run_channel {
	struct run *run;
	unsigned id; /* 0 = free; that of the session itself has 0, too */
	unsigned turn[2];
	uint64_t began, moved; /* the server's first byte */
	struct timer timer; /* of the machine */
};

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

struct run {
	const struct run_config *config;
	struct loop *loop;
	struct session *session;
	struct control control[2];
	struct ask_out out;
	struct watch *stop, *status;
	struct timer idle, grace, greeting;
	struct timer report;
	uint64_t reported;         /* when */
	struct status_session sum; /* of the channels that are closed */
	struct run_channel channel[CHANNELS_MAX], whole;
	struct run_transfer untold[CHANNELS_MAX];
	uint64_t began;
	unsigned delayed; /* small downloads, one behind the other, that ended late */
	bool warned, told[NOTICE_COUNT];
	bool server_checking; /* whose end is it: the server's, or that of the ssh connection? */
	bool silent, mute;    /* the server has not greeted yet, ... ever */
	bool deaf;            /* the broker is gone: nothing new can be opened */
};

/* run_channels.c */
void run_actions(struct run *); /* whatever the machine wants now */
void run_ask(struct run *, const struct action *, const struct run_channel *);
void run_ask_ready(void *arg, short revents); /* of the ask socket; arg: the run */
/* What the broker has said before the server's next words goes before them: a port that was refused
 * makes no success of theirs. */
void run_hear(struct run *);

/* run.c */
void run_server_ended(struct run *); /* it is the server's end, not that of the ssh connection */
void run_control_ended(struct run *, enum side); /* nothing more comes of it */
void run_silent(struct run *); /* sshd lives, behind which no greeting has come */
void run_touched(struct run *); /* something has moved on a control connection */

/* run_control.c */
int control_open(struct control *, struct run *, enum side, int rfd, int wfd); /* -1: no memory */
void control_close(struct control *);
void control_flush(struct control *); /* write what there is */
void control_arm(struct control *);   /* wait for what the machine has room and output for */
void control_hangup(struct control *);

/* run_report.c: one packet of status records (status/status.h) that holds all, the session and its
 * running channels. Sums are cumulative: a packet that cannot be sent at once is simply dropped. */
void report_line(struct run *, enum side from, const char *line, size_t len);
void report_touch(struct run *); /* something may have changed: soon */
void report_now(void *run);
uint64_t report_bytes(const struct run *, unsigned channel);
/* What the tunnel wants closed: 1 with *channel (0 = the session), 0 when that was no request
 * to heed, -1 when the tunnel is gone. */
int report_request(struct run *, unsigned *channel);

/* run_words.c */
void run_notify(struct run *, enum notice, const char *why); /* once */
void run_warn(struct run *);
void run_log_session(struct run *, bool begins);
void run_log_transfer(struct run *, const struct run_channel *, bool aborted);
void run_answered(void *run, unsigned channel, int code, bool ended); /* see session_config, these two */
void run_trace(void *run, enum side from, const char *line, size_t len);
