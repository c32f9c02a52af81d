/* What far.c (the far end) and far_listen.c (its listeners) share. */
#ifndef FAR_PRIVATE_H
#define FAR_PRIVATE_H

#include "ends/dial.h"
#include "ends/far.h"
#include "mux/mux.h"

struct mux;

enum far_state { FAR_OPENING, FAR_LISTENING, FAR_CANCELLING };
enum { FIRST, SECOND }; /* SECOND: the same port on ::1, where both loopbacks are wanted */

struct far_slot {
	struct far *far;
	struct far_slot *next;
	unsigned channel; /* 0: nobody waits for it any more, or it is spare */
	bool spare;       /* kept for the next far_listen() */
	uint8_t family;   /* 4, 6, 0 = both loopbacks */
	unsigned tries;   /* ... for a port that is free on both */
	enum far_state state;
	struct forward forward;
	bool open[2];     /* it is, or may be, in the master */
	uint32_t id[2];   /* of the request about it */
	uint16_t port;
	int fd; /* the unix listener */
	struct watch *watch;
	struct timer *deadline;
};

struct far {
	struct end end;
	struct far_config config;
	struct dialler *dialler;
	struct mux *link; /* for listening, once it is needed */
	struct timer *retry;
	struct far_slot *slots;
	bool by_name;   /* sshd lets us listen on "localhost" only */
	bool no_second; /* sshd has no ::1, it seems */
};

/* far_listen.c */
bool far_listen_begin(struct far *, unsigned channel, uint8_t family);
void far_listen_cancel(struct far *, unsigned channel);
unsigned far_listen_count(const struct far *);
void far_listen_free(struct far *); /* waits until the master has been told */

#endif
