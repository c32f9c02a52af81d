/* What the session may ask of the broker, and the answers: fixed-size records over a
 * SOCK_SEQPACKET pair, descriptors attached. The broker trusts no field of a request. */
#ifndef ASK_H
#define ASK_H

#include <stddef.h>
#include <stdint.h>

#include "ftp.h"

enum ask_op { ASK_LISTEN = 1, ASK_DIAL, ASK_CANCEL, ASK_CHECK, ASK_HOLDER,
	ASK_KNOW_HOLDER /* no answer */ };

struct ask {
	uint32_t op, channel, end; /* end: enum side */
	struct ftp_address address; /* DIAL: where to; LISTEN: the family */
};

enum answer_kind {
	ANSWER_LISTENING = 1, /* port */
	ANSWER_CONNECTED,     /* one descriptor (a socket) or two (to read, to write) */
	ANSWER_FAILED,
	ANSWER_ALIVE,         /* CHECK: the master answers */
	ANSWER_GONE,          /* it does not, or has just gone */
	ANSWER_HOLDER         /* port: milliseconds to wait, as holder_dies_ms() says */
};

struct answer {
	uint32_t kind, channel, end;
	uint32_t port;
	uint32_t costly; /* LISTENING: as in struct event */
};

/* Send one record with up to two descriptors. 0, or -1 with errno. */
int ask_send(int fd, const void *record, size_t len, const int *fds, int nfds);
/* Receive one of exactly len bytes. 1; 0 at the end; -1 with errno (EAGAIN: none, EPROTO:
 * not such a record). fds (two of them) are CLOEXEC, -1 where none came. */
int ask_receive(int fd, void *record, size_t len, int fds[2]);

#endif
