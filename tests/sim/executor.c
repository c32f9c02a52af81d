#include "executor.h"

#include <stdio.h>
#include <string.h>

#define COMMAND_HOLD (1 * SECOND)
#define LINGER (5 * SECOND)
#define ABORT_HOLD (300 * SECOND)
#define DRAIN_LOOK (2 * MS)
#define CHANNELS 128
#define THINGS_MAX 64

enum leg_state { LEG_NONE, LEG_LISTENS, LEG_WAITS, LEG_DIALS, LEG_CONNECTED, LEG_OVER };

struct channel;
struct leg {
	struct channel *channel;
	enum side side;
	enum leg_state state;
	uint16_t port; /* to dial */
	struct listener *listener;
	struct sock *sock, *aside[8];
	unsigned asides;
	bool moved, ended, broken; /* told */
	bool eof_passed, looking, mute;
	uint64_t from, drain_wait;
};

struct channel {
	struct executor *x;
	unsigned id;
	struct leg leg[2];
	bool begun, dead, holding;
};

struct executor {
	struct executor_world world;
	struct channel *channel[CHANNELS];
	unsigned count, last_id;
	bool cut, abandoned;
	uint64_t in_at, out_at; /* what is said stays in order */
};

static void leg_look(void *);

/* ---- events ---- */

struct telling {
	struct executor *x;
	struct event event;
};

static void
tell_arrives(void *arg)
{
	struct telling *t = arg;

	if (!t->x->abandoned)
		t->x->world.event(t->x->world.arg, &t->event);
}

static uint64_t
in_order(struct executor *x, uint64_t *last, uint64_t more)
{
	uint64_t at = world_now() + more + dice_below(&world_dice, x->world.broker_hi + 1);

	*last = at > *last ? at : *last + 1;
	return *last - world_now();
}

static struct event *
tell(struct channel *ch, enum event_kind kind, enum side end)
{
	struct telling *t = world_new(sizeof(*t));

	t->x = ch->x;
	t->event = (struct event){ .kind = kind, .channel = ch->id, .end = end };
	if (!ch->dead)
		world_in(in_order(ch->x, &ch->x->out_at, 0), tell_arrives, t);
	return &t->event;
}

static void
fault(struct executor *x, const char *what)
{
	x->world.fault(x->world.arg, what);
}

static void
tell_failed(struct leg *leg, const char *reason)
{
	leg->state = LEG_OVER;
	tell(leg->channel, EV_FAILED, leg->side)->reason = reason;
}

/* ---- moving ---- */

static enum client_state
client_state(const struct executor *x)
{
	if (x->world.far[CLIENT] || !x->world.owner_known)
		return CLIENT_UNKNOWN;
	return client_alive(x->world.client) && !client_done(x->world.client) ? CLIENT_LIVES :
	    CLIENT_DIES;
}

static void
tell_end(struct leg *leg, enum event_kind kind)
{
	struct event *e = tell(leg->channel, kind, leg->side);

	if (leg->side == CLIENT)
		e->client = client_state(leg->channel->x);
}

static bool
unwritable(const struct leg *leg)
{
	return leg->sock->dead || leg->sock->gone;
}

static void
begin_anyway(void *arg)
{
	struct channel *ch = arg;

	ch->begun = true;
	leg_look(&ch->leg[CLIENT]);
}

static bool
held(struct leg *from)
{
	struct channel *ch = from->channel;

	if (from->side != CLIENT || ch->begun)
		return false;
	if (!ch->holding)
		world_in(COMMAND_HOLD, begin_anyway, ch);
	ch->holding = true;
	return true;
}

static void
move_bytes(struct leg *from, struct leg *to)
{
	uint8_t bytes[2048];
	size_t n, room;

	for (;;) {
		room = to->eof_passed ? sizeof(bytes) : sock_room(to->sock);
		n = sock_read(from->sock, bytes, room < sizeof(bytes) ? room : sizeof(bytes));
		if (n == 0)
			return;
		if (!from->moved)
			tell(from->channel, EV_MOVED, from->side);
		from->moved = true;
		if (to->eof_passed)
			continue;
		sock_write(to->sock, bytes, n);
		from->from += n;
	}
}

static void
pump(struct leg *from)
{
	struct leg *to = &from->channel->leg[OTHER(from->side)];

	if (from->ended || from->broken || held(from) ||
	    (from->channel->x->cut && (from->channel->x->world.far[CLIENT] ||
	    from->channel->x->world.far[SERVER])))
		return;
	move_bytes(from, to);
	if (sock_ended(from->sock) && !to->broken) {
		from->ended = true;
		from->broken = from->sock->rst_in;
		tell_end(from, from->broken ? EV_RESET : EV_EOF);
	}
	if (unwritable(to) && !to->broken && (from->sock->received.len > from->sock->received.at ||
	    to->sock->gone)) {
		to->broken = true;
		tell_end(to, EV_RESET);
	}
}

static bool
running(const struct channel *ch)
{
	return ch->leg[CLIENT].state == LEG_CONNECTED && ch->leg[SERVER].state == LEG_CONNECTED;
}

/* Let go: what still comes is thrown away until the peer closes, too. */
static void
leg_discards(struct leg *leg)
{
	if (leg->sock == NULL || leg->mute)
		return;
	sock_read(leg->sock, NULL, (size_t)-1);
	if (sock_ended(leg->sock))
		sock_close(leg->sock);
}

