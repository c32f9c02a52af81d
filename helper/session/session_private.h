/* What the parts of the session machine have for each other, from the bottom: ending says how channels
 * end, transfer whose they are, setup how they come about; commands and replies take the two sides'
 * lines. */
#pragma once

#include "ftp/command.h"
#include "state/session_channel.h"

/* ---- ending.c ----
 * How data connections end. FTP's end of file is a FIN, so an EOF is passed on only when it is real.
 * A download's waits for the server's final reply, which may say that it failed. An upload's waits
 * until it is clear that the client has not died: servers keep what came before an EOF as a complete
 * file. */
extern const char broken_off[]; /* our 426 */

/* What takes the place of a success that can be none; malloc'ed, taken over. */
void transfer_spoil(const struct session *, const struct channel *, char *text);

void client_ended(struct session *, struct channel *);  /* its end's EOF has come, */
void upload_ended(struct session *, struct channel *);  /* ... that of an upload, */
void upload_broken(struct session *, struct channel *); /* ... or it broke */
/* The server's EOF is there, and so is what may say something about it. */
void download_ended(struct session *, struct channel *);
void client_fails(struct session *, struct channel *); /* it must not take what it has for all */
/* Which ends must not take what they have for complete, when the control connections end: a far
 * client sees by that, that it is not. */
unsigned broken_ends(const struct session *, const struct channel *);

/* The final reply, which is held: may it go out now? */
bool transfer_may_pass(struct session *, struct pending *);

/* ---- attempts.c ----
 * The commands that can make the server's end of a channel, and the choice between them.
 *
 * The client says which verb its own end gets (PASV: it dials us, so we listen; PORT: it
 * listens, so we dial). What is said to the server is chosen on its own from the table
 * of attempts, its natural counterpart first: so mode translation, address families,
 * servers that refuse a command and ports that are dead are one loop over one table. */
#define BIT(attempt) (1U << (attempt))
#define TRY_DIALLING (BIT(TRY_PASV) | BIT(TRY_EPSV) | BIT(TRY_LPSV))
#define TRY_LISTENING \
	(BIT(TRY_PORT) | BIT(TRY_EPRT4) | BIT(TRY_EPRT6) | BIT(TRY_LPRT4) | BIT(TRY_LPRT6))

extern const struct attempt_row {
	const char *name;
	enum ftp_verb verb;
	bool listen;    /* the server end listens (active mode), else it dials */
	uint8_t family; /* that the command can name; 0 = none needed */
} attempts[TRY_COUNT];

const char *attempt_verb_name(const struct channel *, enum side); /* what is said at that end */
bool attempt_client_listens(enum ftp_verb); /* the client's end, of a channel by that verb */
/* Where we listen at that end; NULL: we cannot. */
const struct ftp_address *listen_address(const struct session *, enum side, uint8_t family);
uint8_t server_family(const struct session *); /* of the control connection to it; 0 = not known */

bool attempt_is_natural(const struct channel *, enum attempt); /* the client's own verb */
/* The next one that may be made, and is not in the mask; TRY_COUNT: none. */
enum attempt attempt_next(const struct session *, const struct channel *, unsigned bad);
void attempts_failed(struct session *, unsigned mask); /* what the server has named was dead */
bool attempt_may_fail(const struct session *, const struct channel *); /* may another follow? */

/* ---- transfer.c ----
 * Transfers: which data connection is whose. It belongs to the setup that made it, and to a command
 * from the moment in which that has begun. */
