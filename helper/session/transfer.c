/* Transfers: which data connection is whose, and how it may end.
 *
 * FTP's end of file is a FIN, so an EOF is passed on only when it is real. A download's waits for
 * the server's final reply, which may say that it failed. An upload's waits until it is
 * clear that the client has not died: servers keep what came before an EOF as a complete file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "session/session_private.h"

static const char broken_off[] = "426 Connection closed; transfer aborted.";

/* ---- commands and channels ---- */

/* The first command in the queue that uses, or is to use, that channel. */
static struct pending *
transfer_of(const struct session *s, const struct channel *ch)
{
	for (size_t i = 0; i < s->queue.count; i++) {
		struct pending *p = queue_at(&s->queue, i);

		if (p->kind == PENDING_TRANSFER && p->channel == ch->id)
			return p;
	}
	return NULL;
}

/* What takes the place of a success that can be none. */
static void
transfer_spoil(const struct session *s, const struct channel *ch, char *text)
{
	struct pending *p = transfer_of(s, ch);

	if (p == NULL || p->instead != NULL)
		free(text);
	else
		p->instead = text;
}

/* The server must not see an end of file of an upload that broke on the client's side. Through ssh
 * it can see nothing else, so it is held open, and the session ends. */
static void
upload_broken(struct session *s, struct channel *ch)
{
	bool served = ch->final != 0;

	channel_abort(s, ch, BOTH_ENDS);
	if (s->config.far[SERVER] && !served)
		session_wrong(s, "the upload was cut off");
}

/* QUIT before the end of a control connection is no death; it may stand behind what waits. */
static bool
quit_is_said(const struct session *s)
{
	const char *p = bytes_data(&s->in[CLIENT]);

	for (size_t i = 0; i + 4 <= s->in[CLIENT].len && !s->quit; i++)
		if (strncasecmp(p + i, "QUIT", 4) == 0)
			return true;
	return s->quit;
}

/* An upload's EOF has come. */
static void
upload_ended(struct session *s, struct channel *ch)
{
	if (ch->client == CLIENT_LIVES || quit_is_said(s))
		channel_pass_eof(s, ch, SERVER);
	else if (s->ended[CLIENT])
		channel_abort(s, ch, BOTH_ENDS);
	else if (ch->timer != TIMER_DYING)
		channel_arm(s, ch, TIMER_DYING);
}

static void
client_ended(struct session *s, struct channel *ch)
{
	if (ch->end[SERVER].passed)
		return;
	if (ch->dir == DIR_UP && ch->final == 0)
		upload_ended(s, ch);
	else if (ch->dir != DIR_NONE) /* else a STOR may follow: then it is an upload's */
		channel_pass_eof(s, ch, SERVER);
}

/* It has begun: it is no other command's any more. */
static void
transfer_own(struct session *s, struct channel *ch, struct pending *p)
{
	if (ch->owned)
		return;
	ch->owned = true;
	if (s->current == ch)
		s->current = NULL;
	for (size_t i = 0; i < s->queue.count; i++) {
		struct pending *other = queue_at(&s->queue, i);

		if (other != p && other->kind == PENDING_TRANSFER && other->channel == ch->id)
			other->channel = 0;
	}
	/* An active client is dialled when there is a transfer: a refused one leaves no trace. */
	if (ch->end[CLIENT].dials && ch->end[SERVER].dials && !ch->end[CLIENT].dialled)
		channel_open(s, ch, CLIENT, END_DIAL, 0);
}

/* It is that command's from now on, unless it is refused. */
static void
transfer_take(struct session *s, struct channel *ch, struct pending *p)
{
	ch->dir = p->number == FTP_STOR ? DIR_UP : DIR_DOWN;
	ch->final = 0;
	snprintf(ch->transfer, sizeof(ch->transfer), "%s", p->text ? p->text : "");
	channel_begin(s, ch);
	if (ch->strangers > 0 && !ch->end[CLIENT].connected)
		channel_arm(s, ch, TIMER_OWNER);
	if (ch->end[SERVER].moved)
		transfer_own(s, ch, p);
	if (ch->end[CLIENT].eof)
		client_ended(s, ch);
}

