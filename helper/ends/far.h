/* The far end: the other side of ssh, by one ControlMaster or several (FtpMasters). It listens by a
 * remote forward; to dial there are two ways (far_private.h). Each channel has the master with the least to
 * do; the control connection has the first. */
#pragma once

#include <stddef.h>

#include "ends/end.h"

struct keep;

struct far_config {
	const char *const *ctl_path; /* must outlive the end; "" = one that is not up */
	size_t masters;
	bool by_proxy;    /* dial over a proxy connection, else by a forward for each */
	int adopt;        /* a proxy connection of the first that is there already; -1 = none */
	const char *bind; /* remote listeners' address; "": loopback */
	bool ask; /* the first dial by a forward: is it forbidden? It is answered when that is known */
	bool by_name; /* may listen on "localhost": for PermitListen, with a risk (far_listen.c) */
};

extern const char far_refused[]; /* a dial by a forward, for whatever reason */

/* One whose master does not answer is left out, but for the first: NULL with errno then. */
struct end *far_new(struct loop *, const struct far_config *, end_fn *, void *arg);
void far_keep(struct end *, struct keep *); /* what must not end with this process: to the tunnel */
