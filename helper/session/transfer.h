/* Transfers: which data connection is whose. It belongs to the setup that made it, and to a command
 * from the moment in which that has begun. */
#ifndef TRANSFER_H
#define TRANSFER_H

#include "ftp/command.h"
#include "state/session_state.h"

void transfer_command(struct session *, const struct ftp_command *, const char *line, size_t len);
/* A setup is done: a command that was sent before it may have waited for that. */
void transfer_adopts(struct session *, struct channel *);
/* It has begun: its data connection is no other command's any more. */
void transfer_own(struct session *, struct channel *, struct pending *);
void transfer_begun(struct session *, struct pending *, const char *text, size_t len); /* 1xx */
void transfer_answered(struct session *, struct pending *); /* by the reply under way */
void transfer_over(struct session *, struct pending *); /* the reply is out, or was left out */
void transfer_check_done(struct session *, struct channel *);
struct transfer_seen transfer_seen(const struct session *, bool arrives);

#endif
