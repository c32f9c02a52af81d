/* How data connections end. FTP's end of file is a FIN, so an EOF is passed on only when it is real.
 * A download's waits for the server's final reply, which may say that it failed. An upload's waits
 * until it is clear that the client has not died: servers keep what came before an EOF as a complete
 * file. */
#pragma once

#include "state/session_state.h"

/* A success of its transfer can be none: a 425 that says why, or our 426 (NULL), takes its place. */
void transfer_spoil(const struct session *, const struct channel *, const char *why);

void client_ended(struct session *, struct channel *);  /* The EOF of its end has come. */
void upload_ended(struct session *, struct channel *);  /* It has, and ends an upload. */
void upload_broken(struct session *, struct channel *); /* The upload broke at the client's end. */
/* The server's EOF is there, and so is what may say something about it. */
void download_ended(struct session *, struct channel *);
void client_fails(struct session *, struct channel *); /* It must not take what it has for all. */
/* Which ends must not take what they have for complete, when the control connections end: a far
 * client sees by that, that it is not. */
unsigned broken_ends(const struct session *, const struct channel *);

/* The transfer was answered without its data connection, which is the next one's then, or its own yet. */
bool transfer_unused(const struct channel *, const struct pending *);
/* May the final reply, which is held, go out now? */
bool transfer_may_pass(struct session *, struct pending *);
