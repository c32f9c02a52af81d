/* What helpers have handed over and what becomes of it when they end, however they do:
 * an upload that was broken off is held open for a while, lest it look complete; a proxy connection
 * is read until it may be closed (drain.h). One that must stay open is given to the next
 * helper, so that there are never more of them than there were helpers at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mux/muxmsg.h"

/* Over a pair of packet.h: copies of descriptors that must not be closed with the process that uses them. */
enum keep_op {
	KEEP_PROXY = 1, /* two descriptors, a proxy connection and its trace; id: its number */
	KEEP_UPLOAD,    /* a descriptor, the FTP server's end of an upload; id: the channel */
	KEEP_RELEASE    /* that upload is over */
};

struct keep_message {
	uint32_t op, id;
};

struct kept_by;

/* Part of its owner, who fills in the first two. */
struct kept {
	struct loop *loop;
	unsigned hold_ms; /* FtpAbortHold */
	bool ours; /* the masters */
	struct copy *copies;
	char ctl_path[FORWARD_PATH_MAX]; /* of the master that was used last, */
	unsigned refused;                /* and opens that it has refused */
};

/* The tunnel ends, and the masters with it (ours), or else a process stays behind for what must
 * stay open as long as they live, and one for what is held. The helpers have ended. */
void kept_close(struct kept *, bool ours);
bool kept_holds(const struct kept *); /* so that the masters must not end */

/* For a helper that is about to be started on the master of that path: *fd is its end of the
 * socket (CLOEXEC), the caller's to close. NULL with errno. */
struct kept_by *kept_begin(struct kept *, const char *ctl_path, int *fd);
/* A proxy connection for it to take over (proxy_adopt()); -1 = none, it makes its own. It stays
 * here, too, and is not the caller's to close. */
int kept_spare(struct kept_by *);
/* The helper is no more; killed: it has not ended by itself. Where the master is not ours, what must stay
 * open does so even if we are killed. NULL is harmless. */
void kept_end(struct kept_by *, bool killed, bool ours);
void kept_forget(struct kept_by *); /* we end, and it goes on: kept_close() must follow */

/* A master keeps a channel of each open that was refused (drain.h), and ends when it has 16,384. So
 * many has the one that was used last. */
unsigned kept_refused(const struct kept *, const char *ctl_path);
