/* The two peers: each does what its script says and decides by what it has seen. */
#ifndef PEER_H
#define PEER_H

#include "dialogue.h"
#include "net.h"
#include "view.h"

struct client;
struct server;

struct client *client_new(const struct dialogue *, struct view *, struct deeds *);
void client_start(struct client *, uint16_t port);
bool client_done(const struct client *);
void client_kill(struct client *); /* the process is gone: the kernel closes all it had */
bool client_alive(const struct client *);

struct server *server_new(const struct dialogue *, struct view *, struct deeds *);
uint16_t server_port(const struct server *);
void server_kill(struct server *);
/* Was that port told to somebody who may dial it now? For the policy's check. */
bool server_told(const struct server *, uint16_t port);
bool server_done(const struct server *); /* its control connection is over */

/* Somebody else, who has found a port. How: "stays" (20 s), "leaves" (at once), "sends" (and
 * stays), "sends and leaves"; "elsewhere" before it: from another machine. A transfer may be named
 * behind it. guarded: who owns a connection to that port can be told. */
void stranger_comes(enum host from, uint16_t port, const char *how, bool guarded, struct deeds *);

/* Shared between the two: nothing but the shape of the bytes. */
uint8_t pattern_at(int transfer, uint64_t at);
int transfer_of(const char *line); /* "RETR f12" -> 12; -1 */

bool client_is_six(const struct dialogue *);
bool server_is_six(const struct dialogue *);

/* \\r \\n \\0 \\xHH become bytes; out is as large as text. Returns how many. */
int raw_bytes(const char *text, char *out);

/* Lines out of a connection. */
struct lines {
	char raw[512], text[2048];
	unsigned at, held, len;
};
/* NULL: none yet */
const char *lines_next(struct lines *, struct sock *);
void lines_drop(struct lines *); /* what was read along with the last one */

#endif
