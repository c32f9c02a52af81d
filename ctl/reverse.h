/* The listeners of -R: on the far side, opened by the ssh server; what comes in there arrives
 * at unix sockets of ours in the runtime directory. They live as long as the ssh connection
 * and are opened anew with the next one. */
#ifndef REVERSE_H
#define REVERSE_H

#include <stdbool.h>
#include <stdint.h>

#include "forward.h"
#include "spec.h"

struct loop;
struct reverse;

struct reverse_callbacks {
	/* Takes the connection. */
	void (*accepted)(void *arg, const struct tunnel_spec *, int fd);
	void (*refused)(void *arg, const struct tunnel_spec *, bool optional, const char *why);
	void (*settled)(void *arg); /* every one has been answered */
	void *arg;
};

/* The callbacks are copied. NULL when out of memory. */
struct reverse *reverse_new(struct loop *, const struct reverse_callbacks *);
void reverse_free(struct reverse *); /* NULL is harmless */

/* Add one before the first reverse_open(). optional is only handed back. -1 with a message. */
int reverse_add(struct reverse *, const struct tunnel_spec *, bool optional, char *why,
    size_t why_size);
bool reverse_empty(const struct reverse *);
bool reverse_any_open(const struct reverse *);

struct reverse_master {
	enum forward_method method;
	const char *ctl_path, *destination;
};

/* Ask that master for all that are not open; answers come by the callbacks. -1 with errno. */
int reverse_open(struct reverse *, const struct reverse_master *);
/* Close them all; waits for it, 2 s at most. */
void reverse_cancel(struct reverse *, const struct reverse_master *);
/* On stdout, a line for each one that is open on a port not yet told. */
void reverse_announce(struct reverse *);
/* Visit those that are open. */
void reverse_each(const struct reverse *, void (*fn)(void *arg, const struct hostport *at,
    const struct hostport *target), void *arg);
void reverse_lost(struct reverse *); /* the master is gone, and so are they */

#endif
