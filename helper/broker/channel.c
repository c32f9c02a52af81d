#include "broker/channel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/channel_private.h"
#include "broker/client_process.h"
#include "ends/keep.h"
#include "base/loop.h"
#include "base/memory.h"

#define LINGER_MS 5000 /* for the peer to close after our FIN */
#define DUE_MS 10000   /* for an end that may be on its way */

/* ---- telling the session ---- */

static enum client_state
client_state(const struct data_channel *ch)
{
	return ch->hooks->far[CLIENT] ? CLIENT_UNKNOWN : client_process_state(ch->hooks->client_process);
}

static void
tell(struct leg *leg, struct event *e)
{
	struct data_channel *ch = leg->channel;

	if (ch->left)
		return;
	e->channel = ch->id;
	e->end = leg->side;
	if (leg->side == CLIENT && (e->kind == EV_EOF || e->kind == EV_RESET))
		e->client = client_state(ch);
	ch->hooks->event(ch->hooks->arg, e, leg->turn);
}

void
leg_tell(struct data_channel *ch, enum event_kind kind, enum side side)
{
	tell(&ch->leg[side], &(struct event){ .kind = kind });
}

static void
tell_failed(struct leg *leg, const char *reason)
{
	tell(leg, &(struct event){ .kind = EV_FAILED, .reason = reason });
}

/* ---- ends ---- */

void
leg_close(struct leg *leg)
{
	if (leg->check != NULL)
		leg->check->leg = NULL;
	leg->check = NULL;
	stream_free(leg->stream);
	leg->stream = NULL;
	relay_free(&leg->relay);
}

void
leg_refused(struct leg *leg, const char *reason)
{
	leg_close(leg);
	leg->state = LEG_NONE;
	leg->ended = leg->broken = leg->relay.ended = false;
	tell_failed(leg, reason);
}

static void
leg_listen(struct leg *leg, const struct channel_want *want)
{
	struct end *end = leg->channel->hooks->end[leg->side];

	leg->state = LEG_LISTENING;
	if (end->ops->listen(end, leg->channel->id, want->family))
		return;
	leg->state = LEG_NONE;
	tell_failed(leg, strerror(errno));
}

static void
leg_dial(struct leg *leg)
{
	struct end *end = leg->channel->hooks->end[leg->side];

	leg->state = LEG_DIALLING;
	if (end->ops->dial(end, leg->channel->id, leg->want.host, leg->want.port))
		return;
	leg->state = LEG_NONE;
	tell_failed(leg, strerror(errno));
}

/* Whatever this end was to become. */
static void
leg_drop(struct leg *leg)
{
	struct end *end = leg->channel->hooks->end[leg->side];

	if (leg->state == LEG_LISTENING || leg->state == LEG_DIALLING)
		end->ops->cancel(end, leg->channel->id);
	leg_close(leg);
	leg->state = LEG_NONE;
	leg->due = false;
}

/* ---- what is asked for ---- */

bool
data_channel_open(struct data_channel *ch, const struct channel_want want[2])
{
	if (ch->left)
		return false;
	for (int side = CLIENT; side <= SERVER; side++)
		if (want[side].verb != END_NONE && ch->leg[side].state != LEG_NONE)
			return false;
	for (int side = CLIENT; side <= SERVER; side++)
		if (want[side].verb == END_LISTEN)
			leg_listen(&ch->leg[side], &want[side]);
	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];

		if (want[side].verb != END_DIAL)
			continue;
		leg->want = want[side];
		if (ch->leg[OTHER(side)].state == LEG_LISTENING)
			leg->state = LEG_WAITING;
		else
			leg_dial(leg);
	}
	return true;
}

/* ---- what the ends answer ---- */

static void
channel_over(struct data_channel *ch)
{
	ch->hooks->over(ch->hooks->arg, ch);
}

static void
left_if_empty(struct data_channel *ch)
{
	for (int side = CLIENT; side <= SERVER; side++)
		if (ch->leg[side].stream != NULL || ch->leg[side].due)
			return;
	channel_over(ch);
}

/* Let go of: what a peer still sends is thrown away until it closes. */
static void
left_event(void *arg, enum stream_event event, const char *reason)
{
	struct leg *leg = arg;
	ssize_t n = stream_discard(leg->stream);

	(void)event;
	(void)reason;
	if (n > 0 || (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)))
		return;
	/* one that had ended its side before may read on; one that ends it now has given up */
	if (n == 0 && leg->held && leg->ended && stream_half_closed(leg->stream) &&
	    !stream_closed(leg->stream)) {
		stream_wait(leg->stream, leg->stream->channel != NULL, false);
		return;
	}
	leg_close(leg);
	left_if_empty(leg->channel);
}

