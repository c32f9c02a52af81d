/* What both kinds of ends have: listeners, and attempts to connect. */
#pragma once

#include <stddef.h>

#include "base/loop.h"
#include "ends/end.h"

/* What an end keeps of one of them begins with this. */
struct slot {
	struct slot *next;
	struct end *end;
	unsigned channel; /* 0: nobody has asked for it, nor is told of it */
	unsigned *uses;   /* counts the streams of who makes it */
	int fd;           /* -1 = none */
	struct stream *stream; /* dialled; a proxy connection closes what it answers too late */
	uint16_t port;    /* where it listens, as the peer is told */
	struct watch *watch;
	struct timer deadline;
	const char *failure;  /* why it has failed, if the deadline comes */
	void (*drop)(void *); /* gives up what else it has; may be NULL */
};

/* In the end's list, zeroed but for what is said here; size: of it all. NULL with errno. */
void *slot_new(struct end *, size_t size, unsigned channel, unsigned *uses, void (*drop)(void *));
void slot_free(void *slot); /* errno stays as it was */
void *slot_watched(const struct end *, unsigned channel); /* that channel's, with a watch; NULL */
void slot_fail_in(void *slot, unsigned ms, const char *failure);

/* It is told, and all but the first free it. fd is taken. */
void slot_listens(void *slot);
void slot_connected(void *slot, int fd);
void slot_failed(void *slot, const char *reason);
void slot_refused(void *slot, struct end_result); /* likewise, with why in it */

void slots_cancel(struct end *, unsigned channel); /* as of end_ops */
void slots_free(struct end *);
