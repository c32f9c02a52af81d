/* What the parts of the server share: server.c (its programs), server_words.c, server_data.c. */
#ifndef SERVER_PRIVATE_H
#define SERVER_PRIVATE_H

#include "peer.h"

#define ACCEPT_PATIENCE  (10 * SECOND)
#define DATA_PATIENCE    (90 * SECOND)
#define COMMAND_PATIENCE (20 * SECOND)
#define PORTS            64

struct server {
	const struct dialogue *d;
	struct view *view;
	struct deeds *deeds;
	struct listener *entrance, *listener, *fixed;
	struct sock *control, *data;
	struct lines lines;
	const struct op *op; /* of the program in hand */
	unsigned left;       /* ... what is left of it */
	char verb[16];
	uint16_t told[PORTS], address;
	unsigned ports;
	int transfer;
	uint64_t got, sent, goal;
	bool entered, late, over, deaf, broken, whole;
	struct happening *timer;
};

void server_next(struct server *);
void server_wait(struct server *, uint64_t us);
void server_wait_again(struct server *, uint64_t us);
struct seen *server_saw(struct server *, enum seen_kind kind, enum how how);
void server_command_over(struct server *);
void server_run(void *arg);
void server_say(struct server *, const char *text);
void server_forget_listener(struct server *);
bool server_is_setup(const char *verb);
void server_saw_command(struct server *, const char *line);
void server_op_words(struct server *, const struct op *op);
bool server_op_data(struct server *, bool quiet);
bool server_op_send(struct server *, const struct op *op);
bool server_op_recv(struct server *, const struct op *op);
void server_op_end(struct server *, enum op_kind kind);
void server_op_stranger(struct server *, const struct op *op);

const char *server_without_telnet(const char *line);

#endif
