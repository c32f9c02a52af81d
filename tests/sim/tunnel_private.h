/* What tunnel.c (the session process) and control.c (its control connections) share. */
#ifndef TUNNEL_PRIVATE_H
#define TUNNEL_PRIVATE_H

#include "executor.h"
#include "play.h"

#define TIMERS 256

struct control {
	struct tunnel *t;
	enum side side;
	struct sock *sock;
	bool half, hang, eof_told, over;
};

struct session_timer {
	struct tunnel *t;
	unsigned channel;
	struct happening *at;
};

struct tunnel {
	const struct dialogue *d;
	struct play *play;
	struct session *session;
	struct executor *executor;
	struct client *client;
	struct server *server;
	struct listener *entrance;
	struct control control[2];
	struct session_timer timer[TIMERS];
	unsigned timers;
	struct happening *turn;
	bool gone, far[2];
};

void tunnel_turn(void *arg);
void control_write(struct control *c);
bool control_read(struct control *c);

#endif