void
transfer_command(struct session *s, const struct ftp_command *c, const char *line, size_t len)
{
	struct pending *p = queue_push(&s->queue, PENDING_TRANSFER);
	struct channel *ch = s->current;
	bool dead = s->dead[0] != '\0' && session_is_forbidden(s, s->dead);
	char text[256];

	if (dead && !s->rest) {
		p->kind = PENDING_OWN; /* the server would wait for what cannot come */
		p->text = session_refusal(s->dead);
		return;
	}
	snprintf(text, sizeof(text), "%.*s", (int)(len < sizeof(text) ? len : sizeof(text) - 1), line);
	p->sent = true;
	p->number = c->verb;
	p->image = s->image;
	p->whole = !s->rest && !s->odd_mode;
	p->text = memory_text(text);
	s->rest = false;
	output_line(&s->out, SERVER, line, len);
	if (s->dead[0] != '\0')
		p->instead = session_refusal(s->dead);
	p->swallow = dead;
	if (ch == NULL)
		return;
	p->channel = ch->id;
	if (transfer_of(s, ch) == p)
		transfer_take(s, ch, p);
}

void
transfer_adopts(struct session *s, struct channel *ch)
{
	struct pending *p = transfer_of(s, ch);

	for (size_t i = 0; p == NULL && i < s->queue.count; i++) {
		struct pending *other = queue_at(&s->queue, i);

		if (other->kind != PENDING_TRANSFER || other->channel != 0 || !other->started)
			continue;
		p = other;
		p->channel = ch->id;
		transfer_take(s, ch, p);
	}
	if (p != NULL && p->started)
		transfer_own(s, ch, p);
}

/* "150 Opening BINARY mode data connection for f (1048576 bytes)." */
static uint64_t
announced_bytes(const char *text, size_t len)
{
	static const char unit[] = " bytes)";
	uint64_t n;
	size_t at;

	for (size_t i = 0; i < len; i++) {
		for (n = 0, at = i + 1; at < len && text[at] >= '0' && text[at] <= '9'; at++)
			n = n < UINT64_MAX / 10 - 1 ? n * 10 + (uint64_t)(text[at] - '0') : 0;
		if (text[i] == '(' && at > i + 1 && len - at >= strlen(unit) &&
		    memcmp(text + at, unit, strlen(unit)) == 0)
			return n;
	}
	return 0;
}

void
transfer_begun(struct session *s, struct pending *p, const char *text, size_t len)
{
	struct channel *ch = channel_by_id(s, p->channel);

	p->started = true;
	if (ch == NULL)
		return;
	transfer_own(s, ch, p);
	if (p->number == FTP_RETR && p->image && p->whole && ch->announced == 0)
		ch->announced = announced_bytes(text, len);
}

/* ---- how it ends ---- */

static bool
download_is_short(const struct session *s, const struct channel *ch)
{
	return s->config.count != NULL && ch->announced > 0 &&
	    channel_moved(s, ch, SERVER) < ch->announced;
}

/* The server says that it has failed, and the client has a part of it. */
static bool
download_failed_midway(const struct session *s, const struct channel *ch)
{
	bool all = ch->announced > 0 && !download_is_short(s, ch);

	return ch->dir == DIR_DOWN && ch->final >= 300 && !ch->aborted && !ch->doubtful && !all &&
	    channel_moved(s, ch, SERVER) > 0;
}

/* The client must not take what it has for all. A near one sees a reset. A far one cannot: its end
 * comes behind a reply that is no success; without one it is held open. */
static void
client_fails(struct session *s, struct channel *ch)
{
	bool reply_due = transfer_of(s, ch) != NULL;

	if (!s->config.far[CLIENT] || (ch->dir == DIR_DOWN && !reply_due && ch->final < 300)) {
		channel_abort(s, ch, MASK(CLIENT));
	} else if (ch->dir != DIR_DOWN || !reply_due) {
		channel_abort(s, ch, 0);
	} else if (!ch->broken) {
		ch->broken = true;
		if (ch->final == 0)
			channel_arm(s, ch, TIMER_FINAL);
	}
}

