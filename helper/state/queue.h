/* The pending commands of an FTP session, oldest first. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define QUEUE_MAX 256
enum pending_kind {
	PENDING_GREETING, /* the server's first words answer no command */
	PENDING_PLAIN,
	PENDING_PASSIVE,  /* a setup: PASV or its kin is what the server is asked */
	PENDING_ACTIVE,   /* ... or PORT or its kin */
	PENDING_TRANSFER,
	PENDING_FEAT, PENDING_AUTH, PENDING_EPSV_ALL, PENDING_MODE_B,
	PENDING_TYPE,     /* number: is it the image type? */
	PENDING_ABOR,     /* behind a transfer: it may get no reply of its own */
	PENDING_OWN       /* a reply of ours that waits for its turn, or (no text) nothing */
};
#define PENDING_KINDS (PENDING_OWN + 1)
#define KIND(kind) (1U << (kind)) /* in masks of kinds */
#define SETUPS (KIND(PENDING_PASSIVE) | KIND(PENDING_ACTIVE))
#define TRANSFERS KIND(PENDING_TRANSFER)
#define ANY_KIND (~0U)

struct pending {
	enum pending_kind kind;
	unsigned channel;
	int number;    /* PLAIN: of the data connection that it could begin with */
	bool sent;     /* the server has it, and owes a reply */
	bool started, moved; /* TRANSFER: its 1xx was seen; or data of the server's */
	bool doubtful; /* the reply before may have been this one's as well */
	bool gone_on;  /* when it was said, the first one was in doubt: its client may have the answer to that */
	bool ready;    /* setup: the server has done its part */
	bool translated; /* ... in another mode than the client's: its answer is no client's */
	bool whole;    /* TRANSFER: no REST: (N bytes) says how many */
	bool swallow;  /* TRANSFER: we have answered it, the server's words come too late */
	unsigned dead; /* TRANSFER: attempts whose port was dead, if the server does not refuse this */
	bool aside;    /* OWN: it does not wait for the transfer before it; else its reply is late */
	char *text;    /* OWN: the reply; TRANSFER: the command; malloc'ed */
	char *instead; /* TRANSFER: what takes the place of a success, malloc'ed */
};

struct queue {
	struct pending slot[QUEUE_MAX]; /* they stay where they are while they are in the queue */
	size_t head, count;
};

struct pending *queue_push(struct queue *, enum pending_kind); /* zeroed but for that; NULL: full */
struct pending *queue_push_first(struct queue *, enum pending_kind); /* ... before all others */
struct pending *queue_at(const struct queue *, size_t index); /* 0 = head; NULL: there is none */
struct pending *queue_tail(const struct queue *);
/* The first of these kinds, of that channel (0: of any); NULL */
struct pending *queue_find(const struct queue *, unsigned kinds, unsigned channel);
size_t queue_next_sent(const struct queue *, size_t from); /* unanswered; past the end: none */
struct pending *queue_first_sent(const struct queue *);    /* NULL: none */
bool pending_is_setup(const struct pending *);
/* It needs no answer any more: an OWN entry with that text (NULL: none), malloc'ed, taken over. */
void queue_answer(struct pending *, char *text);
void queue_pop(struct queue *);
void queue_clear(struct queue *);
