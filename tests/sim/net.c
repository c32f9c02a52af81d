#include "net.h"

#include <stdlib.h>
#include <string.h>

#define LISTENERS       512
#define SSH_CONNECTIONS 512

enum segment_kind { SEG_DATA, SEG_FIN, SEG_RST, SEG_SYN };

struct segment {
	enum segment_kind kind;
	struct sock *to;
	struct listener *listener;
	size_t len;
	uint8_t *data;
};

struct net_delays net;
static struct listener *listeners[LISTENERS];
static size_t listener_count;
static struct sock *through_ssh[SSH_CONNECTIONS]; /* our ends */
static size_t through_count;
static uint16_t next_port;
static bool ssh_dead;

static void sock_transmit(struct sock *);

void
net_begin(void)
{
	listener_count = through_count = 0;
	next_port = 2000;
	ssh_dead = false;
	net.shared.last[0] = net.shared.last[1] = 0;
}

/* ---- waking ---- */

static void
sock_woken(void *arg)
{
	struct sock *s = arg;

	s->waking = false;
	if (!s->closed && s->wake != NULL)
		s->wake(s->arg);
}

static void
sock_wake(struct sock *s)
{
	if (s->waking || s->closed)
		return;
	s->waking = true;
	world_in(0, sock_woken, s);
}

/* ---- segments ---- */

/* TCP answers with a reset; sshd hears of it, we hear that the channel is closed. */
static void
nobody_takes_it(struct sock *from)
{
	if (from->dead || from->gone)
		return;
	if (from->ours)
		from->gone = from->fin_in = true;
	else
		from->rst_in = from->dead = true;
	sock_wake(from);
}

static void
segment_data(struct sock *s, const struct segment *g)
{
	s->peer->in_flight -= g->len;
	if (s->closed || s->dead) {
		nobody_takes_it(s->peer);
		return;
	}
	buffer_add(&s->received, g->data, g->len);
	s->arrived += g->len;
	sock_wake(s);
}

static void
segment_reset(struct sock *s)
{
	if (s->ours) {
		s->fin_in = true;
	} else {
		s->rst_in = s->dead = true;
		s->send.at = s->send.len = 0;
	}
	sock_wake(s);
}

static void
segment_syn(struct segment *g)
{
	struct listener *l = g->listener;
	struct sock *dialler = g->to, *s = dialler->peer;
	/* ssh, once asked, connects, though nobody may want that any more. */
	bool refused = l == NULL || l->closed || l->count == 16 ||
		       (dialler->closed && !dialler->connected && !dialler->ours);

	if (refused && !dialler->connected)
		dialler->refused = true;
	else if (refused)
		segment_reset(dialler);
	if (refused) {
		s->closed = true;
		sock_wake(dialler);
		return;
	}
	l->waiting[l->count++] = s;
	if (l->wake != NULL)
		l->wake(l->arg);
	dialler->connected = true;
	sock_wake(dialler);
}

static void
segment_arrives(void *arg)
{
	struct segment *g = arg;

	if (ssh_dead && g->to->ours)
		return; /* it was in the ssh that is no more */
	switch (g->kind) {
	case SEG_DATA:
		segment_data(g->to, g);
		break;
	case SEG_FIN:
		g->to->fin_in = true;
		sock_wake(g->to);
		break;
	case SEG_RST:
		segment_reset(g->to);
		break;
	case SEG_SYN:
		segment_syn(g);
		break;
	}
}

static void
segment_send(struct sock *from, struct sock *to, struct segment g)
{
	struct segment *copy = world_new(sizeof(*copy));
	struct path *path = from->path;
	uint64_t at = world_now() + dice_between(&world_dice, path->lo, path->hi);

	if (at <= path->last[from->direction])
		at = path->last[from->direction] + 1;
	path->last[from->direction] = at;
	*copy = g;
	copy->to = to;
	world_in(at - world_now(), segment_arrives, copy);
}

static bool
cut_off(const struct sock *s)
{
	return ssh_dead && s->path->ssh;
}

static void
sock_transmit(struct sock *s)
{
	struct sock *to = s->peer;

	while (buffer_held(&s->send) > 0 && !cut_off(s)) {
		size_t held = (to->closed ? 0 : buffer_held(&to->received)) + s->in_flight;
		size_t n = buffer_held(&s->send), room = s->window > held ? s->window - held : 0;
		struct segment g = { .kind = SEG_DATA };

		if (room == 0)
			return;
		if (n > room)
			n = room;
		if (n > 1 && dice_chance(&world_dice, net.split))
			n = dice_between(&world_dice, 1, (unsigned)n - 1);
		g.len = n;
		g.data = world_new(n);
		memcpy(g.data, s->send.data + s->send.at, n);
		s->send.at += n;
		s->in_flight += n;
		segment_send(s, to, g);
	}
	if (s->fin_asked && !s->fin_out && !s->dead && !cut_off(s)) {
		s->fin_out = true;
		segment_send(s, to, (struct segment){ .kind = SEG_FIN });
	}
}

/* ---- listening and dialling ---- */

