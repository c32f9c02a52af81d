/* The session machine's actions and the broker, which carries them out and tells what it sees. */
#pragma once

#include "ask/counts.h"
#include "base/loop.h"

#define CHANNELS_MAX COUNTS_MAX

struct run;

/* What is known of a channel beside the machine. */
struct run_channel {
	struct run *run;
	unsigned id; /* 0 = free; that of the session itself has 0, too */
	unsigned turn[2];
	uint64_t began, moved; /* the server's first byte */
	struct timer timer; /* of the machine */
};

void run_actions(struct run *); /* whatever the machine wants now */
/* About the control connection: does ssh live, or (SERVER) sshd, behind all that is on its way? */
void run_check(struct run *, enum side);
void run_ask_ready(void *run, short revents); /* of the ask socket */
/* What the broker has said before the server's next words goes before them: a port that was refused
 * makes no success of theirs. */
void run_hear(struct run *);