static void
left_watch(struct leg *leg)
{
	stream_owner(leg->stream, left_event, leg);
	stream_wait(leg->stream, true, false);
}

static void
left_over(void *arg)
{
	struct data_channel *ch = arg;

	ch->end = NULL;
	channel_over(ch);
}

static void
left_until(struct data_channel *ch, unsigned ms)
{
	timer_free(ch->end);
	ch->end = loop_timer(ch->hooks->loop, ms, left_over, ch);
}

/* It was broken off while this end was on its way: the server must not take that for its end. */
static void
due_connected(struct leg *leg, struct stream *stream)
{
	leg->due = false;
	leg->held = true;
	leg->stream = stream;
	left_watch(leg);
	left_until(leg->channel, leg->channel->hooks->abort_hold_ms);
}

/* Should this process be killed, ssh would take the end of its socket for the file's. */
static void
channel_keep(struct data_channel *ch)
{
	const struct leg *leg = &ch->leg[SERVER];

	if (ch->kept || !ch->upload || !ch->hooks->far[SERVER] || !relay_running(ch) ||
	    leg->stream->fd == -1 || ch->hooks->keep == NULL)
		return;
	keep_upload(ch->hooks->keep, ch->id, leg->stream->fd);
	ch->kept = true;
}

static void
leg_connected(struct leg *leg, struct stream *stream)
{
	struct data_channel *ch = leg->channel;
	struct leg *other = &ch->leg[OTHER(leg->side)];

	leg->dialled = leg->state == LEG_DIALLING && ch->hooks->far[leg->side] &&
	    stream->fd != -1;
	leg->state = LEG_CONNECTED;
	leg->stream = stream;
	leg_tell(ch, EV_CONNECTED, leg->side);
	if (other->state == LEG_WAITING)
		leg_dial(other);
	if (!relay_running(ch)) {
		if (leg->dialled)
			relay_awaits(leg);
		return;
	}
	channel_keep(ch);
	relay_start(ch);
}

static void
leg_failed(struct leg *leg, const char *reason)
{
	struct leg *other = &leg->channel->leg[OTHER(leg->side)];

	leg->state = LEG_NONE;
	if (other->state == LEG_WAITING)
		other->state = LEG_NONE;
	if (leg->due) {
		leg->due = false;
		left_if_empty(leg->channel);
		return;
	}
	tell_failed(leg, reason);
}

void
data_channel_result(struct data_channel *ch, enum side side, const struct end_result *r)
{
	struct leg *leg = &ch->leg[side];

	switch (r->event) {
	case END_CONNECTED:
		if (leg->due)
			due_connected(leg, r->stream);
		else if (ch->left || leg->stream != NULL)
			stream_free(r->stream);
		else
			leg_connected(leg, r->stream);
		break;
	case END_FAILED:
		leg_failed(leg, r->reason);
		break;
	case END_LISTENING:
		tell(leg, &(struct event){ .kind = EV_LISTENING, .port = r->port });
		break;
	case END_STRANGER:
		tell(leg, &(struct event){ .kind = EV_STRANGER, .port = r->port });
		break;
	case END_GONE:
		break;
	}
}

/* ---- ending ---- */

static void
channel_leave(struct data_channel *ch)
{
	relay_stop(ch);
	ch->left = true;
	if (ch->place != -1)
		counts_end(ch->hooks->counts, ch->place);
	ch->place = -1;
}

static void
channel_unkeep(struct data_channel *ch)
{
	if (ch->kept)
		keep_release(ch->hooks->keep, ch->id);
	ch->kept = false;
}

/* Done with: an end that got our FIN may still close in its own time, so that unread input
 * does not turn our close into a reset. Who has never sent anything needs no such care. */
static void
act_close(struct data_channel *ch)
{
	channel_leave(ch);
	channel_unkeep(ch);
	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];
		bool broken = leg->reset;

		if (leg->state != LEG_CONNECTED || leg->stream == NULL) {
			leg_drop(leg);
			continue;
		}
		if (!broken)
			stream_eof(leg->stream);
		if (broken || leg->ended || (leg->relay.bytes == 0 && !ch->hooks->far[side]))
			leg_close(leg);
		else
			left_watch(leg);
	}
	left_until(ch, LINGER_MS);
	left_if_empty(ch);
}

/* Through ssh every close is an end of file: an end that must not take it for a good one has its
 * connection kept open, mute, until it gives up. One that is on its way may be taken for an upload's
 * whole file, too. */
