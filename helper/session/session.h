/* One FTP session as a machine: push what came in, carry out what comes out. Pure: it
 * owns no descriptor and no clock.
 *
 * Both control streams run through it. It keeps a queue of pending commands (one final
 * reply each, RFC 959 5.4), so that pipelined commands and replies of our own keep their
 * order, and for every data connection a channel: two ends, each of which listens or
 * dials. It decides; what the actions mean is fixed, and every wait is an ACT_TIMER (holds.h
 * has the table of them). What is untrusted: every byte pushed.
 * Memory is bounded: when session_room() is 0, stop reading that side. */
#pragma once

#include "state/action.h"
#include "state/facts.h"
#include "state/session_config.h"

struct session;
struct session *session_new(const struct session_config *); /* NULL: out of memory */
void session_free(struct session *);

size_t session_room(const struct session *, enum side); /* bytes that push will take now */
void session_push(struct session *, enum side, const void *, size_t len);
void session_eof(struct session *, enum side); /* that control connection has ended */
void session_event(struct session *, const struct event *);
/* End it all: transfers fail (none may look complete), the client is told why (421). */
void session_fail(struct session *, const char *why);

bool session_next(struct session *, struct action *); /* false: nothing to do */
/* Bytes for a control connection; session_sent() takes what was written off. */
const char *session_output(const struct session *, enum side, size_t *len);
void session_sent(struct session *, enum side, size_t len);

bool session_over(const struct session *); /* both control connections were hung up */
bool session_busy(const struct session *); /* a transfer is under way, or unanswered */

const struct session_facts *session_facts(const struct session *);

/* For status, also while the channel's ABORT or CLOSE is carried out. false, and facts of nothing:
 * there is no such channel. */
bool session_channel(const struct session *, unsigned channel, struct channel_facts *);
