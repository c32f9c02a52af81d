/* The channels of a session: found, made, asked for things, and let go. */
#pragma once

#include "state/session_state.h"

struct channel *channel_by_id(const struct session *, unsigned id); /* NULL: no more */
struct channel *channel_asked(const struct session *, unsigned id); /* ... or a dead one */
struct channel *channel_new(struct session *, enum ftp_verb client_verb); /* NULL: too many */
struct channel *channel_next(const struct session *, const struct channel *); /* living; NULL: the first */
void channel_sweep(struct session *); /* nobody asks about the dead any more */
/* The first command in the queue that uses, or is to use, it; NULL */
struct pending *channel_transfer(const struct session *, const struct channel *);
bool channel_joined(const struct channel *); /* both ends are connected */
/* Its transfer goes that way; or may yet, where the verb is unknown: begun, or unanswered. */
bool channel_may_go(const struct session *, const struct channel *, enum direction);
bool channel_dials_client(const struct channel *); /* the server is there, the client may yet be */

void channel_act(struct session *, struct channel *, enum action_kind, enum side end);
void channel_open(struct session *, struct channel *, enum side, enum end_verb, uint8_t family);
void channel_begin(struct session *, struct channel *);
void channel_arm(struct session *, struct channel *, enum channel_timer);
bool channel_waited(const struct channel *, enum channel_timer); /* for that long enough */
void channel_pass_eof(struct session *, struct channel *, enum side end); /* once */
void channel_close(struct session *, struct channel *);
void channel_abort(struct session *, struct channel *, unsigned mask);

uint64_t channel_moved(const struct session *, const struct channel *, enum side from);
bool channel_unsent(const struct session *, const struct channel *); /* to the client, here */
uint64_t channel_progress(const struct session *, const struct channel *);
uint64_t session_progress(const struct session *); /* of all of them */