static void
leg_look(void *arg)
{
	struct leg *leg = arg;
	struct channel *ch = leg->channel;

	if (ch->x->cut && ch->x->world.far[leg->side])
		return;
	if (ch->dead) {
		leg_discards(leg);
		return;
	}
	if (!running(ch))
		return;
	pump(leg);
	pump(&ch->leg[OTHER(leg->side)]);
}

/* ---- connecting ---- */

static void leg_dial(struct leg *);

static void
leg_connected(struct leg *leg, struct sock *s)
{
	struct channel *ch = leg->channel;
	struct leg *other = &ch->leg[OTHER(leg->side)];

	leg->sock = s;
	leg->state = LEG_CONNECTED;
	listener_close(leg->listener);
	tell(ch, EV_CONNECTED, leg->side);
	if (other->state == LEG_WAITS)
		leg_dial(other);
	leg_look(leg);
}

static bool
is_stranger(const struct leg *leg, const struct sock *s)
{
	const struct executor *x = leg->channel->x;

	return leg->side == CLIENT && !x->world.far[CLIENT] && !x->world.closed_known &&
	    (s->fin_in || s->rst_in);
}

static void
leg_accepts(void *arg)
{
	struct leg *leg = arg;
	struct sock *s = listener_accept(leg->listener, leg_look, leg);

	if (s == NULL)
		return;
	if (leg->mute) {
		leg->sock = s; /* it was on its way; it must not see an end */
	} else if (leg->channel->dead || leg->state != LEG_LISTENS) {
		sock_reset(s);
	} else if (is_stranger(leg, s) && leg->asides < 8) {
		leg->aside[leg->asides++] = s;
		tell(leg->channel, EV_STRANGER, CLIENT)->port = (uint16_t)leg->asides;
	} else
		leg_connected(leg, s);
}

static void
leg_incoming(void *arg)
{
	struct leg *leg = arg;

	world_in(dice_below(&world_dice, leg->channel->x->world.broker_hi + 1), leg_accepts, leg);
}

/* The dial's answer. */
static void
leg_dialled(void *arg)
{
	struct leg *leg = arg;

	if (leg->state != LEG_DIALS || (leg->channel->x->cut && leg->channel->x->world.far[leg->side])) {
		leg_look(leg);
		return;
	}
	if (leg->channel->dead) {
		if (leg->sock->connected && !leg->mute)
			sock_close(leg->sock);
	} else if (leg->sock->refused)
		tell_failed(leg, "Connection refused");
	else if (leg->sock->connected)
		leg_connected(leg, leg->sock);
}

static void
leg_dial(struct leg *leg)
{
	struct executor *x = leg->channel->x;

	leg->state = LEG_DIALS;
	if (leg->side == SERVER && !server_told(x->world.server, leg->port))
		fault(x, "a port is dialled that the server has never told");
	leg->sock = net_dial(HOST_OURS, leg->port, x->world.far[leg->side], leg_dialled, leg);
}

static void
leg_listens(void *arg)
{
	struct leg *leg = arg;
	struct executor *x = leg->channel->x;

	if (leg->channel->dead || leg->state != LEG_LISTENS || x->cut)
		return;
	if (x->world.no_listen && x->world.far[leg->side]) {
		tell_failed(leg, "administratively prohibited");
		return;
	}
	leg->listener = net_listen(leg->side == CLIENT ? HOST_CLIENT : HOST_SERVER,
	    x->world.far[leg->side], leg_incoming, leg);
	tell(leg->channel, EV_LISTENING, leg->side)->port = leg->listener->port;
}

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
		fault(x, id <= x->last_id ? "a channel's id is used twice" : "too many channels");
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
			fault(x, "an end is opened twice");
		leg->state = r->verb == END_LISTEN ? LEG_LISTENS : LEG_WAITS;
		leg->port = r->address.port;
		if (r->verb == END_LISTEN)
			world_in(x->world.far[side] ? dice_between(&world_dice, net.ssh_lo, net.ssh_hi) : 0,
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
	for (unsigned i = 0; i < leg->asides; i++)
		sock_reset(leg->aside[i]);
	leg->asides = 0;
}

static void
act_take(struct leg *leg)
{
	if (leg->asides == 0 || leg->state != LEG_LISTENS) {
		if (leg->state == LEG_LISTENS)
			tell_failed(leg, "nobody is there");
		return;
	}
	leg->asides--;
	leg_connected(leg, leg->aside[0]);
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
		tell(leg->channel, EV_DRAINED, leg->side);
		return;
	}
	leg->drain_wait = leg->drain_wait < SECOND ? 2 * leg->drain_wait : SECOND;
	world_in(leg->drain_wait, drain_look, leg);
}

static void
act_eof(struct leg *leg)
{
	if (leg->state != LEG_CONNECTED) {
		fault(leg->channel->x, "an end of file for an end that is not connected");
		return;
	}
	if (leg->eof_passed)
		fault(leg->channel->x, "an end of file is passed on twice");
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

	if (!ch->x->cut)
		tell(ch, EV_ALIVE, CLIENT);
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
		world_in(dice_between(&world_dice, 0, net.ssh_hi), tell_alive, ch);
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
		fault(x, "an action for a channel that is not");
	else
		act_on(ch, &act->action);
}

void
executor_act(struct executor *x, const struct action *a)
{
	struct acting *act = world_new(sizeof(*act));

	act->x = x;
	act->action = *a;
	world_in(in_order(x, &x->in_at, 0), act_arrives, act);
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
