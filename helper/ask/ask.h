/* What the session may ask of the broker, and what it is told: fixed-size records over a
 * pair of packet.h, in both directions without descriptors. The broker trusts no field. */
#ifndef ASK_H
#define ASK_H

#include "ftp/bytes.h"
#include "session/session.h"

struct ask { /* a struct action of the kinds OPEN ... CHECK */
	uint32_t kind, channel, end, mask, upload;
	uint32_t turn[2]; /* of each end: the session has opened or cancelled it so many times */
	struct {
		uint32_t verb;
		struct ftp_address address;
	} ends[2];
};

#define ANSWER_GONE 100 /* beside the kinds of events: the ControlMaster is no more */

struct answer {
	uint32_t kind, channel, end, port, client;
	uint32_t turn; /* the one of that end that it is about */
	char reason[128];
};

/* Records on their way to a non-blocking socket: those that do not fit now are kept. */
struct ask_out {
	int fd;
	size_t size; /* of each */
	struct bytes kept;
};

int ask_send(struct ask_out *, const void *record); /* -1: nobody is there, or no memory */
int ask_flush(struct ask_out *); /* likewise */
size_t ask_kept(const struct ask_out *); /* how many records wait */
void ask_out_free(struct ask_out *);

/* Receive one of exactly size bytes, ASK_MAX at most. 1; 0 at the end; -1 with errno (EAGAIN:
 * none, EPROTO: not such a record). */
#define ASK_MAX 256
int ask_receive(int fd, void *record, size_t size);

#endif
