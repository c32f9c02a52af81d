#include "executor_private.h"

#include <stdio.h>
#include <string.h>

/* ---- actions ---- */

static struct channel *
channel_of(struct executor *x, unsigned id)
{
	for (unsigned i = 0; i < x->count; i++)
		if (x->channel[i]->id == id)
			return x->channel[i];
	return NULL;
}

static struct channel *
channel_new(struct executor *x, unsigned id)
{
	struct channel *ch = world_new(sizeof(*ch));
	unsigned live = 0;

	for (unsigned i = 0; i < x->count; i++)
		live += !x->channel[i]->dead;
	if (id <= x->last_id || live >= THINGS_MAX || x->count == CHANNELS) {
		executor_fault(
		    x, id <= x->last_id ? "a channel's id is used twice" : "too many channels");
		return NULL;
	}
	x->last_id = ch->id = id;
	ch->x = x;
	for (int side = CLIENT; side <= SERVER; side++)
		ch->leg[side] = (struct leg){ .channel = ch, .side = (enum side)side };
	x->channel[x->count++] = ch;
	return ch;
}

static void
act_open(struct channel *ch, const struct action *a)
{
	struct executor *x = ch->x;

	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];
		const struct end_request *r = &a->ends[side];

		if (r->verb == END_NONE)
			continue;
		if (leg->state != LEG_NONE && leg->state != LEG_OVER)
			executor_fault(x, "an end is opened twice");
		leg->state = r->verb == END_LISTEN ? LEG_LISTENS : LEG_WAITS;
		leg->port = r->address.port;
		if (r->verb == END_LISTEN)
			world_in(x->world.far[side]
				     ? dice_between(&world_dice, net.ssh_lo, net.ssh_hi)
				     : 0,
			    leg_listens, leg);
	}
	for (int side = CLIENT; side <= SERVER; side++)
		if (ch->leg[side].state == LEG_WAITS && ch->leg[OTHER(side)].state != LEG_LISTENS)
			leg_dial(&ch->leg[side]);
}

static void
act_cancel(struct leg *leg)
{
	if (leg->state == LEG_LISTENS || leg->state == LEG_WAITS)
		leg->state = LEG_NONE;
	listener_close(leg->listener);
	leg->listener = NULL;
	leg_drop_asides(leg);
}

static void
act_take(struct leg *leg)
{
	struct sock *s = leg->aside[0];

	if (s == NULL || leg->state != LEG_LISTENS) {
		if (leg->state == LEG_LISTENS)
			leg_tell_failed(leg, "nobody is there");
		return;
	}
	leg->aside[0] = NULL;
	leg_connected(leg, s);
}

static void
drain_look(void *arg)
{
	struct leg *leg = arg;
	const struct sock *s = leg->sock;
	bool far = leg->channel->x->world.far[leg->side];
	size_t left = far ? s->send.len - s->send.at : sock_unsent(s);

	if (leg->channel->dead)
		return;
	if (left == 0 || s->dead || s->gone) {
		channel_tell(leg->channel, EV_DRAINED, leg->side);
		return;
	}
	leg->drain_wait = leg->drain_wait < SECOND ? 2 * leg->drain_wait : SECOND;
	world_in(leg->drain_wait, drain_look, leg);
}

static void
act_eof(struct leg *leg)
{
	if (leg->state != LEG_CONNECTED) {
		executor_fault(leg->channel->x, "an end of file for an end that is not connected");
		return;
	}
	if (leg->eof_passed)
		executor_fault(leg->channel->x, "an end of file is passed on twice");
	leg->eof_passed = true;
	sock_fin(leg->sock);
	leg->drain_wait = DRAIN_LOOK / 2;
	world_in(0, drain_look, leg);
	leg_look(leg);
}

static void
leg_gives_up(void *arg)
{
	struct leg *leg = arg;

	leg->mute = false;
	listener_close(leg->listener);
	if (!leg->channel->x->cut || !leg->channel->x->world.far[leg->side])
		sock_close(leg->sock);
}

static void
leg_abort(struct leg *leg, bool deceived)
{
	bool far = leg->channel->x->world.far[leg->side];

	if (far && deceived && leg->sock == NULL && leg->listener != NULL) {
		leg->mute = true;
		world_in(ABORT_HOLD, leg_gives_up, leg);
		return;
	}
	act_cancel(leg);
	if (leg->sock == NULL)
		return;
	if (far && deceived && !leg->eof_passed) {
		leg->mute = true;
		world_in(ABORT_HOLD, leg_gives_up, leg);
	} else if (deceived && !far)
		sock_reset(leg->sock);
	else
		sock_close(leg->sock);
}

