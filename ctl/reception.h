/* What happens to an accepted control connection: admitted or not, waiting for the master,
 * handed to a helper, or refused with a 421 reply. */
#ifndef RECEPTION_H
#define RECEPTION_H

#include <stdbool.h>

#include "cmdline.h"
#include "helpers.h"
#include "master.h"

struct reception;

struct reception *reception_new(struct loop *, const struct cmdline *, struct master *,
    struct helpers *);
void reception_free(struct reception *); /* NULL is harmless; refuses who still waits */

/* Takes fd. reverse: it came in on the far side. */
void reception_client(struct reception *, const struct hostport *server, bool reverse, int fd);
/* Takes fd, which its helper has handed back because the master was gone: it gets one more chance;
 * false: it has had it, and is refused. */
bool reception_again(struct reception *, const struct helper *, int fd);
/* The first connection may let ssh ask at the terminal (FtpConnect=first). */
void reception_may_ask(struct reception *);
unsigned long reception_refused(const struct reception *); /* strangers, so far */
/* The master has come up or gone down: start or refuse those who wait. */
void reception_master(struct reception *, enum master_state);

#endif
