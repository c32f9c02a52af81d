#include "session/transfer.h"

#include <stdio.h>
#include <stdlib.h>

#include "session/ending.h"
#include "state/session_channel.h"

static void
transfer_connected(struct session *s, struct channel *ch, enum side end)
{
	ch->end[end].connected = true;
	if (ch->timer == TIMER_CONNECTION && ch->end[OTHER(end)].connected)
		channel_arm(s, ch, TIMER_NONE);
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
	if (ch->dir == DIR_UP || (ch->dir == DIR_NONE && ch->refused && !ch->owned) || s->mode_b) {
		channel_pass_eof(s, ch, CLIENT);
		return;
	}
	if (ch->final == 0 && !channel_may_go(s, ch, DIR_UP))
		channel_pass_eof(s, ch, SERVER); /* ProFTPD lingers until it sees that */
	else if (ch->final != 0)
		ch->end[SERVER].passed = true; /* who has said the last word sees it with our close */
	if (ch->final != 0 || ch->lost)
		download_ended(s, ch);
	else
		channel_arm(s, ch, TIMER_FINAL);
	if (ch->dir == DIR_NONE && !ch->owned)
		channel_act(s, ch, ACT_CHECK, SERVER); /* no transfer is known that could fail */
}

/* Where it was not the client itself, but ssh, the client may have seen a clean end. */
static void
client_reset(struct session *s, struct channel *ch, const struct event *e)
{
	bool sends = channel_may_go(s, ch, DIR_UP) ||
	    (ch->dir == DIR_NONE && ch->end[CLIENT].moved);

	if (s->config.far[CLIENT] && e->refusal != REFUSED_LATER)
		transfer_spoil(s, ch, NULL);
	if (!sends || ch->end[SERVER].passed)
		channel_abort(s, ch, 0);
	else if (ch->dir == DIR_UP || ch->owned)
		upload_broken(s, ch);
	else
		channel_abort(s, ch, BOTH_ENDS); /* STOR may still be on its way */
}

static void
server_reset(struct session *s, struct channel *ch, const struct event *e)
{
	if (ch->dir == DIR_DOWN && ch->end[SERVER].eof)
		return; /* it takes nothing from the client, which has all from it */
	if (ch->dir == DIR_UP && ch->final >= 200 && ch->final < 300) {
		channel_close(s, ch); /* it has all that it wanted */
		return;
	}
	/* what a server says of an upload is true if it was itself that has broken it off */
	if (ch->dir != DIR_UP || (s->config.far[SERVER] && e->refusal != REFUSED_LATER))
		transfer_spoil(s, ch, NULL);
	client_fails(s, ch);
}

/* Nobody listened where we dialled, or nobody came. The client sees a reset at once, and the
 * server's own words, if they are not a success. */
static void
transfer_failed(struct session *s, struct channel *ch, const struct event *e)
{
	const char *why = e->reason != NULL ? e->reason : "nobody is there";
	struct pending *p = channel_transfer(s, ch);
	bool cut = e->end == CLIENT && channel_may_go(s, ch, DIR_UP) && ch->end[SERVER].connected;

	ch->end[e->end].dialled = false;
	if (ch->final >= 300 && p == NULL) {
		client_fails(s, ch);
		return;
	}
	transfer_spoil(s, ch, why);
	if (p != NULL && e->refusal == REFUSED_FORBIDDEN)
		p->swallow = true;
	s->forbidden = e->refusal == REFUSED_FORBIDDEN;
	if (s->current == ch)
		snprintf(s->dead, sizeof(s->dead), "%.*s", (int)sizeof(s->dead) - 1, why);
	if (cut)
		upload_broken(s, ch);
	else if (e->end == CLIENT && ch->end[CLIENT].dials && channel_may_go(s, ch, DIR_UP))
		channel_abort(s, ch, broken_ends(s, ch)); /* the server's may be on its way */
	else
		client_fails(s, ch);
}

/* Somebody came to the client's listener, and nobody can tell who; the client had its time. */
static void
stranger_decide(struct session *s, struct channel *ch)
{
	static const char why[] = "whose connection came to it cannot be told";
	struct pending *p = channel_transfer(s, ch);
	bool down = ch->dir == DIR_DOWN || (ch->dir == DIR_NONE && ch->owned); /* or it may be one */

	if (ch->strangers == 1 && !down) {
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
	if (ch->end[CLIENT].connected || channel_transfer(s, ch) == NULL || ch->timer == TIMER_OWNER)
		return;
	if (!channel_waited(ch, TIMER_OWNER))
		channel_arm(s, ch, TIMER_OWNER);
}

/* A far client that pauses cannot be told later that what it has is not all: while ssh has not taken
 * everything, no success is passed on. */
static void
stalled(struct session *s, struct channel *ch)
{
	bool pauses = s->config.far[CLIENT] && ch->dir == DIR_DOWN && ch->final >= 200 &&
	    ch->final < 300 && channel_unsent(s, ch);

	if (channel_progress(s, ch) != ch->progress || pauses)
		channel_arm(s, ch, TIMER_STALL);
}

/* Behind more commands than we read, the end of a client that dies cannot be seen. */
static void
dying_over(struct session *s, struct channel *ch)
{
	if (ch->client == CLIENT_DIES && !s->ended[CLIENT] && s->in[CLIENT].len >= SESSION_IN_MAX)
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
	ch->waited |= 1U << timer;
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
		if (!ch->end[CLIENT].connected)
			stranger_decide(s, ch);
		break;
	case TIMER_DIAL:
		s->dials = true;
		break;
	case TIMER_CONNECTION:
		if (ch->lost)
			channel_abort(s, ch, broken_ends(s, ch));
		break;
	default:
		break;
	}
}

