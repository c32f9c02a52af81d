/* How data connections end. FTP's end of file is a FIN, so an EOF is passed on only when it is real.
 * A download's waits for the server's final reply, which may say that it failed. An upload's waits
 * until it is clear that the client has not died: servers keep what came before an EOF as a complete
 * file. */
#ifndef ENDING_H
#define ENDING_H

#include "state/session_state.h"

extern const char broken_off[]; /* our 426 */

/* What takes the place of a success that can be none; malloc'ed, taken over. */
void transfer_spoil(const struct session *, const struct channel *, char *text);

void client_ended(struct session *, struct channel *);  /* its end's EOF has come, */
void upload_ended(struct session *, struct channel *);  /* ... that of an upload, */
void upload_broken(struct session *, struct channel *); /* ... or it broke */
/* The server's EOF is there, and so is what may say something about it. */
void download_ended(struct session *, struct channel *);
void client_fails(struct session *, struct channel *); /* it must not take what it has for all */
/* Which ends must not take what they have for complete, when the control connections end. */
unsigned broken_ends(const struct session *, const struct channel *);

/* The final reply, which is held: may it go out now? */
bool transfer_may_pass(struct session *, struct pending *);

#endif