static bool
leg_abort(struct leg *leg, bool broken)
{
	struct data_channel *ch = leg->channel;
	bool far = ch->hooks->far[leg->side];

	if (leg->stream == NULL) {
		leg->due = broken && far && leg->side == SERVER && ch->begun && ch->upload &&
		    (leg->state == LEG_DIALLING || leg->state == LEG_LISTENING);
		if (!leg->due)
			leg_drop(leg);
		return leg->due;
	}
	if (broken && far && !leg->draining) {
		leg->held = true;
		left_watch(leg);
		return true;
	}
	if (broken) {
		stream_reset(leg->stream);
		leg->stream = NULL;
	} else
		stream_eof(leg->stream);
	leg_close(leg);
	return false;
}

static void
act_abort(struct data_channel *ch, unsigned mask)
{
	bool held[2], due = false;

	channel_leave(ch);
	for (int side = CLIENT; side <= SERVER; side++) {
		held[side] = leg_abort(&ch->leg[side], (mask & (1U << side)) != 0);
		due |= ch->leg[side].due;
	}
	if (!held[SERVER])
		channel_unkeep(ch);
	if (held[CLIENT] || held[SERVER])
		left_until(ch, due ? DUE_MS : ch->hooks->abort_hold_ms);
	else
		channel_over(ch);
}

static void
act_cancel(struct data_channel *ch, enum side side)
{
	if (ch->leg[OTHER(side)].state == LEG_WAITING)
		ch->leg[OTHER(side)].state = LEG_NONE;
	leg_drop(&ch->leg[side]);
}

static void
act_take(struct data_channel *ch, enum side side)
{
	struct end *end = ch->hooks->end[side];

	if (ch->leg[side].state != LEG_LISTENING || end->ops->take(end, ch->id))
		return;
	leg_drop(&ch->leg[side]);
	tell_failed(&ch->leg[side], "nobody is there any more");
}

static void
act_begin(struct data_channel *ch, bool upload)
{
	ch->upload = upload;
	channel_keep(ch);
	relay_begin(ch);
}

static void
act_eof(struct leg *leg)
{
	if (leg->stream == NULL || leg->draining)
		return;
	leg_pass_eof(leg);
	if (leg->side == SERVER)
		channel_unkeep(leg->channel);
}

void
data_channel_act(struct data_channel *ch, const struct action *a)
{
	struct leg *leg = &ch->leg[a->end];

	if (ch->left)
		return;
	switch (a->kind) {
	case ACT_CANCEL: act_cancel(ch, a->end); break;
	case ACT_BEGIN:  act_begin(ch, a->upload); break;
	case ACT_TAKE:   act_take(ch, a->end); break;
	case ACT_EOF:    act_eof(leg); break;
	case ACT_CLOSE:  act_close(ch); break;
	case ACT_ABORT:  act_abort(ch, a->mask); break;
	default:         break;
	}
}

/* Only the receiver of a transfer that has begun can take its end for a file's. */
void
data_channel_break_off(struct data_channel *ch)
{
	const enum side receiver = ch->upload ? SERVER : CLIENT;
	unsigned mask = 0;

	for (int side = CLIENT; side <= SERVER; side++)
		if (!ch->hooks->far[side] || (ch->begun && (enum side)side == receiver))
			mask |= 1U << side;
	if (!ch->left)
		act_abort(ch, mask);
}

void
data_channel_look(struct data_channel *ch)
{
	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];

		if (ch->left && leg->stream != NULL && stream_closed(leg->stream))
			leg_close(leg);
		else if (!ch->left)
			leg_pump(leg);
	}
	if (ch->left)
		left_if_empty(ch);
}

/* ---- life ---- */

struct data_channel *
data_channel_new(unsigned id, const struct channel_hooks *hooks)
{
	struct data_channel *ch = memory_new(sizeof(*ch));

	if (ch == NULL)
		return NULL;
	ch->id = id;
	ch->hooks = hooks;
	ch->place = hooks->counts != NULL ? counts_begin(hooks->counts, id) : -1;
	if (hooks->counts != NULL && ch->place == -1) {
		free(ch);
		return NULL;
	}
	for (int side = CLIENT; side <= SERVER; side++) {
		ch->leg[side].channel = ch;
		ch->leg[side].side = (enum side)side;
	}
	return ch;
}

void
data_channel_free(struct data_channel *ch)
{
	if (ch == NULL)
		return;
	if (!ch->left)
		channel_leave(ch);
	channel_unkeep(ch);
	timer_free(ch->end);
	leg_drop(&ch->leg[CLIENT]);
	leg_drop(&ch->leg[SERVER]);
	free(ch);
}

unsigned
data_channel_id(const struct data_channel *ch)
{
	return ch->id;
}

void
data_channel_turn(struct data_channel *ch, enum side side, unsigned turn)
{
	ch->leg[side].turn = turn;
}
