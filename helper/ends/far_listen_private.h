/* What far_listen.c (who waits for a connection, who comes) and far_listen_slot.c (what is open in the master)
 * share. */
#ifndef FAR_LISTEN_PRIVATE_H
#define FAR_LISTEN_PRIVATE_H

#include "ends/far_listen.h"
#include "mux/mux.h"

enum { FIRST, SECOND }; /* SECOND: the same port on ::1, where both loopbacks are wanted */

struct far_slot {
	struct far_listen *of;
	struct far_slot *next;
	unsigned channel; /* 0: nobody waits for it any more, or it is spare */
	bool spare;       /* kept for the next far_listen_begin() */
	uint8_t family;   /* 4, 6, 0 = both loopbacks */
	unsigned tries;   /* ... for a port that is free on both */
	enum { FAR_OPENING, FAR_LISTENING, FAR_CANCELLING } state;
	struct forward forward;
	bool open[2];     /* it is, or may be, in the master */
	uint32_t id[2];   /* of the request about it */
	uint16_t port;
	int fd; /* the unix listener */
	struct watch *watch;
	struct timer deadline;
};

struct far_listen {
	struct far_master *master;
	const char *bind;
	bool may_by_name;
	bool by_name;     /* sshd lets us listen on "localhost" only */
	bool no_second;   /* sshd has no ::1, it seems */
	struct mux *link; /* once it is needed */
	struct timer retry;
	struct far_slot *slots;
};

/* far_listen_slot.c; new: listens on a path of its own. NULL with errno */
struct far_slot *slot_new(struct far_listen *, unsigned channel);
bool slot_ask(struct far_slot *, int which); /* false: cannot be sent; else it may be there */
void slot_cancel(struct far_slot *);         /* it is no more when the master has answered */
void slots_free(struct far_listen *);        /* waits for that */

/* far_listen.c: an answer to slot_ask() */
void listen_answer(struct far_slot *, int which, const struct forward_result *);

#endif