/* Which ends must not take what they have for complete, when the control connections end: a far
 * client sees by that, that it is not. */
static unsigned
broken_ends(const struct session *s, const struct channel *ch)
{
	unsigned client = s->config.far[CLIENT] ? 0 : MASK(CLIENT);

	return ch->dir == DIR_UP && !ch->end[SERVER].passed ? client | MASK(SERVER) : client;
}

/* Its EOF is there, and so is what may say something about it. A reset which the server has sent
 * looks like an EOF through ssh, but for the bytes that are missing. */
static void
download_ended(struct session *s, struct channel *ch)
{
	if (ch->lost)
		channel_abort(s, ch, broken_ends(s, ch));
	else if (ch->final < 300 && !ch->aborted && download_is_short(s, ch)) {
		transfer_spoil(s, ch, memory_text(broken_off));
		client_fails(s, ch);
	} else if (download_failed_midway(s, ch) && !s->config.far[CLIENT]) {
		if (!ch->ready_to_reset)
			channel_arm(s, ch, TIMER_RESET);
		ch->ready_to_reset = true;
	} else
		channel_pass_eof(s, ch, CLIENT);
}

static bool
abor_is_pending(const struct session *s)
{
	return queue_find(&s->queue, PENDING_ABOR) != NULL;
}

void
transfer_answered(struct session *s, struct pending *p, int code, bool doubtful)
{
	struct channel *ch = channel_by_id(s, p->channel);

	if (ch == NULL) {
		if (p->channel != 0 && s->config.answered != NULL)
			s->config.answered(s->config.arg, p->channel, code);
		return;
	}
	ch->final = code;
	ch->doubtful = doubtful;
	ch->aborted |= abor_is_pending(s);
	s->dialled |= ch->end[SERVER].dials && (code == 226 || code == 250);
	if (!ch->owned && (p->started || code == 226 || code == 250))
		transfer_own(s, ch, p); /* there are servers without a 1xx */
	if (ch->timer != TIMER_NONE && ch->timer != TIMER_DYING)
		channel_arm(s, ch, TIMER_NONE);
}

static bool
wait_for_data(struct session *s, struct channel *ch)
{
	if (ch->timer == TIMER_NONE && !ch->stalled)
		channel_arm(s, ch, TIMER_STALL);
	return ch->stalled;
}

/* The server has begun, so a data connection is there or on its way, whatever it says then. */
static bool
wait_for_connection(struct session *s, struct channel *ch, const struct pending *p, int code)
{
	bool both = ch->end[CLIENT].connected && ch->end[SERVER].connected;

	if (both || !p->started || code < 300 || code == 425 || ch->awaited)
		return true;
	if (ch->timer == TIMER_NONE)
		channel_arm(s, ch, TIMER_CONNECTION);
	return false;
}

static bool
download_may_pass(struct session *s, struct channel *ch, int code)
{
	if (ch->end[SERVER].eof && !ch->end[CLIENT].passed)
		download_ended(s, ch);
	if (ch->dead || code >= 300 || ch->aborted)
		return true;
	if (ch->end[CLIENT].passed && (s->config.far[CLIENT] ? ch->end[CLIENT].came_back :
	    ch->end[CLIENT].drained || !channel_unsent(s, ch)))
		return true;
	return wait_for_data(s, ch);
}

/* A success can come before the word that ssh could not connect to the port, whose data then went
 * nowhere. What is asked now is answered behind that word. */
static bool
upload_arrived(struct session *s, struct channel *ch)
{
	const struct end *server = &ch->end[SERVER];

	if (!server->dials || ch->dead || server->eof)
		return true;
	if (!ch->end[CLIENT].connected && !s->config.far[CLIENT])
		return true; /* nobody is there; a far one may be on its way */
	if (server->connected && s->config.far[SERVER] && !ch->asked) {
		ch->asked = true;
		channel_act(s, ch, ACT_CHECK, SERVER);
	}
	return server->connected && (ch->proved || !s->config.far[SERVER]);
}

