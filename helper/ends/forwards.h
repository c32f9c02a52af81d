/* Forwards in a ControlMaster, over a connection of their own. Each stays on record until it is known
 * to be there no more: one that is forgotten would stay in the user's master for good. A path is
 * never used twice, not even by a second try: ssh answers a forward that it knows with the old port. */
#pragma once

#include <stdbool.h>

#include "mux/mux.h"

struct forwards;
struct stream;
struct opened; /* one of them, or that is asked for */

typedef void forwards_fn(void *arg, const struct forward_result *);

/* lost (may be NULL): the connection has ended; another one is made where it is needed. NULL: no
 * memory */
struct forwards *forwards_new(struct loop *, const char *ctl_path,
    void (*lost)(void *arg, const char *reason), void *arg);
bool forwards_connect(struct forwards *); /* false with errno: nobody answers */
void forwards_free(struct forwards *);    /* waits until the master has been told; NULL is harmless */

/* The answer comes once, through fn, unless it is dropped before. NULL with errno */
struct opened *forwards_open(struct forwards *, const struct forward *, forwards_fn *, void *arg);
/* ... of a round trip through sshd, yes or no: a listener, which is given back. To be dropped likewise. */
struct opened *forwards_ask(struct forwards *, forwards_fn *, void *arg);
/* Not wanted any more, refused or not: it is cancelled, and its path removed. used: somebody has
 * connected. That may still wait in ssh's backlog, and would die with the listener; ssh has accepted it
 * when it answers what was asked after it, so something is asked before. NULL is harmless. */
void forwards_drop(struct opened *, bool used);
unsigned forwards_count(const struct forwards *); /* NULL is harmless */

/* Does the master live? Told with what it is asked about, perhaps from inside. */
typedef void forwards_checked_fn(void *arg, const struct stream *, unsigned channel, bool alive);
void forwards_check(struct forwards *, forwards_checked_fn *, void *arg, const struct stream *,
    unsigned channel);
/* ... and its sshd? Told when that has answered, if it does. */
bool forwards_question(struct forwards *, forwards_checked_fn *, void *arg, unsigned channel);
