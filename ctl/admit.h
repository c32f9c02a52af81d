/* Who may use a listener? */
#ifndef ADMIT_H
#define ADMIT_H

#include <stdbool.h>
#include <stddef.h>

#define ADMIT_PEER_MAX 64

struct admit_policy {
	bool gateway;   /* other hosts may */
	bool any_user;  /* every local user may; else only our own and root */
};

enum admission {
	ADMIT,
	ADMIT_UNKNOWN, /* refused, but it may well be the user's own */
	ADMIT_STRANGER /* refused */
};

/* fd is an accepted connection, TCP or unix. peer (ADMIT_PEER_MAX) gets its address as text,
 * why a message where it is refused. */
enum admission admit(int fd, const struct admit_policy *, char *peer, char *why, size_t why_size);

#endif