static void
act_close(struct leg *leg)
{
	act_cancel(leg);
	if (leg->sock == NULL || leg->state != LEG_CONNECTED) {
		sock_reset(leg->sock);
		return;
	}
	sock_fin(leg->sock);
	leg_discards(leg);
	world_in(LINGER, leg_gives_up, leg);
}

static void
channel_ends(struct channel *ch, const struct action *a)
{
	ch->dead = true;
	for (int side = CLIENT; side <= SERVER; side++)
		if (a->kind == ACT_CLOSE)
			act_close(&ch->leg[side]);
		else
			leg_abort(&ch->leg[side], (a->mask & 1U << side) != 0);
}

struct acting {
	struct executor *x;
	struct action action;
};

static void
tell_alive(void *arg)
{
	struct channel *ch = arg;

	for (int side = CLIENT; side <= SERVER; side++)
		if (ch->leg[side].listener != NULL && (side == SERVER || ch->x->world.far[CLIENT]))
			leg_accepts(&ch->leg[side]);
	leg_look(&ch->leg[SERVER]);
	if (!ch->x->cut)
		channel_tell(ch, EV_ALIVE, CLIENT);
}

/* sshd is asked: its answer comes behind who has come to it, and what has. */
static bool
asks_sshd(const struct channel *ch)
{
	const struct leg *client = &ch->leg[CLIENT], *server = &ch->leg[SERVER];

	return server->listener != NULL ||
	       (ch->x->world.far[CLIENT] && (client->listener != NULL || client->eof_passed)) ||
	       (ch->x->world.far[SERVER] && ch->begun && server->state == LEG_CONNECTED && !server->moved);
}

static void
act_on(struct channel *ch, const struct action *a)
{
	switch (a->kind) {
	case ACT_OPEN:
		act_open(ch, a);
		break;
	case ACT_CANCEL:
		act_cancel(&ch->leg[a->end]);
		break;
	case ACT_BEGIN:
		ch->begun = true;
		leg_look(&ch->leg[CLIENT]);
		break;
	case ACT_TAKE:
		act_take(&ch->leg[CLIENT]);
		break;
	case ACT_EOF:
		act_eof(&ch->leg[a->end]);
		break;
	case ACT_CHECK:
		if (ch->leg[CLIENT].listener != NULL)
			leg_accepts(&ch->leg[CLIENT]);
		world_in((asks_sshd(ch) ? 2 * net.ssh_hi : 0) +
			     dice_between(&world_dice, 0, net.ssh_hi),
		    tell_alive, ch);
		break;
	default:
		channel_ends(ch, a);
	}
}

static void
act_arrives(void *arg)
{
	struct acting *act = arg;
	struct executor *x = act->x;
	struct channel *ch = channel_of(x, act->action.channel);

	if (x->abandoned)
		return;
	if (ch == NULL && act->action.kind == ACT_OPEN)
		ch = channel_new(x, act->action.channel);
	if (ch == NULL || ch->dead)
		executor_fault(x, "an action for a channel that is not");
	else
		act_on(ch, &act->action);
}

void
executor_act(struct executor *x, const struct action *a)
{
	struct acting *act = world_new(sizeof(*act));

	act->x = x;
	act->action = *a;
	world_in(executor_in_order(x, &x->in_at, 0), act_arrives, act);
}

void
executor_count(struct executor *x, unsigned id, struct session_count *count)
{
	struct channel *ch = channel_of(x, id);

	memset(count, 0, sizeof(*count));
	for (int side = CLIENT; ch != NULL && side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];

		count->from[side] = leg->from;
		if (leg->sock != NULL && !x->world.far[side])
			count->unsent[side] = sock_unsent(leg->sock);
	}
}

struct executor *
executor_new(const struct executor_world *w)
{
	struct executor *x = world_new(sizeof(*x));

	x->world = *w;
	return x;
}

/* Nobody decides any more: whatever is open was not finished. */
void
executor_abandon(struct executor *x)
{
	struct action a = { .kind = ACT_ABORT, .mask = 1U << CLIENT | 1U << SERVER };

	x->abandoned = true;
	for (unsigned i = 0; i < x->count; i++)
		if (!x->channel[i]->dead)
			channel_ends(x->channel[i], &a);
}

void
executor_cut(struct executor *x)
{
	x->cut = true;
}
