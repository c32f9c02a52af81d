/* The two control connections, between their descriptors and the session machine. */
#pragma once

#include "base/loop.h"
#include "ftp/side.h"

struct run;

struct control {
	struct run *run;
	enum side side;
	int rfd, wfd; /* may be the same; -1: closed */
	struct watch *read, *write;
	struct timer flush;
	bool hangup, half_close; /* once the output is out */
	bool over;               /* nothing more is read */
};

int control_open(struct control *, struct run *, enum side, int rfd, int wfd); /* -1: no memory */
void control_close(struct control *);
void control_flush(struct control *); /* write what there is */
void control_arm(struct control *);   /* wait for what the machine has room and output for */
void control_hangup(struct control *);