/* node-ftp takes a data connection that is still open when the reply is there for a fault. */
static bool
upload_may_pass(struct session *s, struct channel *ch, int code)
{
	if (code >= 300 && !ch->end[SERVER].passed && ch->doubtful)
		return true; /* the upload may go on */
	if (code < 300 && !ch->stalled && !upload_arrived(s, ch))
		return wait_for_data(s, ch);
	channel_pass_eof(s, ch, CLIENT);
	if (!ch->end[CLIENT].passed || ch->end[CLIENT].drained)
		return true;
	return wait_for_data(s, ch);
}

bool
transfer_may_pass(struct session *s, struct pending *p, int code)
{
	struct channel *ch = channel_by_id(s, p->channel);
	bool passes;

	if (ch == NULL || !ch->owned || ch->broken || s->mode_b)
		return true;
	if (!wait_for_connection(s, ch, p, code))
		return false;
	passes = ch->dir == DIR_UP ? upload_may_pass(s, ch, code) : download_may_pass(s, ch, code);
	if (passes && !ch->aborted && ch->end[SERVER].connected && !ch->end[CLIENT].connected)
		transfer_spoil(s, ch, memory_text(broken_off)); /* it came from us, or went to us */
	return passes;
}

/* The command was refused, and left the connection as it was: it is the next one's, as direct. */
static void
transfer_returned(struct session *s, struct channel *ch)
{
	struct pending *next = transfer_of(s, ch);

	if (ch->end[SERVER].eof)
		channel_pass_eof(s, ch, CLIENT);
	ch->dir = DIR_NONE;
	ch->final = 0;
	ch->refused = true;
	ch->doubtful = false;
	if (next != NULL)
		transfer_take(s, ch, next);
	else if (s->current != ch)
		channel_close(s, ch);
}

/* Everything that this channel was for is over: let it go. What became of an upload is known
 * only when the server has said so. */
static void
channel_check_done(struct session *s, struct channel *ch)
{
	bool both = ch->end[CLIENT].connected && ch->end[SERVER].connected;

	if (ch->dead || !ch->owned || s->mode_b || transfer_of(s, ch) != NULL)
		return;
	if (!both || (ch->end[CLIENT].passed && ch->end[SERVER].passed &&
	    (ch->end[CLIENT].drained || ch->dir == DIR_UP)))
		channel_close(s, ch);
}

void
transfer_over(struct session *s, struct pending *p)
{
	struct channel *ch = channel_by_id(s, p->channel);
	bool answered = ch != NULL && ch->final != 0;

	p->channel = 0;
	if (ch == NULL)
		return;
	if (ch->broken) {
		channel_abort(s, ch, answered ? 0 : MASK(CLIENT));
		return;
	}
	if (!ch->owned) {
		transfer_returned(s, ch);
		return;
	}
	if (!answered && ch->end[SERVER].eof && !ch->end[CLIENT].passed && ch->dir == DIR_DOWN)
		channel_act(s, ch, ACT_CHECK, SERVER); /* nothing will come that says more */
	else
		channel_check_done(s, ch);
	if (!ch->dead && ch->timer == TIMER_STALL)
		channel_arm(s, ch, TIMER_NONE);
}

struct transfer_seen
transfer_seen(const struct session *s, bool arrives)
{
	struct transfer_seen seen = { 0 };
	const struct pending *p = NULL;
	const struct channel *ch;

	for (size_t i = 0; i < s->queue.count && (p == NULL || !p->sent); i++)
		p = queue_at(&s->queue, i);
	if (p == NULL || p->kind != PENDING_TRANSFER)
		return seen;
	ch = channel_by_id(s, p->channel);
	seen.late = p->aside;
	seen.moved = p->started || p->moved || p->aside ||
	    (ch != NULL && ch->dir == DIR_DOWN && ch->end[SERVER].moved);
	/* What was passed on after the reply had come is not what it speaks of. */
	seen.ended = ch == NULL || ch->end[SERVER].eof ||
	    (arrives && ch->dir == DIR_UP && ch->end[SERVER].passed);
	return seen;
}

