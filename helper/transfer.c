/* Data channels: how their two ends come about, and how they may end.
 *
 * FTP's end of file is a FIN, so an EOF is passed on only when it is real. A download's
 * waits for the server's final reply: 2xx makes it an EOF, anything else (or none) a
 * reset. An upload's waits until it is clear that the client's control connection has
 * not ended with it: servers keep what came before an EOF as a complete file. */
#include <stdio.h>
#include <string.h>

#include "session_private.h"

#define EOF_CHECK_MS 3      /* a killed client closes both connections within a millisecond */
#define FINAL_WAIT_MS 10000 /* for the final reply behind a download's EOF */
#define STALL_MS 5000       /* a final reply waits for data no longer without progress */
#define BEGIN_MS 1000       /* a 1xx waits for the client's connection */
#define LOOK_MS 1           /* has a transfer that failed without a 1xx begun all the same? */

#define BOTH_ENDS ((1U << CLIENT) | (1U << SERVER))

struct channel *
channel_by_id(struct session *s, unsigned id)
{
	for (int i = 0; i < SESSION_CHANNELS; i++)
		if (s->channel[i].id == id && id != 0)
			return &s->channel[i];
	return NULL;
}

struct channel *
channel_new(struct session *s, enum ftp_verb client_verb)
{
	for (int i = 0; i < SESSION_CHANNELS; i++) {
		struct channel *ch = &s->channel[i];

		if (ch->id != 0)
			continue;
		memset(ch, 0, sizeof(*ch));
		if (++s->next_id == 0)
			s->next_id = 1;
		ch->id = s->next_id;
		ch->client_verb = client_verb;
		return ch;
	}
	return NULL;
}

void
channel_act(struct session *s, struct channel *ch, enum action_kind kind, enum side end)
{
	struct action a = { .kind = kind, .channel = ch->id, .end = end };

	session_act(s, &a);
}

static void
channel_arm_ms(struct session *s, struct channel *ch, enum channel_timer timer, unsigned ms)
{
	struct action a = { .kind = ACT_TIMER, .channel = ch->id, .ms = ms };

	ch->timer = timer;
	session_act(s, &a);
}

static void
channel_arm(struct session *s, struct channel *ch, enum channel_timer timer)
{
	static const unsigned ms[] = { 0, EOF_CHECK_MS, FINAL_WAIT_MS, STALL_MS, BEGIN_MS };

	channel_arm_ms(s, ch, timer, ms[timer]);
}

static void
channel_let_go(struct session *s, struct channel *ch)
{
	ch->closing = true;
	if (s->current == ch)
		s->current = NULL;
	setup_abandon(s, ch);
}

void
channel_close(struct session *s, struct channel *ch)
{
	if (ch->closing)
		return;
	channel_let_go(s, ch);
	channel_act(s, ch, ACT_CLOSE, CLIENT);
}

/* Who sends takes nothing for complete, and who fetches reads in the server's reply that it is
 * not: neither must wait for an end (see act_abort() in channel.c) before he looks. */
static bool
client_is_told(const struct channel *ch)
{
	return ch->dir == DIR_UP || ch->final >= 300;
}

static void
channel_abort(struct session *s, struct channel *ch, unsigned mask)
{
	bool due = !ch->connected[SERVER] && (ch->dialled[SERVER] || !channel_dials(ch, SERVER));
	struct action a = { .kind = ACT_ABORT, .channel = ch->id, .mask = mask, .due = due,
		.told = client_is_told(ch) };

	if (ch->closing)
		return;
	channel_let_go(s, ch);
	for (size_t i = 0; i < s->queue.count; i++)
		if (queue_at(&s->queue, i)->channel == ch->id)
			queue_at(&s->queue, i)->broken = true;
	session_act(s, &a);
}

static void
channel_pass_eof(struct session *s, struct channel *ch, enum side end)
{
	if (ch->passed[end] || ch->closing)
		return;
	ch->passed[end] = true;
	channel_act(s, ch, ACT_EOF, end);
}

static struct action
dial_action(const struct channel *ch, enum side end)
{
	bool bulk = end == SERVER && ch->late && ch->dir == DIR_DOWN && ch->size >= BULK_BYTES;

	return (struct action){ .kind = ACT_DIAL, .channel = ch->id, .end = end, .bulk = bulk,
		.address = end == CLIENT ? ch->client_addr : ch->server_addr };
}

static void
channel_dial(struct session *s, struct channel *ch, enum side end)
{
	struct action a = dial_action(ch, end);

	if (ch->dialled[end] || ch->closing)
		return;
	ch->dialled[end] = true;
	session_act(s, &a);
}

