/* Whose reply is it? Servers answer commands in turn, but for what they answer in the middle of a
 * transfer, leave out, or say twice. Pure: what was sent and is unanswered, the code, and what
 * is known of the transfer decide; nothing is changed here. */
#pragma once

#include "state/queue.h"

/* Of the transfer that is the first of the unanswered commands. */
struct transfer_seen {
	bool moved;   /* data have come from the server, or its 1xx has */
	bool ended;   /* ... and its data connection has ended */
	bool waited;  /* for that end, or another reply that ends the transfer: long enough */
	bool late;    /* its end was passed on without a reply: there may be none */
	bool follows; /* a reply that ends a transfer is there already, behind this one */
};

enum whose {
	WHOSE_NOBODY,  /* pass it on: nothing waits for it */
	WHOSE_ENTRY,   /* .entry's */
	WHOSE_UNKNOWN, /* wait for what is on its way, a second at most, and ask again */
	WHOSE_ALL,     /* 421: everything that is unanswered */
	WHOSE_FORGED   /* names a data port, and none was asked for: it reaches nobody */
};

struct attribution {
	enum whose whose;
	size_t entry;
	size_t never;  /* unanswered entries before this one were left out by the server */
	bool doubtful; /* it may as well be the next one's */
};

struct attribution attribute(const struct queue *, int code, struct transfer_seen);
