/* An end of a channel: listens or dials, and is read from and written to. */
#include "executor_private.h"

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

uint64_t
executor_in_order(struct executor *x, uint64_t *last, uint64_t more)
{
	uint64_t at = world_now() + more + dice_below(&world_dice, x->world.broker_hi + 1);

	*last = at > *last ? at : *last + 1;
	return *last - world_now();
}

struct event *
channel_tell(struct channel *ch, enum event_kind kind, enum side end)
{
	struct telling *t = world_new(sizeof(*t));

	t->x = ch->x;
	t->event = (struct event){ .kind = kind, .channel = ch->id, .end = end };
	if (!ch->dead)
		world_in(executor_in_order(ch->x, &ch->x->out_at, 0), tell_arrives, t);
	return &t->event;
}

void
executor_fault(struct executor *x, const char *what)
{
	x->world.fault(x->world.arg, what);
}

struct event *
leg_tell_failed(struct leg *leg, const char *reason)
{
	struct event *e = channel_tell(leg->channel, EV_FAILED, leg->side);

	leg->state = LEG_OVER;
	e->reason = reason;
	return e;
}

static enum client_state
client_state(const struct executor *x)
{
	if (x->world.far[CLIENT] || !x->world.owner_known)
		return CLIENT_UNKNOWN;
	return client_alive(x->world.client) && !client_done(x->world.client) ? CLIENT_LIVES
									      : CLIENT_DIES;
}

static void
tell_end(struct leg *leg, enum event_kind kind)
{
	struct event *e = channel_tell(leg->channel, kind, leg->side);

	if (leg->side == CLIENT) {
		e->client = client_state(leg->channel->x);
		e->refusal = REFUSED_LATER; /* ssh lives */
	}
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
			channel_tell(from->channel, EV_MOVED, from->side);
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
	    (from->channel->x->cut &&
		(from->channel->x->world.far[CLIENT] || from->channel->x->world.far[SERVER])))
		return;
	move_bytes(from, to);
	if (sock_ended(from->sock) && !to->broken) {
		from->ended = true;
		from->broken = from->sock->rst_in;
		tell_end(from, from->broken ? EV_RESET : EV_EOF);
	}
	if (unwritable(to) && !to->broken &&
	    (from->sock->received.len > from->sock->received.at || to->sock->gone)) {
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
void
leg_discards(struct leg *leg)
{
	if (leg->sock == NULL || leg->mute)
		return;
	sock_read(leg->sock, NULL, (size_t)-1);
	if (sock_ended(leg->sock))
		sock_close(leg->sock);
}

void
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

void
leg_connected(struct leg *leg, struct sock *s)
{
	struct channel *ch = leg->channel;
	struct leg *other = &ch->leg[OTHER(leg->side)];

	leg->sock = s;
	leg->state = LEG_CONNECTED;
	listener_close(leg->listener);
	leg_drop_asides(leg);
	channel_tell(ch, EV_CONNECTED, leg->side);
	if (other->state == LEG_WAITS)
		leg_dial(other);
	leg_look(leg);
}

/* A near listener takes its client's connections, and asks the session about those whose owner it
 * cannot tell. Through ssh nothing can be told, nor of whom an FTP server on this machine sends. */
enum admission { ADMIT, REFUSE, ASIDE };

static enum admission
leg_admits(const struct leg *leg, const struct sock *s)
{
	const struct executor *x = leg->channel->x;

	if (x->world.far[leg->side])
		return ADMIT;
	if (s->peer->owner == OWNER_ELSEWHERE)
		return REFUSE;
	if (leg->side == SERVER)
		return ADMIT;
	if (!x->world.closed_known && (s->fin_in || s->rst_in))
		return ASIDE;
	return s->peer->owner == OWNER_PEER ? ADMIT : REFUSE;
}

static void
leg_put_aside(struct leg *leg, struct sock *s)
{
	if (s->peer->aside != NULL)
		++*s->peer->aside;
	if (leg->asides < ASIDES_MAX)
		leg->aside[leg->asides] = s;
	else
		sock_reset(s);
	channel_tell(leg->channel, EV_STRANGER, CLIENT)->port = (uint16_t)++leg->asides;
}

void
leg_drop_asides(struct leg *leg)
{
	for (unsigned i = 0; i < ASIDES_MAX; i++) {
		sock_reset(leg->aside[i]);
		leg->aside[i] = NULL;
	}
	leg->asides = 0;
}

static bool
leg_accepts_one(struct leg *leg)
{
	struct sock *s = listener_accept(leg->listener, leg_look, leg);

	if (s == NULL)
		return false;
	if (leg->mute) {
		leg->sock = s; /* it was on its way; it must not see an end */
	} else if (leg->channel->dead || leg->state != LEG_LISTENS) {
		sock_reset(s);
	} else if (leg_admits(leg, s) == REFUSE) {
		sock_close(s);
	} else if (leg_admits(leg, s) == ASIDE) {
		leg_put_aside(leg, s);
	} else
		leg_connected(leg, s);
	return true;
}

void
leg_accepts(void *arg)
{
	while (leg_accepts_one(arg))
		;
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

	if (leg->state != LEG_DIALS ||
	    (leg->channel->x->cut && leg->channel->x->world.far[leg->side])) {
		leg_look(leg);
		return;
	}
	if (leg->channel->dead) {
		if (leg->sock->connected && !leg->mute)
			sock_close(leg->sock);
	} else if (leg->sock->refused)
		leg_tell_failed(leg, "Connection refused");
	else if (leg->sock->connected)
		leg_connected(leg, leg->sock);
}

static void
leg_forbidden(void *arg)
{
	struct leg *leg = arg;

	if (!leg->channel->dead && !leg->channel->x->cut)
		leg_tell_failed(leg, "administratively prohibited")->refusal = REFUSED_FORBIDDEN;
}

void
leg_dial(struct leg *leg)
{
	struct executor *x = leg->channel->x;

	leg->state = LEG_DIALS;
	if (leg->side == SERVER && !server_told(x->world.server, leg->port))
		executor_fault(x, "a port is dialled that the server has never told");
	if (x->world.forbids && x->world.far[leg->side]) {
		world_in(2 * dice_between(&world_dice, net.ssh_lo, net.ssh_hi), leg_forbidden, leg);
		return;
	}
	leg->sock = net_dial(HOST_OURS, leg->port, x->world.far[leg->side], leg_dialled, leg);
}

void
leg_listens(void *arg)
{
	struct leg *leg = arg;
	struct executor *x = leg->channel->x;

	if (leg->channel->dead || leg->state != LEG_LISTENS || x->cut)
		return;
	if (x->world.no_listen && x->world.far[leg->side]) {
		leg_tell_failed(leg, "administratively prohibited");
		return;
	}
	leg->listener = net_listen(leg->side == CLIENT ? HOST_CLIENT : HOST_SERVER,
	    x->world.far[leg->side], leg_incoming, leg);
	channel_tell(leg->channel, EV_LISTENING, leg->side)->port = leg->listener->port;
}