/* ---- what happens to a channel ---- */

static void
transfer_connected(struct session *s, struct channel *ch, enum side end)
{
	ch->end[end].connected = true;
	if (ch->timer == TIMER_CONNECTION && ch->end[OTHER(end)].connected)
		channel_arm(s, ch, ch->lost ? TIMER_STALL : TIMER_NONE);
	if (ch->lost && ch->dir == DIR_UP && ch->end[OTHER(end)].connected)
		channel_abort(s, ch, broken_ends(s, ch));
	if (end == CLIENT && ch->timer == TIMER_OWNER)
		channel_arm(s, ch, TIMER_NONE);
}

static void
transfer_eof(struct session *s, struct channel *ch, const struct event *e)
{
	ch->end[e->end].eof = true;
	if (e->end == CLIENT) {
		ch->client = e->client;
		ch->end[CLIENT].came_back = ch->end[CLIENT].passed;
		client_ended(s, ch);
		return;
	}
	if (ch->dir == DIR_UP || (ch->dir == DIR_NONE && ch->refused) || s->mode_b) {
		channel_pass_eof(s, ch, CLIENT);
		return;
	}
	channel_pass_eof(s, ch, SERVER); /* ProFTPD lingers until it sees that */
	if (ch->final != 0 || ch->lost)
		download_ended(s, ch);
	else
		channel_arm(s, ch, TIMER_FINAL);
}

static void
client_reset(struct session *s, struct channel *ch)
{
	bool sends = ch->dir == DIR_UP || (ch->dir == DIR_NONE && ch->end[CLIENT].moved);

	if (!sends || ch->end[SERVER].passed)
		channel_abort(s, ch, 0);
	else if (ch->dir == DIR_UP)
		upload_broken(s, ch);
	else
		channel_abort(s, ch, BOTH_ENDS); /* STOR may still be on its way */
}

static void
server_reset(struct session *s, struct channel *ch)
{
	if (ch->dir == DIR_UP && ch->final >= 200 && ch->final < 300) {
		channel_close(s, ch); /* it has all that it wanted */
		return;
	}
	transfer_spoil(s, ch, memory_text(broken_off));
	client_fails(s, ch);
}

/* Nobody listened where we dialled, or nobody came. The client sees a reset at once, and the
 * server's own words, if they are not a success. */
static void
transfer_failed(struct session *s, struct channel *ch, const struct event *e)
{
	const char *why = e->reason != NULL ? e->reason : "nobody is there";
	struct pending *p = transfer_of(s, ch);
	bool cut = e->end == CLIENT && ch->dir == DIR_UP && ch->end[SERVER].connected;

	ch->end[e->end].dialled = false;
	if (ch->final >= 300 && transfer_of(s, ch) == NULL) {
		client_fails(s, ch);
		return;
	}
	transfer_spoil(s, ch, session_refusal(why));
	if (p != NULL && e->end == SERVER && session_is_forbidden(s, why))
		p->swallow = true;
	if (s->current == ch)
		snprintf(s->dead, sizeof(s->dead), "%.*s", (int)sizeof(s->dead) - 1, why);
	if (cut)
		upload_broken(s, ch);
	else
		client_fails(s, ch);
}

/* Somebody came to the client's listener, and nobody can tell who; the client had its time. */
static void
stranger_decide(struct session *s, struct channel *ch)
{
	static const char why[] = "whose connection came to it cannot be told";
	struct pending *p = transfer_of(s, ch);

	if (ch->strangers == 1 && ch->dir == DIR_UP) {
		channel_act(s, ch, ACT_TAKE, CLIENT);
		return;
	}
	if (p != NULL) {
		free(p->instead);
		p->instead = session_refusal(why);
		p->swallow = true;
	}
	channel_abort(s, ch, BOTH_ENDS);
}