bool
session_dials_next(const struct session *s, const struct action *listen, struct action *dial)
{
	const struct channel *ch = channel_by_id((struct session *)s, listen->channel);
	enum side other = OTHER(listen->end);

	if (ch == NULL || ch->closing || ch->late || ch->dialled[other] || !channel_dials(ch, other) ||
	    channel_dials(ch, listen->end))
		return false;
	*dial = dial_action(ch, other);
	return dial->address.port != 0;
}

/* ---- how it begins ---- */

/* The command is sent, or its setup done (a pipelined one is sent before): both are needed. */
void
transfer_prepared(struct session *s, struct channel *ch)
{
	bool waited = channel_dials(ch, CLIENT) || (ch->late && ch->connected[CLIENT]);

	if (ch->transferring && waited && channel_dials(ch, SERVER) && ch->server_addr.port != 0)
		channel_dial(s, ch, SERVER);
}

/* Where one end listens, who comes there makes us dial the other, at once or (late) when the
 * command has shown what it will be for. Where both dial, the
 * server is dialled with the transfer command (it sends 150 only when the connection is
 * there), the client when the transfer has begun: a refused one leaves no trace. */
void
transfer_command(struct session *s, const struct ftp_command *c, const char *line, size_t len)
{
	struct pending *p = queue_push(&s->queue, PENDING_TRANSFER);
	struct channel *ch = s->current;

	session_send(s, SERVER, line, len);
	if (ch == NULL)
		return;
	s->current = NULL;
	p->channel = ch->id;
	ch->transferring = true;
	ch->dir = c->verb == FTP_STOR ? DIR_UP : DIR_DOWN;
	ch->listing = c->verb == FTP_LIST;
	if (c->verb == FTP_RETR && c->arg_len == strlen(s->sized) &&
	    memcmp(c->arg, s->sized, c->arg_len) == 0) {
		ch->size = s->size;
		s->size = 0;
	}
	snprintf(ch->transfer, sizeof(ch->transfer), "%.*s",
	    (int)(len < sizeof(ch->transfer) ? len : sizeof(ch->transfer) - 1), line);
	transfer_prepared(s, ch);
}

/* A small upload can be sent and closed before the listener has accepted it, and whose a
 * closed socket was nobody can tell: so the client is told to begin when it is there. With
 * the server in passive mode it always is; an active one does not wait for it. */
bool
transfer_lacks_client(struct session *s, unsigned id)
{
	const struct channel *ch = channel_by_id(s, id);

	return ch != NULL && !ch->closing && !channel_dials(ch, CLIENT) && !ch->connected[CLIENT];
}

bool
transfer_begin_waits(struct session *s, struct channel *ch)
{
	if (transfer_lacks_client(s, ch->id) && !ch->begin_waited) {
		ch->begin_waited = true;
		channel_arm(s, ch, TIMER_BEGIN);
	} else if (!transfer_lacks_client(s, ch->id) && ch->timer == TIMER_BEGIN)
		channel_arm(s, ch, TIMER_NONE);
	return ch->timer == TIMER_BEGIN;
}

void
transfer_started(struct session *s, struct channel *ch)
{
	ch->started = true;
	if (channel_dials(ch, CLIENT) && channel_dials(ch, SERVER))
		channel_dial(s, ch, CLIENT);
}

static void
transfer_connected(struct session *s, struct channel *ch, enum side end)
{
	ch->connected[end] = true;
	if (!channel_dials(ch, end) && channel_dials(ch, OTHER(end)) &&
	    (!ch->late || ch->transferring))
		channel_dial(s, ch, OTHER(end));
}

/* ---- how it ends ---- */

/* An upload that broke on the client's side while the session lives: the server must not
 * see an end of file, so the session ends and the channel is held open. */
static void
upload_broken(struct session *s, struct channel *ch)
{
	channel_abort(s, ch, BOTH_ENDS);
	session_fail(s, "the upload was cut off");
}

static bool
abort_pending(struct session *s)
{
	for (size_t i = 0; i < s->queue.count; i++)
		if (queue_at(&s->queue, i)->kind == PENDING_ABOR)
			return true;
	return false;
}

/* The server has closed a download's data connection. */
static void
download_ended(struct session *s, struct channel *ch)
{
	channel_pass_eof(s, ch, SERVER); /* ProFTPD lingers until it sees that */
	if (ch->final == 0 && !s->mode_b) {
		if (ch->timer != TIMER_FINAL)
			channel_arm(s, ch, TIMER_FINAL);
		return;
	}
	/* ProFTPD says 150 before it finds that there is nothing to list; to a client that has a
	 * reset here its 450 would be lost */
	if (ch->final < 300 || (ch->bytes == 0 && (!ch->started || ch->listing)) || ch->aborted)
		channel_pass_eof(s, ch, CLIENT);
	else
		channel_abort(s, ch, 1U << CLIENT);
}