struct listener *
net_listen(unsigned reach, bool far, world_fn *wake, void *arg)
{
	struct listener *l = world_new(sizeof(*l));

	if (listener_count == LISTENERS)
		abort();
	*l = (struct listener){ .port = next_port++,
		.reach = reach,
		.wake = wake,
		.arg = arg,
		.path = far ? NULL : &net.shared };
	listeners[listener_count++] = l;
	return l;
}

uint16_t
net_dead_port(void)
{
	return next_port++;
}

void
listener_close(struct listener *l)
{
	if (l == NULL || l->closed)
		return;
	l->closed = true;
	for (unsigned i = 0; i < l->count; i++)
		sock_reset(l->waiting[i]);
}

struct sock *
listener_accept(struct listener *l, world_fn *wake, void *arg)
{
	struct sock *s;

	if (l == NULL || l->count == 0)
		return NULL;
	s = l->waiting[0];
	l->count--;
	memmove(l->waiting, l->waiting + 1, l->count * sizeof(l->waiting[0]));
	s->wake = wake;
	s->arg = arg;
	return s;
}

static struct sock *
pair_new(struct path *path, world_fn *wake, void *arg)
{
	struct sock *a = world_new(sizeof(*a)), *b = world_new(sizeof(*b));

	*a = (struct sock){ .peer = b,
		.path = path,
		.wake = wake,
		.arg = arg,
		.window = path->ssh ? net.ssh_window : net.window };
	*b = (struct sock){
		.peer = a, .path = path, .direction = 1, .connected = true, .window = a->window
	};
	return a;
}

static struct path *
ssh_path(void)
{
	struct path *path = world_new(sizeof(*path));

	*path = (struct path){ .lo = net.ssh_lo, .hi = net.ssh_hi, .ssh = true };
	return path;
}

struct sock *
net_dial(enum host from, uint16_t port, bool ssh, world_fn *wake, void *arg)
{
	struct listener *l = NULL;
	struct sock *s;

	for (size_t i = 0; i < listener_count; i++)
		if (listeners[i]->port == port && (listeners[i]->reach & from) != 0)
			l = listeners[i];
	ssh = ssh || (l != NULL && l->path == NULL);
	s = pair_new(ssh ? ssh_path() : &net.shared, wake, arg);
	if (ssh) {
		struct sock *ours = from == HOST_OURS ? s : s->peer;

		ours->ours = true;
		s->connected = from != HOST_OURS && l != NULL && !l->closed;
		if (through_count == SSH_CONNECTIONS)
			abort();
		through_ssh[through_count++] = ours;
		if (s->connected)
			sock_wake(s);
	}
	s->direction = from == HOST_OURS || (from == HOST_SERVER && net.direct);
	s->peer->direction = !s->direction;
	segment_send(s, s, (struct segment){ .kind = SEG_SYN, .listener = l });
	return s;
}

/* ---- using ---- */

size_t
sock_write(struct sock *s, const void *data, size_t len)
{
	size_t room = sock_room(s);

	if (room > 0 && cut_off(s)) {
		s->rst_in = s->dead = true;
		room = 0;
	}
	if (len > room)
		len = room;
	if (len == 0)
		return 0;
	buffer_add(&s->send, data, len);
	sock_transmit(s);
	return len;
}

static void
window_opens(void *arg)
{
	struct sock *s = arg;

	sock_transmit(s);
	if (s->send.at > 0)
		sock_wake(s);
}

size_t
sock_read(struct sock *s, void *data, size_t size)
{
	size_t n = buffer_held(&s->received);

	if (n > size)
		n = size;
	if (data != NULL && n > 0)
		memcpy(data, s->received.data + s->received.at, n);
	s->received.at += n;
	if (n > 0 && buffer_held(&s->peer->send) > 0)
		world_in(s->path->lo, window_opens, s->peer);
	return n;
}

void
sock_fin(struct sock *s)
{
	if (s->fin_asked || s->dead || s->closed)
		return;
	s->fin_asked = true;
	sock_transmit(s);
}

void
sock_reset(struct sock *s)
{
	if (s == NULL || s->closed)
		return;
	if (s->ours) {
		sock_fin(s);
		s->closed = true;
		return;
	}
	s->closed = true;
	if (s->dead)
		return;
	s->dead = true;
	s->send.at = s->send.len = 0;
	if (!cut_off(s))
		segment_send(s, s->peer, (struct segment){ .kind = SEG_RST });
}

void
sock_close(struct sock *s)
{
	if (s == NULL || s->closed)
		return;
	if (buffer_held(&s->received) > 0 && !s->ours) {
		sock_reset(s);
		return;
	}
	sock_fin(s);
	s->closed = true;
	if (buffer_held(&s->peer->send) > 0)
		world_in(s->path->lo, window_opens, s->peer);
}

/* sshd closes all that it has; what is written from now on goes nowhere. */
void
net_cut(void)
{
	for (size_t i = 0; i < through_count; i++) {
		struct sock *ours = through_ssh[i], *far = ours->peer;

		if (!ours->fin_out)
			segment_send(ours, far, (struct segment){ .kind = SEG_FIN });
		ours->fin_out = ours->closed = ours->dead = true;
	}
	ssh_dead = true;
}
