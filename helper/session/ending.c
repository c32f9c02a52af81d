#include "session/ending.h"

#include <strings.h>

#include "session/attempts.h"
#include "state/session_channel.h"

void
transfer_spoil(const struct session *s, const struct channel *ch, const char *why)
{
	struct pending *p = channel_transfer(s, ch);

	if (p != NULL && p->instead == NULL)
		p->instead = why != NULL ? session_refusal(why) :
		    memory_text("426 Connection closed; transfer aborted.");
}

/* ---- an upload ---- */

/* The server must not see an end of file of an upload that broke on the client's side. Through ssh
 * it can see nothing else, so it is held open, and the session ends. */
void
upload_broken(struct session *s, struct channel *ch)
{
	bool served = ch->final != 0;

	channel_abort(s, ch, BOTH_ENDS);
	if (s->config.far[SERVER] && !served)
		session_wrong(s, "the upload was cut off");
}

/* A client that has said QUIT did not die. Its QUIT may stand behind commands that wait. */
static bool
quit_is_said(const struct session *s)
{
	const char *p = bytes_data(&s->in[CLIENT]);

	for (size_t i = 0; i + 4 <= s->in[CLIENT].len && !s->quit; i++)
		if ((i == 0 || p[i - 1] == '\n') && strncasecmp(p + i, "QUIT", 4) == 0)
			return true;
	return s->quit;
}

/* An upload's EOF has come. */
void
upload_ended(struct session *s, struct channel *ch)
{
	if (ch->client == CLIENT_LIVES || quit_is_said(s))
		channel_pass_eof(s, ch, SERVER);
	else if (s->ended[CLIENT])
		channel_abort(s, ch, broken_ends(s, ch) | MASK(SERVER));
	else if (ch->timer != TIMER_DYING)
		channel_arm(s, ch, TIMER_DYING);
}

void
client_ended(struct session *s, struct channel *ch)
{
	if (ch->end[SERVER].passed)
		return;
	/* What was refused may go on: the no was another command's. */
	if ((channel_may_go(s, ch, DIR_UP) && (ch->final == 0 || ch->doubtful)) ||
	    (ch->dir == DIR_NONE && ch->refused))
		upload_ended(s, ch);
	else if (ch->dir != DIR_NONE || ch->owned) /* else a STOR may follow, whose it is then */
		channel_pass_eof(s, ch, SERVER);
}

/* ---- a download ---- */

static bool
download_is_short(const struct session *s, const struct channel *ch)
{
	return s->config.count != NULL && ch->exact &&
	    channel_moved(s, ch, SERVER) < ch->announced;
}

/* The server says that it has failed, and the client has a part of it. */
static bool
download_failed_midway(const struct session *s, const struct channel *ch)
{
	bool all = ch->exact && !download_is_short(s, ch);

	return ch->dir == DIR_DOWN && ch->final >= 300 && !ch->aborted && !ch->doubtful && !all &&
	    channel_moved(s, ch, SERVER) > 0;
}

/* The client must not take what it has for all. A near one sees a reset. A far one cannot: its end
 * comes behind a reply that is no success; without one it is held open. */
void
client_fails(struct session *s, struct channel *ch)
{
	bool reply_due = channel_transfer(s, ch) != NULL, down = channel_may_go(s, ch, DIR_DOWN);

	if (!s->config.far[CLIENT] || (down && !reply_due && ch->final < 300)) {
		channel_abort(s, ch, MASK(CLIENT));
	} else if (!down || !reply_due) {
		channel_abort(s, ch, 0);
	} else if (!ch->broken) {
		ch->broken = true;
		if (ch->final == 0)
			channel_arm(s, ch, TIMER_FINAL);
	}
}

unsigned
broken_ends(const struct session *s, const struct channel *ch)
{
	unsigned client = s->config.far[CLIENT] ? 0 : MASK(CLIENT);
	bool up = channel_may_go(s, ch, DIR_UP);

	return up && !ch->end[SERVER].passed ? client | MASK(SERVER) : client;
}

/* The server's EOF has come, and its final reply, or none will. Through ssh its reset looks like an EOF:
 * the bytes that are missing tell. */
