/* What happens to a control connection that has come in: admitted or not, waiting for the master,
 * handed to a helper, or refused with a 421 reply. */
#pragma once

#include "base/loop.h"
#include "base/ratelimit.h"
#include "master/master.h"

struct helper;
struct listener;
struct tunnel;

struct accepts {
	bool may_ask; /* for the first connection ssh may ask at the terminal (FtpConnect=first) */
	unsigned long refused; /* strangers, so far */
	struct caller *first;  /* who wait for the master */
	size_t waiting;
	struct timer look; /* whether the master is there all the same */
	struct ratelimit told; /* of those who were turned away: why, which names the user */
};

/* A listener_fn. */
void accept_incoming(void *tunnel, const struct listener *, int fd);
/* Takes fd, which its helper has handed back because the master was gone: it gets one more chance. */
void accept_again(struct tunnel *, const struct helper *, int fd);
/* The master has come up or gone down: start or refuse those who wait. */
void accept_master(struct tunnel *, enum master_state);
void accept_end(struct accepts *); /* refuses who still waits */
