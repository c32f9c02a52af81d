/* One ControlMaster of the far end, which far.c, far_listen.c and the two ways to dial through it share. */
#pragma once

#include "ends/far.h"
#include "ends/slot.h"

struct far_master;

/* A way to dial: far_proxy.c or far_mux.c. One is used in all of a session. */
struct dialler {
	bool (*open)(struct far_master *, int adopt); /* false with errno: no master answers */
	bool (*dial)(struct far_master *, unsigned channel, const char *host, uint16_t port);
};
extern const struct dialler dial_by_proxy, dial_by_mux;

struct far_master {
	struct end *end; /* the far end, which is told of everything */
	const char *ctl_path;
	unsigned number; /* the first, 0, has the control connection */
	unsigned uses;   /* streams through it that exist */
	bool gone;
	bool kept;       /* by the tunnel, too */
	const struct dialler *dialler;
	struct proxy *proxy;    /* one of them dials */
	struct forwards *dials; /* ... or these */
	struct forwards *listens;
	const char *bind;       /* as in far.h */
	bool ask, may_by_name;
	bool by_name;           /* sshd lets us listen on "localhost" only */
	bool no_second;         /* sshd has no ::1, it seems */
};

/* far_listen.c */
bool far_listen(struct far_master *, unsigned channel, uint8_t family);
void far_look(struct end *, unsigned channel);
bool far_ask(struct end *, const struct stream *, unsigned channel);

/* far_proxy.c: dials without an answer that nobody waits for any more */
unsigned far_unanswered(const struct far_master *);

struct far_master *far_master_of(struct end *, const struct stream *); /* NULL: the first */
/* For the two that dial: the master is gone; its life, as it was asked for. */
void far_master_gone(void *master, const char *reason);
void far_master_checked(void *master, const struct stream *, unsigned channel, bool alive);
