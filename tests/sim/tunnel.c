/* The session process around the machine: two control connections, timers, the broker. */
#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "tunnel_private.h"
#include "trace.h"

#define LONGEST    (4000 * SECOND)
#define AFTERWARDS (120 * SECOND) /* what a session may still need when both peers are gone */
#define LINGER     (5 * SECOND)
#define TIMERS     256

const char *const cut_names[CUTS] = { "nothing", "link", "session", "client", "server" };

static void
tunnel_fault(void *arg, const char *what)
{
	struct tunnel *t = arg;

	if (t->play->fault == NULL)
		t->play->fault = what;
}

/* The process gets a processor some time later. */
static void
tunnel_wake(void *arg)
{
	struct control *c = arg;

	if (c->t->turn == NULL && !c->t->gone)
		c->t->turn =
		    world_in(dice_below(&world_dice, (unsigned)c->t->d->knob[K_BROKER_HI] + 1),
			tunnel_turn, c->t);
}

/* ---- actions ---- */

static void
timer_due(void *arg)
{
	struct session_timer *timer = arg;
	struct event e = { .kind = EV_TIMER, .channel = timer->channel };

	timer->at = NULL;
	if (timer->t->gone)
		return;
	coverage_event(timer->t->session, &e);
	trace_event(&e);
	session_event(timer->t->session, &e);
	tunnel_turn(timer->t);
}

static void
act_timer(struct tunnel *t, const struct action *a)
{
	struct session_timer *timer = &t->timer[a->channel % TIMERS];

	world_forget(timer->at);
	*timer = (struct session_timer){ .t = t, .channel = a->channel };
	if (a->ms > 0)
		timer->at = world_in(a->ms * MS, timer_due, timer);
}

static void
tunnel_act(struct tunnel *t, const struct action *a)
{
	trace_action(a);
	if (a->kind == ACT_TIMER) {
		act_timer(t, a);
	} else if (a->kind == ACT_CONTROL_EOF) {
		t->control[a->end].half = true;
	} else if (a->kind == ACT_HANGUP) {
		t->control[a->end].hang = true;
	} else {
		if (a->kind == ACT_ABORT || a->kind == ACT_CLOSE)
			world_forget(t->timer[a->channel % TIMERS].at);
		executor_act(t->executor, a);
	}
}

/* ---- control connections ---- */

static void
tunnel_settle(struct tunnel *t)
{
	struct action a;

	while (session_next(t->session, &a))
		tunnel_act(t, &a);
	control_write(&t->control[CLIENT]);
	control_write(&t->control[SERVER]);
}

void
tunnel_turn(void *arg)
{
	struct tunnel *t = arg;
	bool more = true;

	world_forget(t->turn);
	t->turn = NULL;
	if (t->gone)
		return;
	tunnel_settle(t);
	while (more && !t->gone) {
		int first = dice_chance(&world_dice, 50);

		more = control_read(&t->control[first]);
		tunnel_settle(t);
		more |= control_read(&t->control[!first]);
		tunnel_settle(t);
	}
}

static void
tunnel_event(void *arg, const struct event *e)
{
	struct tunnel *t = arg;

	if (t->gone)
		return;
	coverage_event(t->session, e);
	trace_event(e);
	session_event(t->session, e);
	tunnel_turn(t);
}

/* ---- life ---- */

static void
tunnel_count(void *arg, unsigned channel, struct session_count *count)
{
	struct tunnel *t = arg;

	executor_count(t->executor, channel, count);
}

static void
tunnel_executor(struct tunnel *t)
{
	struct executor_world w = { .far = { t->far[0], t->far[1] },
		.owner_known = t->d->knob[K_OWNER],
		.closed_known = t->d->knob[K_CLOSED],
		.no_listen = t->d->knob[K_NO_LISTEN],
		.forbids = t->d->knob[K_FORBIDS],
		.broker_hi = (unsigned)t->d->knob[K_BROKER_HI],
		.client = t->client,
		.server = t->server,
		.event = tunnel_event,
		.fault = tunnel_fault,
		.arg = t };

	t->executor = executor_new(&w);
}

