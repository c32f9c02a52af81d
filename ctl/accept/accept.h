/* What happens to an accepted control connection: admitted or not, waiting for the master,
 * handed to a helper, or refused with a 421 reply. */
#pragma once

#include <stdbool.h>

#include "options/cmdline.h"
#include "accept/helpers.h"
#include "master/master.h"

struct accept;

struct accept *accept_new(struct loop *, const struct cmdline *, struct master *,
    struct helpers *);
void accept_free(struct accept *); /* NULL is harmless; refuses who still waits */

/* Takes fd. remote: it came in on the far side. */
void accept_client(struct accept *, const struct hostport *server, bool remote, int fd);
/* Takes fd, which its helper has handed back because the master was gone: it gets one more chance;
 * false: it has had it, and is refused. */
bool accept_again(struct accept *, const struct helper *, int fd);
/* The first connection may let ssh ask at the terminal (FtpConnect=first). */
void accept_may_ask(struct accept *);
unsigned long accept_refused(const struct accept *); /* strangers, so far */
/* The master has come up or gone down: start or refuse those who wait. */
void accept_master(struct accept *, enum master_state);