void transfer_command(struct session *, const struct ftp_command *, const char *line, size_t len);
/* A setup is done: a command that was sent before it may have waited for that. */
void transfer_adopts(struct session *, struct channel *);
/* It has begun: its data connection is no other command's any more. */
void transfer_own(struct session *, struct channel *, struct pending *);
/* A command that is none of those may be one all the same: a 1xx to it begins one. */
void transfer_possible(struct session *, struct pending *, const char *line, size_t len);
void transfer_unnamed(struct session *); /* ... which has come */
bool transfer_again(struct session *); /* one that was answered is beginning after all */
void transfer_begun(struct session *, struct pending *, const char *text, size_t len); /* 1xx */
void transfer_answered(struct session *, struct pending *); /* by the reply under way */
void transfer_unanswered(struct session *, const struct pending *); /* it was another's */
void transfer_over(struct session *, struct pending *); /* the reply is out, or was left out */
/* ... says nothing of its data connection, which nobody has used. */
bool transfer_unused(const struct channel *, const struct pending *);
void transfer_check_done(struct session *, struct channel *);
struct transfer_seen transfer_seen(const struct session *, bool arrives);

/* ---- transfer_events.c ----
 * What happens to the data connections of transfers, and when the control connections end. */
void transfer_event(struct session *, struct channel *, const struct event *);
void transfer_control_ended(struct session *, enum side);
void transfer_quit(struct session *);
void transfer_fail_all(struct session *);
bool transfer_unfinished(const struct session *); /* does the session have to last for one? */
/* Is an upload unanswered (and its end still to be passed on)? */
bool transfer_uploads(const struct session *, bool unpassed);

/* ---- setup.c ----
 * PASV, PORT and their kin, step by step: the server's end, then the client's, then our reply. */
extern const char given_up[]; /* our 425 to one whose channel is no more */

void setup_command(struct session *, const struct ftp_command *);
bool setup_event(struct session *, struct channel *, const struct event *); /* false: not its */
void setup_step(struct session *);
bool setup_holds_client(const struct session *);
bool setup_holds_server(const struct session *);

void setup_try(struct session *, struct channel *, struct pending *); /* the next attempt, if any */
/* The server end is ready: now the client's. False: what the server has said to the client's own verb
 * is the client's to read. */
bool setup_client_end(struct session *, struct channel *, struct pending *);
/* It has come to its end: its entry becomes our reply. The channel may be NULL. */
void setup_end(struct session *, struct channel *, struct pending *, const char *text);
/* The client was told something else in its place, or nothing. */
void setup_left_out(struct session *, struct pending *);

/* ---- setup_dial.c ----
 * Does ssh dial data ports at all? Where it does not, the server is told to dial instead, or of no transfer:
 * it would wait, and hear nothing else. So the client's first one waits until that is known. */
void setup_dial_step(struct session *);
bool setup_dial_awaited(const struct session *);
bool setup_dial_failed(struct session *, struct channel *, enum refusal); /* true: there is another way */

/* ---- setup_reply.c ----
 * What the server answers to the commands of a setup. */
/* The whole reply is there. False: it is to be passed on as it is. */
bool setup_reply(struct session *, struct pending *);
bool setup_again(struct session *); /* one that was refused is answered by a port; false: there is none */
/* Something else came in its place; true: the client must not see it. */
bool setup_stray(struct session *, struct pending *);
/* The reply before may have been its own: it is not waited for without end. */
void setup_in_doubt(struct session *, struct pending *);

/* ---- own_replies.c ----
 * Replies that we make ourselves: each takes its place in the queue. */
void own_send_before(struct session *, const struct pending *); /* those to what was said before it */
void own_flush(struct session *); /* those whose turn has come */
/* Something else than a reply: the client sees that, as direct, and what it means if no greeting follows. */
void own_strange_greeting(struct session *, const char *line, size_t len);
void own_no_greeting(struct session *);

/* ---- commands.c ----
 * The client's lines: which command is sent on, refused, or prepared. */
bool client_begins(struct session *, const char *line, size_t len, bool whole); /* is it FTP? */
void client_command(struct session *, const char *line, size_t len);
void quit_step(struct session *); /* a QUIT that is held */

/* ---- replies.c ----
 * The server's lines: which reply is passed on, held back, or taken as an answer to us. */
void server_line(struct session *, char *line, size_t len); /* may change the line */
void reply_step(struct session *); /* replies whose turn has come */
void reply_parted(struct session *); /* what the server's 421 has left open is answered by that */