void
download_ended(struct session *s, struct channel *ch)
{
	if (ch->lost)
		channel_abort(s, ch, broken_ends(s, ch));
	else if (ch->final < 300 && !ch->aborted && download_is_short(s, ch)) {
		transfer_spoil(s, ch, NULL);
		client_fails(s, ch);
	} else if (!download_failed_midway(s, ch) || s->config.far[CLIENT])
		channel_pass_eof(s, ch, CLIENT);
	else if (channel_transfer(s, ch) == NULL)
		channel_abort(s, ch, MASK(CLIENT));
	else
		ch->broken = true;
}

/* ---- may the final reply go out? ---- */

static bool
wait_for_data(struct session *s, struct channel *ch)
{
	if (ch->timer == TIMER_NONE && !channel_waited(ch, TIMER_STALL))
		channel_arm(s, ch, TIMER_STALL);
	return channel_waited(ch, TIMER_STALL);
}

/* The server has begun, so a data connection is there or on its way, whatever it says then. A listing
 * without a 150 may have none. */
static bool
wait_for_connection(struct session *s, struct channel *ch, const struct pending *p)
{
	bool in_line = !p->started && s->reply.code < 300 && ch->dir == DIR_DOWN;
	bool coming = in_line || (p->started && s->reply.code >= 300 && s->reply.code != 425);

	if (channel_joined(ch) || !coming || channel_waited(ch, TIMER_CONNECTION))
		return true;
	if (ch->timer == TIMER_NONE)
		channel_arm(s, ch, TIMER_CONNECTION);
	return false;
}

/* sshd is asked something: its answer comes behind all that is on its way now. Each question once. */
static bool
answered_behind(struct session *s, struct channel *ch, unsigned question)
{
	if (ch->asked < question) {
		ch->asked = question;
		ch->unanswered++;
		channel_act(s, ch, ACT_CHECK, SERVER);
	}
	return ch->unanswered == 0;
}

/* A server on this side connects to our listener before it replies, but we may see the reply first. */
static bool
near_server_comes(struct session *s, struct channel *ch)
{
	const struct end *server = &ch->end[SERVER];

	return !s->config.far[SERVER] && !server->dials && !server->connected && ch->opened &&
	    !answered_behind(s, ch, 1);
}

/* After the reply we look at our listener, and ask sshd: whoever has not come by its answer will not come, nor
 * will the bytes of a listing that was answered in line. */
static bool
nothing_comes(struct session *s, struct channel *ch, const struct pending *p)
{
	const struct end *client = &ch->end[CLIENT], *server = &ch->end[SERVER];
	bool in_line = (!p->started || ch->dir == DIR_NONE) && channel_joined(ch) && !server->moved &&
	    !server->eof;
	bool client_away = server->dials && !client->dials && !client->connected && ch->strangers == 0;
	bool server_away = s->config.far[SERVER] && !server->dials && !server->connected;

	if (ch->dead || !ch->opened || !(in_line || client_away || server_away))
		return false;
	return answered_behind(s, ch, in_line ? 2 : 1);
}

/* A far client that has its EOF ends its own side. Of an empty file sshd's answer says as much. */
static bool
client_has_end(struct session *s, struct channel *ch)
{
	return ch->end[CLIENT].came_back || (channel_moved(s, ch, SERVER) == 0 && answered_behind(s, ch, 3));
}

static bool
download_may_pass(struct session *s, struct channel *ch, const struct pending *p)
{
	if (ch->end[SERVER].eof && !ch->end[CLIENT].passed)
		download_ended(s, ch);
	if (ch->dead || ch->broken || s->reply.code >= 300 || ch->aborted ||
	    (!channel_joined(ch) && channel_waited(ch, TIMER_CONNECTION)))
		return true;
	if (ch->end[CLIENT].passed && (s->config.far[CLIENT] ? client_has_end(s, ch) :
	    ch->end[CLIENT].drained || !channel_unsent(s, ch)))
		return true;
	return nothing_comes(s, ch, p) || wait_for_data(s, ch);
}