/* The client has ended both of its connections. It has gone, or only says no more and still reads:
 * then what it has must not look whole. */
static void
download_unwanted(struct session *s, struct channel *ch)
{
	if (ch->passed[CLIENT])
		channel_close(s, ch);
	else
		channel_abort(s, ch, 1U << CLIENT);
}

/* The end of a control connection that is full of commands cannot be read. */
static bool
dies_unread(const struct session *s, const struct channel *ch)
{
	return ch->dies && !s->ended[CLIENT] && session_room(s, CLIENT) == 0;
}

static void
upload_ended(struct session *s, struct channel *ch)
{
	if (dies_unread(s, ch) && !s->quit)
		upload_broken(s, ch);
	else if (s->ended[CLIENT] && !s->quit)
		channel_abort(s, ch, BOTH_ENDS);
	else
		channel_pass_eof(s, ch, SERVER);
}

static void
transfer_eof(struct session *s, struct channel *ch, const struct event *e)
{
	enum side end = e->end;

	ch->eof[end] = true;
	ch->dies = e->dies_ms > 0;
	s->small = e->bytes < BULK_BYTES;
	if (ch->dir == DIR_DOWN && end == CLIENT && s->ended[CLIENT])
		download_unwanted(s, ch);
	else if (ch->dir == DIR_DOWN && end == SERVER)
		download_ended(s, ch);
	else if (end == CLIENT && ch->dir != DIR_DOWN && !s->ended[CLIENT])
		channel_arm_ms(s, ch, TIMER_EOF, e->dies_ms > 0 ? e->dies_ms : EOF_CHECK_MS);
	else if (end == CLIENT && ch->dir != DIR_DOWN)
		upload_ended(s, ch);
	else
		channel_pass_eof(s, ch, OTHER(end));
}

/* The client's, before any command: that may be STOR, still on its way. */
static void
transfer_reset(struct session *s, struct channel *ch, enum side end)
{
	if (ch->dir != DIR_DOWN && end == CLIENT && !ch->passed[SERVER]) {
		if (ch->dir == DIR_UP && ch->final == 0)
			upload_broken(s, ch);
		else
			channel_abort(s, ch, BOTH_ENDS);
	} else if (end == SERVER)
		channel_abort(s, ch, 1U << CLIENT);
	else
		channel_close(s, ch);
}

/* Nobody listened where we dialled, or nobody came. The server's own reply tells the
 * client; only an upload whose client could not be reached must not end as an empty file. */
static void
transfer_failed(struct session *s, struct channel *ch, enum side end)
{
	if (ch->dir == DIR_UP && end == CLIENT && ch->connected[SERVER])
		upload_broken(s, ch);
	else
		channel_abort(s, ch, 1U << CLIENT);
}

static void
transfer_timer(struct session *s, struct channel *ch, uint64_t bytes)
{
	bool progress = bytes != ch->bytes;
	enum channel_timer timer = ch->timer;

	ch->bytes = bytes;
	ch->timer = TIMER_NONE;
	switch (timer) {
	case TIMER_EOF:
		upload_ended(s, ch);
		break;
	case TIMER_FINAL:
		channel_abort(s, ch, 1U << CLIENT);
		break;
	case TIMER_STALL:
		if (progress)
			channel_arm(s, ch, TIMER_STALL);
		break; /* else transfer_settled() sees that no timer runs */
	case TIMER_BEGIN:
	case TIMER_NONE:
		break;
	}
}

/* Everything that this channel was for is over: let it go. What became of an upload is known
 * only when the server has said so. */
static void
transfer_check_done(struct session *s, struct channel *ch)
{
	if (ch->closing || (ch->dir == DIR_UP && ch->final == 0 && !s->mode_b))
		return;
	if (ch->passed[CLIENT] && ch->passed[SERVER] && (ch->drained || ch->dir != DIR_DOWN))
		channel_close(s, ch);
}

void
transfer_event(struct session *s, struct channel *ch, const struct event *e)
{
	switch (e->kind) {
	case EV_CONNECTED:
		transfer_connected(s, ch, e->end);
		break;
	case EV_FAILED:
		transfer_failed(s, ch, e->end);
		break;
	case EV_EOF:
		ch->bytes = e->bytes;
		transfer_eof(s, ch, e);
		break;
	case EV_RESET:
		transfer_reset(s, ch, e->end);
		break;
	case EV_DRAINED:
		if (e->end == CLIENT)
			ch->drained = true;
		break;
	case EV_TIMER:
		transfer_timer(s, ch, e->bytes);
		break;
	case EV_CLOSED:
		ch->id = 0;
		return;
	case EV_LISTENING:
		break;
	}
	transfer_check_done(s, ch);
}