static void
stranger_came(struct session *s, struct channel *ch, unsigned count)
{
	ch->strangers = count;
	if (ch->end[CLIENT].connected || transfer_of(s, ch) == NULL || ch->timer == TIMER_OWNER)
		return;
	if (!ch->owner_waited)
		channel_arm(s, ch, TIMER_OWNER);
}

/* A far client that pauses cannot be told later that what it has is not all: while ssh has not taken
 * everything, no success is passed on. */
static bool
far_client_pauses(const struct session *s, const struct channel *ch)
{
	return s->config.far[CLIENT] && ch->dir == DIR_DOWN && ch->final >= 200 && ch->final < 300 &&
	    channel_unsent(s, ch);
}

static void
stalled(struct session *s, struct channel *ch)
{
	bool failed = ch->lost || (ch->final >= 300 && transfer_of(s, ch) == NULL);

	if (channel_progress(s, ch) != ch->progress || far_client_pauses(s, ch))
		channel_arm(s, ch, TIMER_STALL);
	else if (failed)
		channel_abort(s, ch, MASK(CLIENT));
	else
		ch->stalled = true;
}

/* A client that dies behind more commands than are read: its end cannot be seen. */
static void
dying_over(struct session *s, struct channel *ch)
{
	if (ch->client == CLIENT_DIES && !s->ended[CLIENT] && session_room(s, CLIENT) == 0)
		upload_broken(s, ch);
	else if (s->ended[CLIENT])
		upload_ended(s, ch);
	else
		channel_pass_eof(s, ch, SERVER);
}

static void
transfer_timer(struct session *s, struct channel *ch)
{
	enum channel_timer timer = ch->timer;

	ch->timer = TIMER_NONE;
	switch (timer) {
	case TIMER_DYING:
		dying_over(s, ch);
		break;
	case TIMER_FINAL:
		if (ch->broken)
			channel_abort(s, ch, MASK(CLIENT));
		else
			channel_act(s, ch, ACT_CHECK, SERVER);
		break;
	case TIMER_STALL:
		stalled(s, ch);
		break;
	case TIMER_OWNER:
		ch->owner_waited = true;
		if (!ch->end[CLIENT].connected)
			stranger_decide(s, ch);
		break;
	case TIMER_RESET:
		channel_abort(s, ch, MASK(CLIENT));
		break;
	case TIMER_CONNECTION:
		ch->awaited = true;
		if (ch->lost)
			channel_abort(s, ch, broken_ends(s, ch));
		break;
	case TIMER_PORT:
	case TIMER_NONE:
		break;
	}
}

/* The final reply is late, or will not come: what waits behind the transfer need not. */
static void
transfer_alive(struct session *s, struct channel *ch)
{
	struct pending *p = transfer_of(s, ch);

	ch->proved = true;
	if (!ch->end[SERVER].eof || ch->end[CLIENT].passed || ch->dir == DIR_UP)
		return;
	if (p != NULL && ch->final == 0)
		p->aside = true;
	download_ended(s, ch);
}

static void
transfer_moves(struct session *s, struct channel *ch, enum side from)
{
	struct pending *p = transfer_of(s, ch);

	ch->end[from].moved = true;
	if (from == CLIENT || p == NULL)
		return;
	p->moved = true;
	transfer_own(s, ch, p);
}

void
transfer_event(struct session *s, struct channel *ch, const struct event *e)
{
	if (ch->broken && e->kind != EV_TIMER)
		return;
	switch (e->kind) {
	case EV_CONNECTED:
		transfer_connected(s, ch, e->end);
		break;
	case EV_FAILED:
		transfer_failed(s, ch, e);
		break;
	case EV_STRANGER:
		stranger_came(s, ch, e->port);
		break;
	case EV_MOVED:
		transfer_moves(s, ch, e->end);
		break;
	case EV_EOF:
		transfer_eof(s, ch, e);
		break;
	case EV_RESET:
		if (e->end == CLIENT)
			client_reset(s, ch);
		else
			server_reset(s, ch);
		break;
	case EV_DRAINED:
		ch->end[e->end].drained = true;
		if (e->end == CLIENT && ch->timer == TIMER_STALL && ch->dir == DIR_DOWN)
			channel_arm(s, ch, TIMER_STALL); /* ssh has it: as long again */
		break;
	case EV_ALIVE:
		transfer_alive(s, ch);
		break;
	case EV_TIMER:
		transfer_timer(s, ch);
		break;
	case EV_LISTENING:
		break;
	}
	channel_check_done(s, ch);
}

