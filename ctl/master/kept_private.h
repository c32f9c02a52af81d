/* What kept.c and kept_end.c share. */
#ifndef KEPT_PRIVATE_H
#define KEPT_PRIVATE_H

#include "base/loop.h"
#include "master/kept.h"
#include "mux/muxmsg.h"
#include "proxy/drain.h"

struct copy {
	struct kept *kept;
	struct copy *next;
	struct kept_by *by; /* NULL: it has ended */
	uint32_t op, id;
	int fd, trace;
	char ctl_path[FORWARD_PATH_MAX]; /* "": not of the first master */
	struct watch *watch;
	struct timer timer;
	struct drain drain;
	bool spare; /* at rest: the next helper may have it */
	bool lent;  /* and one has had it */
	bool guarded; /* another process has it open, too */
	bool forgotten; /* its helper goes on, and may rely on this copy in this very moment */
	bool ends;  /* the master was told so */
	bool hold;  /* something was broken off: not closed as soon as all is answered */
};

struct kept_by {
	struct kept *kept;
	struct watch *watch;
	int fd;
	unsigned copies;
	bool guarded; /* the spare one that it had */
	char ctl_path[FORWARD_PATH_MAX];
};

struct kept {
	struct loop *loop;
	unsigned hold_ms;
	bool ours; /* the masters */
	struct copy *copies;
	char ctl_path[FORWARD_PATH_MAX]; /* of the master that was used last, */
	unsigned refused;                /* and opens that it has refused */
};

void copy_free(struct copy *);

#endif
