/* The pending commands of an FTP session, oldest first. Pure. */
#ifndef QUEUE_H
#define QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#define QUEUE_MAX 256

enum pending_kind {
	PENDING_GREETING, /* the server's first words answer no command */
	PENDING_PLAIN,
	PENDING_SETUP,    /* PASV, PORT and their kin */
	PENDING_TRANSFER,
	PENDING_ASIDE,    /* may be answered before the transfer that it stands behind */
	PENDING_FEAT,
	PENDING_SIZE,
	PENDING_ABOR,     /* behind a transfer: it may get no reply of its own */
	PENDING_PROBE,    /* a command of ours that shows whether it did */
	PENDING_AUTH,
	PENDING_EPSV_ALL,
	PENDING_MODE_B,
	PENDING_OWN       /* a reply of ours that waits for its turn */
};

struct pending {
	enum pending_kind kind;
	unsigned channel;
	bool broken; /* TRANSFER: its channel was aborted, so success is no longer possible */
	bool sent;  /* SETUP: the command in hand is at the server */
	bool ready; /* SETUP: the server has done its part */
	bool proven; /* SETUP: that kind of command has worked before */
	char *text; /* OWN: the reply, malloc'ed; else NULL */
};

struct queue {
	struct pending slot[QUEUE_MAX];
	size_t head, count;
};

/* NULL when full. A fresh entry is zeroed but for its kind. */
struct pending *queue_push(struct queue *, enum pending_kind);
struct pending *queue_head(struct queue *);             /* NULL when empty */
struct pending *queue_tail(struct queue *);             /* NULL when empty */
struct pending *queue_at(struct queue *, size_t index); /* 0 = head */
void queue_pop(struct queue *);
void queue_clear(struct queue *);

#endif
