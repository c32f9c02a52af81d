/* The ssh connection of a tunnel: who is told when it comes or goes (the log, and FtpNotify), and the far
 * listeners, which come and go with it. */
#pragma once

#include "base/loop.h"
#include "master/master.h"
#include "process/proc.h"

#define TUNNEL_RETRY_MS 5000 /* after the ssh server refused one: the old connection may hold it */

struct tunnel;

struct ssh_connection {
	struct timer reopen; /* the far listeners */
	struct timer silent; /* runs out: it is the ssh whose LocalCommand we are, which answers later */
	bool was_up, is_lost;
	bool ends_with_master; /* the tunnel does: the ssh that runs us will end */
	struct proc notify;    /* FtpNotify */
};

void tunnel_connect(struct tunnel *);
void tunnel_reopen_later(struct tunnel *, unsigned ms); /* the far listeners, if there are any */
void tunnel_master_changed(void *tunnel, enum master_state); /* a master_fn */
