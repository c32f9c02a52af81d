/* PASV, PORT and their kin, step by step: the server's end, then the client's, then our reply. */
#ifndef SETUP_H
#define SETUP_H

#include "ftp/command.h"
#include "state/session_state.h"

extern const char given_up[]; /* our 425 to one whose channel is no more */

void setup_command(struct session *, const struct ftp_command *);
bool setup_event(struct session *, struct channel *, const struct event *); /* false: not its */
void setup_step(struct session *);
bool setup_holds_client(const struct session *);
bool setup_holds_server(const struct session *);

void setup_try(struct session *, struct channel *, struct pending *); /* the next attempt, if any */
/* The server end is ready: now the client's. False: the server's reply is the client's to read. */
bool setup_client_end(struct session *, struct channel *, struct pending *);
/* It has come to its end: its entry becomes our reply. The channel may be NULL. */
void setup_end(struct session *, struct channel *, struct pending *, const char *text);
/* The client was told something else in its place, or nothing. */
void setup_left_out(struct session *, struct pending *);

#endif
