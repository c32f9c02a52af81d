/* The control connection to an FTP server that is reached by a channel of a proxy connection: its
 * bytes between that and a socket of the session process. */
#pragma once

#include "relay/relay.h"
#include "relay/stream.h"

/* Part of its owner, and all zero as long as there is none. */
struct control_link {
	struct stream *stream[2];
	struct relay relay[2]; /* from there to the other */
	bool ended[2];
	unsigned uses;         /* of the near stream */
};

/* Takes both, also when it is false with errno. near: a socket whose other side the session has. */
bool control_link_open(struct control_link *, struct loop *, int near, struct stream *far);
void control_link_close(void *link);
void control_link_pump(struct control_link *); /* pass on what the session has written by now */
bool control_link_over(const struct control_link *); /* both directions have, or there is none */
