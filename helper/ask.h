/* What the session may ask of the broker, and the answers: fixed-size records over a
 * SOCK_SEQPACKET pair, descriptors attached. The broker trusts no field of a request. */
#ifndef ASK_H
#define ASK_H

#include <stddef.h>
#include <stdint.h>

#include "ftp.h"

enum ask_op { ASK_LISTEN = 1, ASK_DIAL, ASK_CANCEL, ASK_CHECK, ASK_HOLDER,
	ASK_KNOW_HOLDER, /* no answer */
	ASK_DROP_SPARE   /* no answer */ };

struct ask {
	uint32_t op, channel, end; /* end: enum side */
	/* DIAL: where to. LISTEN: the family, and the port of the spare listener that is meant
	 * (then no LISTENING comes), or 0 */
	struct ftp_address address;
	/* LISTEN: whom to dial on the other end as soon as somebody has come here; port 0: nobody.
	 * Both ends are answered together then. */
	struct ftp_address then;
	/* LISTEN: the dial comes later, and may be for much. DIAL: it is for much: ssh may write
	 * to the other end by itself, which a LISTEN of this kind has made. */
	uint32_t bulk;
};

enum answer_kind {
	ANSWER_LISTENING = 1, /* port */
	ANSWER_CONNECTED,     /* one descriptor (a socket) or two (to read, to write) */
	ANSWER_FAILED,
	ANSWER_ALIVE,         /* CHECK: the master answers */
	ANSWER_GONE,          /* it does not, or has just gone */
	ANSWER_HOLDER,        /* port: milliseconds to wait, as holder_dies_ms() says */
	ANSWER_BOTH           /* CONNECTED, and in front of its descriptors the other end's socket */
};

struct answer {
	uint32_t kind, channel, end;
	uint32_t port;
	uint32_t costly; /* LISTENING: as in struct event */
	uint32_t direct; /* CONNECTED, BOTH: as in struct end_result */
	/* With any of them: the client's end has a spare listener at this port (0: no news), of this
	 * family as a LISTEN names it. */
	uint32_t spare, spare_family;
};

#define ASK_FDS 3

/* Send one record with up to ASK_FDS descriptors. 0, or -1 with errno. */
int ask_send(int fd, const void *record, size_t len, const int *fds, int nfds);
/* Receive one of exactly len bytes. 1; 0 at the end; -1 with errno (EAGAIN: none, EPROTO:
 * not such a record). fds are CLOEXEC, -1 where none came. */
int ask_receive(int fd, void *record, size_t len, int fds[ASK_FDS]);
void ask_close(int fds[ASK_FDS]); /* those that are not -1 */

#endif
