/* What the parts of the client share: client.c (its script), client_words.c, client_data.c. */
#ifndef CLIENT_PRIVATE_H
#define CLIENT_PRIVATE_H

#include "peer.h"

#define PATIENCE      (100 * SECOND)
#define DIAL_PATIENCE (30 * SECOND)
#define REPLIES       128

struct reply {
	int code;
	const char *text;
	uint64_t arrived;
	bool ended, full;
};

struct client {
	const struct dialogue *d;
	struct view *view;
	struct deeds *deeds;
	struct sock *control, *data;
	struct listener *listener;
	struct lines lines;
	struct reply reply[REPLIES];
	unsigned replies, taken;
	int open; /* code of a multi-line reply under way */
	char text[1024];
	unsigned pc;
	bool entered, late, over, dead, end_seen;
	struct happening *timer;
	uint64_t patience;
	char more[512], verb[16];
	uint16_t port;
	bool active;
	int transfer, last_code;
	int answered;           /* the last transfer whose final reply was read */
	bool quit, image, rest; /* were said */
	uint64_t got, put, goal;
	uint64_t had;    /* the last data connection: what had come of it, */
	bool had_end;    /* and its end */
	unsigned *aside; /* ... whether it was put aside */
};

void client_next(struct client *);
void client_wait(struct client *, uint64_t us);
void client_gives_up(struct client *);
void client_leaves(struct client *);
void client_finish(struct client *);
struct seen *client_saw(struct client *, enum seen_kind kind, enum how how);
void client_run(void *arg);
void client_reply_line(struct client *, const char *line);
bool client_control_over(const struct client *);
void client_data_close(struct client *);
void client_op_send(struct client *, const struct op *op, bool more);
void client_op_raw(struct client *, const struct op *op);
bool client_op_reply(struct client *, enum op_kind kind);
void client_op_ask(struct client *, const struct op *op);
bool client_op_answer(struct client *);
bool client_op_eof(struct client *);
bool client_op_until(struct client *, const struct op *op);
void client_op_stranger(struct client *, const struct op *op);
bool client_op_dial(struct client *);
bool client_op_data(struct client *);
bool client_op_put(struct client *, const struct op *op);
bool client_op_get(struct client *, const struct op *op);
bool client_op_ended(struct client *);

#endif
