/* What happens to the data connections of transfers, and when the control connections end. */
#ifndef TRANSFER_EVENTS_H
#define TRANSFER_EVENTS_H

#include "state/session_state.h"

void transfer_event(struct session *, struct channel *, const struct event *);
void transfer_control_ended(struct session *, enum side);
void transfer_quit(struct session *);
void transfer_fail_all(struct session *);
bool transfer_unfinished(const struct session *); /* does the session have to last for one? */
bool transfer_stores(const struct session *); /* an upload is unanswered */
bool transfer_uploads(const struct session *); /* the end of one is still to be passed on */

#endif
