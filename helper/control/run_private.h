/* What run.c (the session process's life), run_channels.c (the broker and the machine's actions) and
 * run_words.c (what the user is told) share. */
#ifndef RUN_PRIVATE_H
#define RUN_PRIVATE_H

#include "ask/ask.h"
#include "control/control.h"
#include "ask/counts.h"
#include "base/loop.h"
#include "status/notice.h"
#include "control/report.h"
#include "control/run.h"

#define CHANNELS_MAX COUNTS_MAX
#define CONTROL_CHECK (UINT32_MAX - 1) /* in place of a channel: about the control connection */

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
	struct watch *ask, *stop, *status;
	struct timer idle, grace, greeting;
	struct report report;
	struct run_channel channel[CHANNELS_MAX], whole;
	struct run_transfer untold[CHANNELS_MAX];
	unsigned ids[CHANNELS_MAX]; /* as in channel, for the report */
	uint64_t began;
	unsigned transfers;
	unsigned delayed; /* small downloads, one behind the other, that ended late */
	bool warned, told[NOTICE_COUNT];
	bool server_checking; /* whose end is it: the server's, or that of the ssh connection? */
	bool mute;            /* the server has never greeted */
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

/* run_words.c */
void run_notify(struct run *, enum notice);
void run_warn(struct run *);
void run_log_session(struct run *, bool begins);
void run_log_transfer(struct run *, const struct run_channel *, bool aborted);
void run_answered(void *run, unsigned channel, int code); /* see session_config */

#endif