void
transfer_step(struct session *s)
{
	for (struct channel *ch = channel_next(s, NULL); ch != NULL; ch = channel_next(s, ch))
		if (ch->ready_to_reset && transfer_of(s, ch) == NULL &&
		    s->out.bytes[CLIENT].len == 0)
			channel_abort(s, ch, MASK(CLIENT));
}

/* ---- the end of a control connection ---- */

void
transfer_quit(struct session *s)
{
	for (struct channel *ch = channel_next(s, NULL); ch != NULL; ch = channel_next(s, ch))
		if (ch->timer == TIMER_DYING) {
			channel_pass_eof(s, ch, SERVER);
			channel_arm(s, ch, TIMER_NONE);
		}
}

/* What the server sent before its end still comes; then nobody says that it was all. */
static void
server_gone(struct session *s, struct channel *ch)
{
	bool failed = ch->final == 0 || ch->final >= 300;
	bool both = ch->end[CLIENT].connected && ch->end[SERVER].connected;

	if (!both && ch->final == 0 && transfer_of(s, ch) != NULL) {
		ch->owned = ch->lost = true; /* its connection may still be on its way */
		channel_arm(s, ch, TIMER_CONNECTION);
	} else if (!ch->owned && !both)
		channel_close(s, ch);
	else if (ch->end[CLIENT].passed && (ch->dir != DIR_UP || ch->end[SERVER].passed))
		channel_close(s, ch);
	else if (failed && (ch->dir != DIR_DOWN || ch->end[SERVER].eof || !both))
		channel_abort(s, ch, broken_ends(s, ch));
	else if (failed) {
		ch->lost = ch->final == 0;
		channel_arm(s, ch, TIMER_STALL);
	}
}

static void
client_gone(struct session *s, struct channel *ch)
{
	bool used = transfer_of(s, ch) != NULL || ch->owned;

	if (ch->timer == TIMER_DYING)
		upload_ended(s, ch);
	else if (!used && !(ch->end[CLIENT].connected && ch->end[SERVER].connected))
		channel_close(s, ch);
	else if (!used && ch->end[CLIENT].moved)
		channel_abort(s, ch, BOTH_ENDS);
}

void
transfer_control_ended(struct session *s, enum side side)
{
	for (struct channel *ch = channel_next(s, NULL); ch != NULL; ch = channel_next(s, ch))
		if (side == SERVER)
			server_gone(s, ch);
		else
			client_gone(s, ch);
}

bool
transfer_unfinished(const struct session *s)
{
	const struct channel *ch = channel_next(s, NULL);

	while (ch != NULL && !ch->owned)
		ch = channel_next(s, ch);
	return ch != NULL;
}

bool
transfer_stores(const struct session *s)
{
	const struct channel *ch = channel_next(s, NULL);

	while (ch != NULL && (ch->dir != DIR_UP || ch->final != 0))
		ch = channel_next(s, ch);
	return ch != NULL;
}

bool
transfer_uploads(const struct session *s)
{
	const struct channel *ch = channel_next(s, NULL);

	while (ch != NULL && (ch->dir != DIR_UP || ch->end[SERVER].passed || ch->final != 0))
		ch = channel_next(s, ch);
	return ch != NULL;
}

void
transfer_fail_all(struct session *s)
{
	for (struct channel *ch = channel_next(s, NULL); ch != NULL; ch = channel_next(s, ch))
		if (ch->dir == DIR_NONE || ch->end[CLIENT].passed ||
		    (ch->dir == DIR_UP && ch->end[SERVER].passed))
			channel_close(s, ch);
		else
			channel_abort(s, ch, broken_ends(s, ch));
}
