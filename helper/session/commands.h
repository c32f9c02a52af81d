/* The client's lines: which command is sent on, refused, or prepared. */
#pragma once

#include "state/session_state.h"

bool client_begins(struct session *, const char *line, size_t len, bool whole); /* Is it FTP? */
void client_command(struct session *, const char *line, size_t len);
void quit_step(struct session *); /* for a QUIT that is held */
