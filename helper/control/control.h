/* One of the two control connections, between its descriptors and the session machine. */
#ifndef CONTROL_H
#define CONTROL_H

#include "base/loop.h"
#include "session/session.h"

enum control_event {
	CONTROL_COMES, /* there is something to read, and it has not been read yet */
	CONTROL_READY, /* bytes have come, or can be sent: there may be something to do */
	CONTROL_ENDED  /* nothing more comes: control_ended() tells the machine so */
};

struct control {
	struct loop *loop;
	struct session *session;
	enum side side;
	int rfd, wfd; /* may be the same; -1: closed */
	struct watch *read, *write;
	struct timer flush;
	bool hangup, half_close; /* once the output is out */
	bool over;               /* nothing more is read */
	void (*fn)(void *arg, enum side, enum control_event);
	void *arg;
};

/* Takes the descriptors; the rest is set by the caller before. -1: no memory. */
int control_open(struct control *);
void control_close(struct control *);
void control_flush(struct control *); /* write what there is */
void control_arm(struct control *);   /* wait for what the machine has room and output for */
void control_half_close(struct control *);
void control_hangup(struct control *);
bool control_closed(const struct control *);

#endif