static void
tunnel_accepts(void *arg)
{
	struct tunnel *t = arg;
	static const struct ftp_address four = { .family = 4, .bytes = { 127, 0, 0, 1 } };
	static const struct ftp_address six = { .family = 6, .bytes = { [15] = 1 } }, none;
	bool cs = client_is_six(t->d), ss = server_is_six(t->d);
	struct session_config config = { .mode = (enum server_mode)t->d->knob[K_MODE],
		.active_possible = true,
		.dials = t->far[CLIENT] || t->d->knob[K_MODE] != 0,
		.far = { t->far[0], t->far[1] },
		.client_peer = cs ? six : four,
		.family = { cs ? 6 : 4, ss ? 6 : 4 },
		.listen4 = { cs ? none : four, ss ? none : four },
		.listen6 = { six, six },
		.server_name = "server",
		.count = tunnel_count,
		.arg = t };

	if (t->session != NULL)
		return;
	tunnel_executor(t);
	t->session = session_new(&config);
	for (int side = CLIENT; side <= SERVER; side++)
		t->control[side] = (struct control){ .t = t, .side = (enum side)side };
	t->control[CLIENT].sock = listener_accept(t->entrance, tunnel_wake, &t->control[CLIENT]);
	t->control[SERVER].sock = net_dial(
	    HOST_OURS, server_port(t->server), t->far[SERVER], tunnel_wake, &t->control[SERVER]);
	tunnel_wake(&t->control[CLIENT]);
}

/* The broker hears of it, and says so; control connections through ssh have ended by then, or
 * will have. */
static void
link_is_gone(void *arg)
{
	struct tunnel *t = arg;

	if (t->gone || t->session == NULL)
		return;
	session_fail(t->session, "the ssh connection has ended");
	tunnel_turn(t);
}

static void
link_control_ends(void *arg)
{
	struct control *c = arg;

	c->sock->closed = c->over = true;
	if (!c->t->gone && !c->eof_told)
		session_eof(c->t->session, c->side);
	c->eof_told = true;
	tunnel_turn(c->t);
}

static void
cut_link(struct tunnel *t)
{
	net_cut();
	if (t->session == NULL)
		return;
	executor_cut(t->executor);
	for (int side = CLIENT; side <= SERVER; side++)
		if (t->far[side])
			world_in(
			    dice_below(&world_dice, 2000), link_control_ends, &t->control[side]);
	world_in(dice_below(&world_dice, 2000), link_is_gone, t);
}

static void
cut_session(struct tunnel *t)
{
	if (t->session == NULL)
		return;
	t->gone = true;
	executor_abandon(t->executor);
	sock_close(t->control[CLIENT].sock);
	sock_close(t->control[SERVER].sock);
}

static void
tunnel_cut(struct tunnel *t, enum cut cut)
{
	t->play->was_cut = true;
	if (cut == CUT_LINK)
		cut_link(t);
	else if (cut == CUT_SESSION)
		cut_session(t);
	else if (cut == CUT_CLIENT)
		client_kill(t->client);
	else
		server_kill(t->server);
}

static bool
both_done(const struct tunnel *t)
{
	return client_done(t->client) && server_done(t->server);
}

/* The peers are gone: the session must notice, and end. */
static void
tunnel_afterwards(struct tunnel *t)
{
	uint64_t until = world_now() + AFTERWARDS;

	while (t->session != NULL && !t->gone && !session_over(t->session) && world_now() < until &&
	       world_step())
		;
	if (t->session != NULL && !t->gone && !session_over(t->session) && t->play->fault == NULL)
		t->play->fault = "the session outlives its peers";
}

static void
tunnel_begin(struct tunnel *t)
{
	const int *knob = t->d->knob;

	net = (struct net_delays){ .window = (size_t)knob[K_WINDOW],
		.ssh_window = (size_t)knob[K_WINDOW],
		.buffer = (size_t)knob[K_BUFFER],
		.split = (unsigned)knob[K_SPLIT],
		.shared = { .lo = (unsigned)knob[K_NEAR_LO], .hi = (unsigned)knob[K_NEAR_HI] },
		.ssh_lo = (unsigned)knob[K_SSH_LO],
		.ssh_hi = (unsigned)knob[K_SSH_HI] };
	net_begin();
	*t->play = (struct play){ .memory = t->play->memory };
	t->far[CLIENT] = knob[K_FAR] != 0;
	t->far[SERVER] = !t->far[CLIENT];
	t->client = client_new(t->d, &t->play->client, t->play->deeds);
	t->server = server_new(t->d, &t->play->server, t->play->deeds);
	t->entrance = net_listen(HOST_CLIENT, t->far[CLIENT], tunnel_accepts, t);
	client_start(t->client, t->entrance->port);
}

void
play_tunnel(const struct dialogue *d, uint64_t timing, enum cut cut, unsigned at, struct play *play)
{
	struct tunnel *t;

	world_begin(timing, play->memory);
	t = world_new(sizeof(*t));
	t->d = d;
	t->play = play;
	tunnel_begin(t);
	while (!both_done(t) && world_now() < LONGEST && world_step())
		if (cut != CUT_NONE && !play->was_cut && world_steps() >= at)
			tunnel_cut(t, cut);
	play->took = world_now();
	play->steps = world_steps();
	if (!both_done(t) && play->fault == NULL)
		play->fault = "it does not end";
	else
		tunnel_afterwards(t);
	session_free(t->session);
}
