/* Who may use a listener? */
#ifndef ADMIT_H
#define ADMIT_H

#include <stdbool.h>

#define ADMIT_PEER_MAX 64

struct admit_policy {
	bool gateway;   /* other hosts may */
	bool any_user;  /* every local user may; else only our own and root */
};

enum admission {
	ADMIT,
	ADMIT_GONE,    /* it has left already */
	ADMIT_UNKNOWN, /* refused, but it may well be the user's own */
	ADMIT_STRANGER /* refused */
};

struct visitor {
	char peer[ADMIT_PEER_MAX]; /* its address as text */
	char why[256];             /* it is refused */
};

/* fd is an accepted connection, TCP or unix. */
enum admission admit(int fd, const struct admit_policy *, struct visitor *);

#endif
