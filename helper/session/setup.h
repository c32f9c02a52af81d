/* PASV, PORT and their kin, step by step: the server's end, then the client's, then our reply. */
#pragma once

#include "ftp/command.h"
#include "state/session_state.h"

void setup_command(struct session *, const struct ftp_command *);
bool setup_event(struct session *, struct channel *, const struct event *); /* False: it is not its. */
void setup_step(struct session *);
bool setup_holds_client(const struct session *);
bool setup_holds_server(const struct session *);

void setup_try(struct session *, struct channel *, struct pending *); /* the next attempt, if any */
/* The server end is ready: now the client's. False: what the server has said to the client's own verb
 * is the client's to read. */
bool setup_client_end(struct session *, struct channel *, struct pending *);
/* It has come to its end: its entry becomes our reply. Without a channel and a text: it was given up. */
void setup_end(struct session *, struct channel *, struct pending *, const char *text);
/* The client was told something else in its place, or nothing. */
void setup_left_out(struct session *, struct pending *);

/* setup_reply.c: what the server answers */
/* The whole reply is there. False: it is to be passed on as it is. */
bool setup_reply(struct session *, struct pending *);
/* A setup that was refused is answered by a port; false: there is none. */
bool setup_again(struct session *);
/* Something else came in its place; true: the client must not see it. */
bool setup_stray(struct session *, struct pending *);
/* The reply before may have been its own: it is not waited for without end. */
void setup_in_doubt(struct session *, struct pending *);

/* setup_dial.c: does ssh dial data ports at all? Where it does not, the server is told to dial instead, or
 * of no transfer: it would wait, and hear nothing else. So the client's first one waits for that. */
void setup_dial_step(struct session *);
bool setup_dial_awaited(const struct session *);
/* True: ssh dials none, but the server may be told to. */
bool setup_dial_failed(struct session *, struct channel *, enum refusal);
