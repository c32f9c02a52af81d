/* The far end: the other side of ssh, by one ControlMaster. It listens by a remote forward; to
 * dial there are two ways (dial.h). */
#ifndef FAR_H
#define FAR_H

#include "ends/end.h"
#include "ends/keep.h"

struct far_config {
	const char *ctl_path; /* must outlive the end */
	bool by_proxy;        /* dial over a proxy connection, else by a forward for each */
	int adopt;            /* a proxy connection that is there already; -1 = none */
	uint64_t window;      /* of all channels of the proxy connection together; 0 = default */
	const char *bind;     /* remote listeners' address; NULL: loopback */
	bool by_name; /* may listen on "localhost": for sshd's PermitListen, with a risk (far.c) */
};

/* NULL with errno when no master answers. */
struct end *far_new(struct loop *, const struct far_config *, end_fn *, void *arg);
void far_keep(struct end *, struct keep *, unsigned number); /* dial.h */

#endif
