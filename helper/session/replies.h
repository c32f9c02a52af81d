/* The server's lines: which reply is passed on, held back, or taken as an answer to us. */
#ifndef REPLIES_H
#define REPLIES_H

#include "state/session_state.h"

void server_line(struct session *, char *line, size_t len); /* may change the line */
void reply_step(struct session *); /* replies whose turn has come */

#endif
