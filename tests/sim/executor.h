/* What carries out the session machine's actions: a channel is two ends that listen or dial,
 * and what comes from one is moved to the other. As the broker does it, in simulated time. */
#ifndef EXECUTOR_H
#define EXECUTOR_H

#include "net.h"
#include "peer.h"
#include "session/session.h"

struct executor;

struct executor_world {
	bool far[2];
	bool owner_known;   /* whether the client's process lives can be told */
	bool closed_known;  /* ... of a connection that was closed before it was accepted */
	bool no_listen;     /* sshd refuses that */
	bool forbids;       /* ... and to dial */
	unsigned broker_hi; /* us, between session and broker */
	const struct client *client;
	const struct server *server;
	void (*event)(void *arg, const struct event *);
	void (*fault)(void *arg, const char *what);
	void *arg;
};

struct executor *executor_new(const struct executor_world *);
void executor_act(struct executor *, const struct action *);
void executor_count(struct executor *, unsigned channel, struct session_count *);
void executor_abandon(struct executor *); /* the session process is gone */
void executor_cut(struct executor *);     /* ssh is gone: nothing far comes any more */

#endif
