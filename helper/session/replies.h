/* The server's lines: which reply is passed on, held back, or taken as an answer to us. */
#pragma once

#include "state/session_state.h"

void server_line(struct session *, char *line, size_t len); /* may change the line */
void reply_step(struct session *); /* lets out the replies whose turn has come */
void reply_parted(struct session *); /* What the server's 421 has left open is answered by that. */
