/* Transfers: which data connection is whose. It belongs to the setup that made it, and to a command
 * from the moment in which that has begun. */
#pragma once

#include "ftp/command.h"
#include "state/session_state.h"

void transfer_command(struct session *, const struct ftp_command *, const char *line, size_t len);
/* A setup is done: a command that was sent before it may have waited for that. */
void transfer_adopts(struct session *, struct channel *);
/* One that was answered without its connection is told now: that is for another. */
void transfer_settle(const struct session *, struct channel *);
/* The command has begun: its data connection is no other's any more. */
void transfer_own(struct session *, struct channel *, struct pending *);
/* A command that is no known transfer may be one all the same: a 1xx to it begins one. */
void transfer_possible(struct session *, struct pending *, const char *line, size_t len);
void transfer_unnamed(struct session *); /* A 1xx has come that may be for such a one. */
bool transfer_again(struct session *); /* Is one that was answered beginning after all? */
void transfer_begun(struct session *, struct pending *, const char *text, size_t len); /* by a 1xx */
void transfer_answered(struct session *, struct pending *); /* by the reply under way */
void transfer_unanswered(struct session *, const struct pending *); /* That reply was another's. */
void transfer_over(struct session *, struct pending *); /* The reply is out, or was left out. */
void transfer_check_done(struct session *, struct channel *); /* lets go of what nobody needs */
struct transfer_seen transfer_seen(const struct session *, bool arrives);

/* transfer_events.c: what happens to their data connections, and when the control connections end */
/* False: nothing but the 421 before will answer what that has left open (reply_parted()). */
bool transfer_event(struct session *, struct channel *, const struct event *);
void transfer_control_ended(struct session *, enum side);
void transfer_quit(struct session *);
void transfer_fail_all(struct session *);
bool transfer_unfinished(const struct session *); /* Does the session have to last for one? */
/* Is an upload unanswered (and its end still to be passed on)? */
bool transfer_uploads(const struct session *, bool unpassed);
