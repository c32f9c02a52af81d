#include "broker/channel_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/memory.h"
#include "broker/client_process.h"
#include "ends/keep.h"

/* ---- telling the session ---- */

static void
tell(struct leg *leg, struct event *e)
{
	struct data_channel *ch = leg->channel;

	if (ch->left)
		return;
	e->channel = ch->id;
	e->end = leg->side;
	e->turn = leg->turn;
	if ((e->kind == EV_EOF || e->kind == EV_RESET) && leg->side == CLIENT &&
	    !ch->hooks->far[CLIENT] && (ch->upload || leg->moved))
		e->client = client_process_state(ch->hooks->client_process);
	ch->hooks->event(ch->hooks->arg, e);
}

void
leg_tell(struct leg *leg, enum event_kind kind)
{
	tell(leg, &(struct event){ .kind = kind });
}

void
leg_tell_failed(struct leg *leg, enum event_kind kind, const char *reason, enum refusal refusal)
{
	tell(leg, &(struct event){ .kind = kind, .reason = reason, .refusal = refusal });
}

/* ---- ends ---- */

void
leg_close(struct leg *leg)
{
	leg->checking = false;
	stream_free(leg->stream);
	leg->stream = NULL;
	relay_free(&leg->relay);
}

void
leg_drop(struct leg *leg)
{
	if (leg->state == LEG_LISTENING || leg->state == LEG_DIALLING)
		leg->end->ops->cancel(leg->end, leg->channel->id);
	leg_close(leg);
	leg->state = LEG_NONE;
	leg->due = false;
}

/* The answer comes later, unless it cannot even begin. */
static void
leg_begin(struct leg *leg, const struct channel_want *want)
{
	struct end *end = leg->end;
	unsigned id = leg->channel->id;
	bool listens = want->verb == END_LISTEN;

	leg->state = listens ? LEG_LISTENING : LEG_DIALLING;
	if (listens ? end->ops->listen(end, id, want->family) :
	    end->ops->dial(end, id, want->host, want->port))
		return;
	leg->state = LEG_NONE;
	leg_tell_failed(leg, EV_FAILED, strerror(errno), REFUSED);
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
			leg_begin(&ch->leg[side], &want[side]);
	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];

		if (want[side].verb != END_DIAL)
			continue;
		leg->want = want[side];
		if (ch->leg[OTHER(side)].state == LEG_LISTENING)
			leg->state = LEG_WAITING;
		else
			leg_begin(leg, &leg->want);
	}
	return true;
}

/* ---- what the ends answer ---- */

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
	leg_tell(leg, EV_CONNECTED);
	if (other->state == LEG_WAITING)
		leg_begin(other, &other->want);
	if (relay_running(ch)) {
		channel_keep(ch);
		relay_start(ch);
	} else if (leg->dialled)
		leg_awaits(leg);
}

static void
leg_failed(struct leg *leg, const struct end_result *r)
{
	struct leg *other = &leg->channel->leg[OTHER(leg->side)];

	leg->state = LEG_NONE;
	if (other->state == LEG_WAITING)
		other->state = LEG_NONE;
	if (leg->due) {
		due_failed(leg);
		return;
	}
	leg_tell_failed(leg, EV_FAILED, r->reason, r->refusal);
}

void
data_channel_result(struct data_channel *ch, enum side side, const struct end_result *r)
{
	struct leg *leg;

	if (ch == NULL) {
		stream_free(r->stream);
		return;
	}
	leg = &ch->leg[side];
	switch (r->event) {
	case EV_CONNECTED:
		if (leg->due)
			due_connected(leg, r->stream);
		else if (ch->left || leg->stream != NULL)
			stream_free(r->stream);
		else
			leg_connected(leg, r->stream);
		break;
	case EV_FAILED:
		leg_failed(leg, r);
		break;
	case EV_ALIVE:
	case EV_DEAD:
		if (leg->checking && r->asked == leg->stream)
			leg_checked(leg, r->event == EV_ALIVE);
		break;
	default:
		tell(leg, &(struct event){ .kind = r->event, .port = r->port });
	}
}

/* ---- what is done with it ---- */

static void
act_take(struct leg *leg)
{
	const struct end_ops *ops = leg->end->ops;

	if (leg->state != LEG_LISTENING ||
	    (ops->take != NULL && ops->take(leg->end, leg->channel->id)))
		return;
	leg_drop(leg);
	leg_tell_failed(leg, EV_FAILED, "nobody is there any more", REFUSED);
}

void
data_channel_act(struct data_channel *ch, const struct action *a)
{
	struct leg *leg = &ch->leg[a->end];

	if (ch->left)
		return;
	switch (a->kind) {
	case ACT_CANCEL:
		if (ch->leg[OTHER(a->end)].state == LEG_WAITING)
			ch->leg[OTHER(a->end)].state = LEG_NONE;
		leg_drop(leg);
		break;
	case ACT_BEGIN:
		ch->upload = a->upload;
		channel_keep(ch);
		relay_begin(ch);
		break;
	case ACT_TAKE:
		act_take(leg);
		break;
	case ACT_EOF:
		if (leg->stream == NULL || leg->draining)
			break;
		leg_pass_eof(leg);
		if (leg->side == SERVER)
			channel_unkeep(ch);
		break;
	case ACT_CLOSE:
		both_close(ch);
		break;
	case ACT_ABORT:
		both_abort(ch, a->mask);
		break;
	default:
		break;
	}
}

/* Only the receiver of a transfer that has begun can take its end for a file's. */
void
data_channel_break_off(struct data_channel *ch)
{
	const enum side receiver = ch->upload ? SERVER : CLIENT;
	unsigned mask = 0;

	for (int side = CLIENT; side <= SERVER; side++) {
		bool receives = (enum side)side == receiver || ch->leg[OTHER(side)].moved;

		if (!ch->hooks->far[side] || (ch->begun && receives))
			mask |= 1U << side;
	}
	if (!ch->left)
		both_abort(ch, mask);
}

void
data_channel_look(struct data_channel *ch)
{
	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];

		if (leg->state == LEG_LISTENING)
			leg->end->ops->look(leg->end, ch->id);
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
data_channel_new(unsigned id, struct channel_hooks *hooks)
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
	for (int side = CLIENT; side <= SERVER; side++)
		ch->leg[side] = (struct leg){ .channel = ch, .side = (enum side)side,
			.end = hooks->end[side] };
	list_add(hooks->all, ch);
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
	timer_stop(&ch->end);
	list_remove(data_channel, ch->hooks->all, ch);
	leg_drop(&ch->leg[CLIENT]);
	leg_drop(&ch->leg[SERVER]);
	free(ch);
}

struct data_channel *
data_channel_find(const struct channel_hooks *hooks, unsigned id)
{
	struct data_channel *ch = hooks->all;

	while (ch != NULL && ch->id != id)
		ch = ch->next;
	return ch;
}

void
data_channels_each(struct channel_hooks *hooks, void (*fn)(struct data_channel *))
{
	struct data_channel *ch, *next;

	for (ch = hooks->all; ch != NULL; ch = next) {
		next = ch->next;
		fn(ch);
	}
}

void
data_channel_turn(struct data_channel *ch, const unsigned turn[2])
{
	ch->leg[CLIENT].turn = turn[CLIENT];
	ch->leg[SERVER].turn = turn[SERVER];
}
