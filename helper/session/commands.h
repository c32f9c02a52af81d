/* The client's lines: which command is sent on, refused, or prepared. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "state/session_state.h"

bool client_begins(struct session *, const char *line, size_t len, bool whole); /* is it FTP? */
void client_command(struct session *, const char *line, size_t len);
void quit_step(struct session *); /* a QUIT that is held */

#endif