/* ---- the final reply ---- */

/* Refused before it began, or ACCT is wanted first (332): there will be no data, unless it is one
 * of the servers that send no 1xx. */
static bool
download_refused(struct session *s, struct channel *ch)
{
	if (ch->connected[CLIENT] && ch->connected[SERVER] && !ch->looked) {
		ch->looked = true;
		channel_arm_ms(s, ch, TIMER_STALL, LOOK_MS);
		return false;
	}
	if (ch->timer == TIMER_STALL && ch->bytes == 0 && ch->looked)
		return false;
	if (ch->bytes > 0)
		channel_abort(s, ch, 1U << CLIENT);
	else
		channel_close(s, ch);
	return true;
}

static bool
download_settled(struct session *s, struct channel *ch)
{
	ch->aborted |= abort_pending(s);
	if (ch->final < 300 && !ch->started)
		transfer_started(s, ch); /* no 1xx came: the client may still have to be dialled */
	if (ch->eof[SERVER] && !ch->passed[CLIENT])
		download_ended(s, ch);
	if (ch->closing || (ch->passed[CLIENT] && ch->drained))
		return true;
	if (ch->final >= 300 && !ch->started && !ch->eof[SERVER])
		return download_refused(s, ch);
	/* Who has sent ABOR may not read data any more before the reply is there. */
	return ch->aborted;
}

static bool
upload_settled(struct session *s, struct channel *ch)
{
	if (ch->final >= 300)
		channel_abort(s, ch, 1U << CLIENT);
	return ch->closing || ch->passed[SERVER];
}

bool
transfer_settled(struct session *s, struct channel *ch, int *code)
{
	bool settled;

	if (ch->closing || s->mode_b)
		return true;
	if (ch->final == 0) {
		ch->final = *code;
		if (ch->timer != TIMER_EOF)
			channel_arm(s, ch, TIMER_STALL);
	}
	settled = ch->dir == DIR_UP ? upload_settled(s, ch) : download_settled(s, ch);
	transfer_check_done(s, ch);
	if (settled || ch->timer != TIMER_NONE)
		return settled;
	/* Nothing has moved for the whole time. A slow reader keeps its connection; what the
	 * server took for complete before the client's end of file is not, nor is what it sent
	 * and the client never fetched. */
	if (ch->final < 300 &&
	    (ch->dir == DIR_UP || (ch->connected[SERVER] && !ch->connected[CLIENT])))
		*code = 426;
	if (*code >= 300)
		channel_abort(s, ch, 1U << CLIENT);
	else if (!ch->connected[CLIENT] || !ch->connected[SERVER])
		channel_close(s, ch);
	return true;
}

/* ---- the end of a control connection ---- */

/* Which ends must not take what they have for complete. */
static unsigned
broken_ends(const struct channel *ch)
{
	return ch->dir == DIR_UP && !ch->passed[SERVER] ? BOTH_ENDS : 1U << CLIENT;
}

void
transfer_control_ended(struct session *s, enum side side)
{
	bool more = side == CLIENT && s->in[CLIENT].len > 0; /* commands that may use it */

	for (int i = 0; i < SESSION_CHANNELS; i++) {
		struct channel *ch = &s->channel[i];

		if (ch->id == 0 || ch->closing)
			continue;
		if (!ch->transferring && !(ch->connected[CLIENT] && ch->connected[SERVER])) {
			if (!more)
				channel_close(s, ch);
		} else if (side == SERVER && (ch->final == 0 || ch->final >= 300))
			channel_abort(s, ch, broken_ends(ch));
		else if (side == CLIENT && ch->timer == TIMER_EOF)
			upload_ended(s, ch);
		else if (side == CLIENT && ch->dir == DIR_DOWN && ch->eof[CLIENT])
			download_unwanted(s, ch);
	}
}

void
transfer_fail_all(struct session *s)
{
	for (int i = 0; i < SESSION_CHANNELS; i++) {
		struct channel *ch = &s->channel[i];

		if (ch->id == 0 || ch->closing)
			continue;
		if (ch->dir == DIR_NONE || ch->passed[CLIENT] || (ch->dir == DIR_UP && ch->passed[SERVER]))
			channel_close(s, ch);
		else
			channel_abort(s, ch, broken_ends(ch));
	}
}