/* A success can come before the word that ssh could not connect to the port, whose data then went
 * nowhere, or that the client is there at all. What is asked now is answered behind such words. */
static bool
upload_arrived(struct session *s, struct channel *ch, const struct pending *p)
{
	const struct end *server = &ch->end[SERVER];

	if (!server->dials && !ch->dead)
		return server->connected || nothing_comes(s, ch, p);
	if (!ch->opened || ch->dead || server->eof)
		return true;
	if (s->config.far[SERVER] && !answered_behind(s, ch, server->connected ? 2 : 1))
		return false;
	if (!ch->end[CLIENT].connected && !s->config.far[CLIENT])
		return ch->strangers == 0; /* the client is not there; a far one may be on its way */
	return server->connected;
}

bool
transfer_unused(const struct channel *ch, const struct pending *p)
{
	const struct end *client = &ch->end[CLIENT], *server = &ch->end[SERVER];
	bool unnamed = ch->dir == DIR_NONE; /* a 1xx may have been for something else */
	bool silent = (!p->started || unnamed) &&
	    (ch->dir == DIR_DOWN || (!client->moved && !client->eof));

	return (ch->final < 300 || unnamed) && !server->moved && !server->eof &&
	    (server->dials ? silent || !channel_joined(ch) : !server->connected);
}

/* node-ftp takes a data connection that is still open when the reply is there for a fault. */
static bool
upload_may_pass(struct session *s, struct channel *ch, const struct pending *p)
{
	bool unused = transfer_unused(ch, p);
	bool settled = s->reply.code >= 300 || channel_waited(ch, TIMER_STALL) || (unused && channel_joined(ch));

	if (s->reply.code >= 300 && !ch->end[SERVER].passed && ch->doubtful)
		return true; /* the upload may go on */
	if (!settled && !upload_arrived(s, ch, p))
		return wait_for_data(s, ch);
	if (unused)
		return true;
	channel_pass_eof(s, ch, CLIENT);
	if (!ch->end[CLIENT].passed || ch->end[CLIENT].drained)
		return true;
	return wait_for_data(s, ch);
}

/* A success, though bytes had to come and no connection came to our listener: it is lost between ssh
 * and its server, which forgets the port, say (asyncssh does). From then on no port is told. */
static void
server_never_came(struct session *s, struct channel *ch)
{
	attempts_failed(s, TRY_LISTENING);
	transfer_spoil(s, ch, "the server's connection has not come to the port it was told");
	client_fails(s, ch);
}

/* A 1xx stands behind the reply, which is not the end of the transfer. */
static bool
begins_yet(const struct session *s, const struct channel *ch)
{
	return s->reply.open == 0 && s->in[SERVER].len > 0 && *bytes_data(&s->in[SERVER]) == '1' &&
	    s->reply.code < 300 && !ch->end[SERVER].eof;
}

bool
transfer_may_pass(struct session *s, struct pending *p)
{
	struct channel *ch = channel_by_id(s, p->channel);
	bool passes, up;

	if (ch == NULL || ch->broken || begins_yet(s, ch))
		return true;
	if ((near_server_comes(s, ch) || channel_dials_client(ch)) && !ch->aborted && !wait_for_data(s, ch))
		return false; /* direct it would be there, and so may its data */
	if (!ch->owned || s->mode_b)
		return true;
	if (!wait_for_connection(s, ch, p))
		return false;
	up = ch->dir == DIR_UP || (ch->dir == DIR_NONE && ch->end[CLIENT].eof);
	passes = up ? upload_may_pass(s, ch, p) : download_may_pass(s, ch, p);
	if (passes && !ch->aborted && ch->dir != DIR_NONE && ch->end[SERVER].connected &&
	    !ch->end[CLIENT].connected)
		transfer_spoil(s, ch, NULL); /* the client had no part in it */
	if (passes && !ch->aborted && !ch->dead && p->started && s->reply.code < 300 &&
	    !ch->end[SERVER].dials && !ch->end[SERVER].connected &&
	    (ch->dir == DIR_UP || download_is_short(s, ch)))
		server_never_came(s, ch);
	return passes;
}