/* The final reply is late, or will not come: what waits behind the transfer need not. False: as transfer_event(). */
static bool
transfer_alive(struct session *s, struct channel *ch)
{
	struct pending *p = channel_transfer(s, ch);

	ch->unanswered -= ch->unanswered > 0;
	if (!ch->end[SERVER].eof || ch->end[CLIENT].passed || ch->dir == DIR_UP ||
	    (p != NULL && !channel_waited(ch, TIMER_FINAL))) /* something else was asked, before */
		return true;
	if (p != NULL && s->parted)
		return false;
	if (p != NULL && ch->final == 0)
		p->aside = true;
	download_ended(s, ch);
	return true;
}

static void
transfer_moves(struct session *s, struct channel *ch, enum side from)
{
	struct pending *p = channel_transfer(s, ch);

	ch->end[from].moved = true;
	if (ch->owned && ch->dir == DIR_NONE) {
		ch->dir = from == CLIENT ? DIR_UP : DIR_DOWN;
		channel_begin(s, ch);
	}
	if (from == CLIENT || p == NULL)
		return;
	p->moved = true;
	transfer_own(s, ch, p);
}

bool
transfer_event(struct session *s, struct channel *ch, const struct event *e)
{
	bool open = true;

	if (ch->broken && e->kind != EV_TIMER)
		return true;
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
			client_reset(s, ch, e);
		else
			server_reset(s, ch, e);
		break;
	case EV_DRAINED:
		ch->end[e->end].drained = true;
		if (e->end == CLIENT && ch->timer == TIMER_STALL && ch->dir == DIR_DOWN)
			channel_arm(s, ch, TIMER_STALL); /* ssh has it: as long again */
		break;
	case EV_ALIVE:
		open = transfer_alive(s, ch);
		break;
	case EV_TIMER:
		transfer_timer(s, ch);
		break;
	default:
		break;
	}
	transfer_check_done(s, ch);
	return open;
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

/* What the server sent before its end still comes; then nobody says that it was all. An upload goes on:
 * its server may read it to the end. */
static void
server_gone(struct session *s, struct channel *ch)
{
	bool failed = ch->final == 0 || ch->final >= 300;
	bool runs = ch->owned && channel_joined(ch) && !ch->end[SERVER].eof;

	if (!channel_joined(ch) && ch->final == 0 && channel_transfer(s, ch) != NULL) {
		ch->owned = ch->lost = true; /* its connection may still be on its way */
		channel_arm(s, ch, TIMER_CONNECTION);
	} else if (!ch->owned && !channel_joined(ch))
		channel_close(s, ch);
	else if (ch->end[CLIENT].passed && (ch->dir != DIR_UP || ch->end[SERVER].passed))
		channel_close(s, ch);
	else if (failed && (ch->dir == DIR_NONE || !runs))
		channel_abort(s, ch, broken_ends(s, ch));
	else if (failed && ch->dir == DIR_DOWN)
		ch->lost = ch->final == 0;
}

static void
client_gone(struct session *s, struct channel *ch)
{
	bool used = channel_transfer(s, ch) != NULL || ch->owned || ch->dir == DIR_UP;

	if (ch->timer == TIMER_DYING)
		upload_ended(s, ch);
	else if (!used && !channel_joined(ch) && queue_first_sent(&s->queue) == NULL)
		channel_close(s, ch); /* else the server may wait for it, and answers then */
	else if (!used && ch->end[CLIENT].moved)
		channel_abort(s, ch, BOTH_ENDS);
}

void
transfer_control_ended(struct session *s, enum side side)
{
	for (struct channel *ch = channel_next(s, NULL); ch != NULL; ch = channel_next(s, ch)) {
		if (!ch->end[CLIENT].moved && !ch->end[SERVER].moved)
			transfer_settle(s, ch);
		if (side == SERVER)
			server_gone(s, ch);
		else
			client_gone(s, ch);
	}
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
transfer_uploads(const struct session *s, bool unpassed)
{
	const struct channel *ch = channel_next(s, NULL);

	while (ch != NULL && (ch->dir != DIR_UP || ch->final != 0 ||
	    (!ch->owned && channel_transfer(s, ch) == NULL) || (unpassed && ch->end[SERVER].passed)))
		ch = channel_next(s, ch);
	return ch != NULL;
}

void
transfer_fail_all(struct session *s)
{
	for (struct channel *ch = channel_next(s, NULL); ch != NULL; ch = channel_next(s, ch)) {
		const struct end *receiver = &ch->end[ch->dir == DIR_UP ? SERVER : CLIENT];

		if (ch->dir == DIR_NONE ? !channel_may_go(s, ch, DIR_UP) : receiver->passed)
			channel_close(s, ch);
		else
			channel_abort(s, ch, broken_ends(s, ch));
	}
}
