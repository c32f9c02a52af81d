/* The control connection to an FTP server that is reached by a channel of a proxy connection: its
 * bytes between that and a socket of the session process. */
#pragma once

#include <stdbool.h>

#include "relay/stream.h"

struct control_link;

/* Takes both, also when it is NULL with errno. near: a socket whose other side the session has. */
struct control_link *control_link_new(struct loop *, int near, struct stream *far);
void control_link_free(struct control_link *); /* NULL is harmless */
void control_link_pump(struct control_link *); /* pass on what the session has written by now */
bool control_link_over(const struct control_link *); /* both directions have ended */
