/* What the session may ask of the broker, and what it is told: fixed-size records over a
 * pair of packet.h, no descriptors. The broker trusts no field. */
#pragma once

#include "base/memory.h"
#include "state/action.h"

/* The session asks by a struct action, of the kinds OPEN ... CHECK, padding and all. Its turn is
 * how often something was opened or cancelled at each end; that of an answer, as in the last action
 * that had come: else it is old. */
struct answer {
	struct event event; /* its reason is here: */
	char reason[128];
};

/* Records on their way to a non-blocking socket: those that do not fit now are kept. */
struct ask_out {
	int fd;
	struct watch *watch; /* waits for what comes, and where some are kept, until they can go */
	size_t size;         /* of each */
	size_t mark;         /* if so many wait, nothing that comes is read; 0 = never */
	struct bytes kept;   /* nothing, once nobody is there */
};

int ask_send(struct ask_out *, const void *record); /* -1: nobody is there, or no memory */
int ask_flush(struct ask_out *); /* likewise */
size_t ask_kept(const struct ask_out *); /* how many records wait */

/* Receive one of exactly size bytes, ASK_MAX at most. 1; 0: none now; -1 with errno (EPIPE: nobody
 * is there any more; EPROTO: it was no such record). */
#define ASK_MAX 256
int ask_receive(int fd, void *record, size_t size);
