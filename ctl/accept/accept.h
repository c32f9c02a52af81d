/* What happens to an accepted control connection: admitted or not, waiting for the master,
 * handed to a helper, or refused with a 421 reply. */
#pragma once

#include <stdbool.h>

#include "options/cmdline.h"
#include "accept/helpers.h"
#include "base/loop.h"
#include "base/ratelimit.h"
#include "master/master.h"

/* Part of its owner, who fills in all up to may_ask. */
struct accept {
	struct loop *loop;
	const struct cmdline *cmdline;
	struct master *master;
	struct helpers *helpers;
	bool may_ask; /* for the first connection ssh may ask at the terminal (FtpConnect=first) */
	unsigned long refused; /* strangers, so far */
	struct caller *first;  /* who wait for the master */
	size_t waiting;
	struct timer look; /* whether the master is there all the same */
	struct ratelimit told; /* of those who were turned away: why, which names the user */
};

void accept_end(struct accept *); /* refuses who still waits */

/* Takes fd. remote: it came in on the far side. */
void accept_client(struct accept *, const struct hostport *server, bool remote, int fd);
/* Takes fd, which its helper has handed back because the master was gone: it gets one more chance;
 * false: it has had it, and is refused. */
bool accept_again(struct accept *, const struct helper *, int fd);
/* The master has come up or gone down: start or refuse those who wait. */
void accept_master(struct accept *, enum master_state);
