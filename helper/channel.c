#include "channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "crowd.h"
#include "loop.h"
#include "memory.h"
#include "relay.h"

#define FIN 1               /* in conn_unsent(): a FIN that waits for its (delayed) ACK */
#define DRAIN_CHECK_MS 2    /* there is no event for "the peer has taken all" */
#define SETTLE_MS 4         /* on a crowded machine: is a client's EOF that of a process ... */
#define SETTLE_EACH_MS 6    /* ... whose end has only begun? The turn of one of the crowd */
#define SETTLE_MOST_MS 100
#define COMMAND_MS 1000     /* what the client sends waits for its command, if that is known here */
#define LINGER_MS 5000      /* for the peer to close after our FIN */
#define DUE_MS 10000        /* for an end that may be on its way */

/* One end: its connection, and the relay that reads from it. */
struct leg {
	struct data_channel *channel;
	enum side side;
	struct conn conn;
	struct relay relay; /* from this end to the other */
	struct watch *read, *write;
	bool ended;    /* its EOF or failure was told, or waits for the alive check */
	bool failed;   /* it cannot be read or written any more: what it has got may not be all */
	bool checking; /* ... that */
	bool draining; /* EOF was passed to it, EV_DRAINED is due */
};

struct data_channel {
	struct loop *loop;
	unsigned id;
	struct channel_hooks hooks;
	struct leg leg[2];
	struct timer *timer;  /* of the session machine */
	struct timer *drain;
	struct timer *command; /* runs while the client's data wait for it */
	bool begun;            /* they need not */
	struct timer *settle; /* the client's EOF is not told yet */
	unsigned settled_ms;
	bool client_known;    /* the broker was told to look for it */
	struct timer *end;    /* LINGER_MS or the hold */
	bool direct;          /* ssh writes to the near end by itself */
	uint64_t written;     /* ... so much, when that was last seen */
	bool leaving;         /* the machine has let it go: discard until the peers close */
	bool due;             /* ... and the server's end may come yet */
};

static void leg_pump(struct leg *);

static void
tell_more(struct data_channel *ch, enum event_kind kind, enum side side, unsigned dies_ms)
{
	struct event e = { .kind = kind, .channel = ch->id, .end = side,
		.bytes = data_channel_bytes(ch), .dies_ms = dies_ms };

	/* A reader that takes what the kernel still holds for it makes progress, too. */
	if (kind == EV_TIMER)
		e.bytes -= (uint64_t)conn_unsent(&ch->leg[CLIENT].conn) +
		    (uint64_t)conn_unsent(&ch->leg[SERVER].conn);
	ch->hooks.event(ch->hooks.arg, &e);
}

static void
tell(struct data_channel *ch, enum event_kind kind, enum side side)
{
	tell_more(ch, kind, side, 0);
}

/* ---- watching ---- */

static void
leg_unwatch(struct leg *leg)
{
	watch_free(leg->read);
	watch_free(leg->write);
	leg->read = leg->write = NULL;
}

static void
see_written(struct data_channel *ch)
{
	const struct leg *near = &ch->leg[ch->hooks.far[CLIENT] ? SERVER : CLIENT];

	if (ch->direct && near->conn.rfd != -1)
		conn_written(&near->conn, &ch->written);
}

static void
leg_close(struct leg *leg)
{
	see_written(leg->channel);
	leg_unwatch(leg);
	conn_close(&leg->conn);
	relay_free(&leg->relay);
}

static void
leg_readable(void *arg, short revents)
{
	(void)revents;
	leg_pump(arg);
}

static void
leg_writable(void *arg, short revents)
{
	struct leg *leg = arg;

	(void)revents;
	leg_pump(&leg->channel->leg[OTHER(leg->side)]);
}

/* Read from this leg, or write to the other one, as its relay needs. */
static void
leg_wait(struct leg *leg, enum relay_state state)
{
	struct leg *to = &leg->channel->leg[OTHER(leg->side)];

	watch_pause(leg->read, state != RELAY_READ);
	watch_pause(to->write, state != RELAY_WRITE);
}

/* ---- relaying ---- */

/* The end of file of a client on this machine is told once everybody has had a processor, so
 * that the end of its control connection, if that comes too, is known before. */
static void
client_settle(void *arg)
{
	struct data_channel *ch = arg;
	unsigned crowd = crowd_size(ch->hooks.crowd_fd);

	ch->settle = NULL;
	if (crowd > 1 && ch->settled_ms < crowd * SETTLE_EACH_MS && ch->settled_ms < SETTLE_MOST_MS) {
		ch->settled_ms += SETTLE_MS;
		ch->settle = loop_timer(ch->loop, SETTLE_MS, client_settle, ch);
	}
	if (ch->settle == NULL)
		tell(ch, EV_EOF, CLIENT);
}

void
data_channel_holder(struct data_channel *ch, unsigned dies_ms)
{
	struct leg *leg = &ch->leg[CLIENT];

	if (!leg->checking || ch->hooks.far[CLIENT] || ch->leaving)
		return;
	leg->checking = false;
	if (dies_ms > 0)
		tell_more(ch, EV_EOF, CLIENT, dies_ms);
	else
		client_settle(ch);
}

/* Of a far client's processes nothing is known; that processors are short, is. */
static void
eof_believed(struct leg *leg)
{
	if (leg->side == CLIENT && !leg->draining)
		client_settle(leg->channel);
	else
		tell(leg->channel, EV_EOF, leg->side);
}

static void
leg_ended(struct leg *leg, bool clean)
{
	struct data_channel *ch = leg->channel;

	leg->ended = true;
	watch_pause(leg->read, true);
	watch_pause(ch->leg[OTHER(leg->side)].write, true);
	leg->failed = !clean;
	if (!clean)
		tell(ch, EV_RESET, leg->side);
	else if (ch->hooks.far[leg->side] && !conn_half_closed(&leg->conn)) {
		leg->checking = true;
		ch->hooks.check(ch->hooks.arg, ch->id);
	} else if (leg->side == CLIENT && !ch->hooks.far[CLIENT] && !leg->draining) {
		leg->checking = ch->hooks.holder(ch->hooks.arg, ch->id, true);
		if (!leg->checking)
			client_settle(ch);
	} else
		eof_believed(leg);
}

void
data_channel_alive(struct data_channel *ch)
{
	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];

		if (!leg->checking || !ch->hooks.far[side] || ch->leaving)
			continue;
		leg->checking = false;
		eof_believed(leg);
	}
}

/* What comes after the other end was told the end of file goes nowhere. */
static void
leg_discard(struct leg *leg)
{
	char buf[4096];
	ssize_t n = read(leg->conn.rfd, buf, sizeof(buf));

	if (n == 0)
		leg_ended(leg, true);
	else if (n == -1 && errno != EAGAIN && errno != EINTR)
		leg_ended(leg, false);
}

static void
leg_pump(struct leg *leg)
{
	struct data_channel *ch = leg->channel;
	struct leg *to = &ch->leg[OTHER(leg->side)];
	enum relay_state state;

	if (leg->ended || leg->conn.rfd == -1)
		return;
	if (to->draining) {
		leg_discard(leg);
		return;
	}
	state = relay_run(&leg->relay, leg->conn.rfd, to->conn.wfd);
	if (leg->side == CLIENT && !ch->hooks.far[CLIENT] && !ch->client_known &&
	    leg->relay.bytes > 0)
		ch->client_known = ch->hooks.holder(ch->hooks.arg, ch->id, false);
	switch (state) {
	case RELAY_READ:
	case RELAY_WRITE:
		leg_wait(leg, state);
		break;
	case RELAY_END:
		leg_ended(leg, true);
		break;
	case RELAY_READ_FAILED:
		leg_ended(leg, false);
		break;
	case RELAY_WRITE_FAILED:
		watch_pause(to->write, true);
		leg->ended = true;
		watch_pause(leg->read, true);
		to->failed = true;
		tell(ch, EV_RESET, to->side);
		break;
	}
}

static int
leg_watch(struct leg *leg)
{
	struct loop *loop = leg->channel->loop;

	leg->read = loop_watch(loop, leg->conn.rfd, POLLIN, leg_readable, leg);
	leg->write = loop_watch(loop, leg->conn.wfd, POLLOUT, leg_writable, leg);
	if (leg->read == NULL || leg->write == NULL)
		return -1;
	watch_pause(leg->write, true);
	return 0;
}

static void
command_over(void *arg)
{
	struct data_channel *ch = arg;

	ch->command = NULL;
	data_channel_begin(ch);
}

/* Some servers (pyftpdlib) take data that come before STOR for the end of the connection. With FXP
 * they may, for they are another client's than the command. */
static void
client_hold(struct data_channel *ch)
{
	if (ch->begun)
		return;
	watch_pause(ch->leg[CLIENT].read, true);
	ch->command = loop_timer(ch->loop, COMMAND_MS, command_over, ch);
}

void
data_channel_begin(struct data_channel *ch)
{
	if (ch->begun)
		return;
	ch->begun = true;
	timer_free(ch->command);
	ch->command = NULL;
	if (data_channel_running(ch) && !ch->leaving)
		leg_pump(&ch->leg[CLIENT]);
}

/* ---- ending ---- */

static void
channel_gone(struct data_channel *ch)
{
	ch->hooks.closed(ch->hooks.arg, ch);
}

static void
leave_over(void *arg)
{
	struct data_channel *ch = arg;

	ch->end = NULL;
	channel_gone(ch);
}

/* The machine has let go; what a peer still sends is thrown away until it closes. */
static void
leave_discard(void *arg, short revents)
{
	struct leg *leg = arg;
	struct data_channel *ch = leg->channel;
	char buf[4096];
	ssize_t n = 1;

	for (int i = 0; i < 16 && n > 0; i++)
		n = read(leg->conn.rfd, buf, sizeof(buf));
	if (n > 0 || (n == -1 && !(revents & (POLLERR | POLLHUP))))
		return;
	leg_close(leg);
	if (ch->leg[CLIENT].conn.rfd == -1 && ch->leg[SERVER].conn.rfd == -1 && !ch->due)
		channel_gone(ch);
}

static void
leave_watch(struct leg *leg)
{
	leg->read = loop_watch(leg->channel->loop, leg->conn.rfd, POLLIN, leave_discard, leg);
}

/* From here on the machine knows this channel no more. Legs that are still open are
 * waited for, ms at most. */
static void
leave(struct data_channel *ch, unsigned ms)
{
	bool open = false;

	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];

		leg_unwatch(leg);
		relay_free(&leg->relay);
		if (leg->conn.rfd == -1)
			continue;
		leave_watch(leg);
		open = true;
	}
	if (ch->due)
		ms = DUE_MS;
	else if (!open)
		ms = 0;
	ch->end = loop_timer(ch->loop, ms, leave_over, ch);
}

static void
stop_timers(struct data_channel *ch)
{
	timer_free(ch->timer);
	timer_free(ch->drain);
	timer_free(ch->settle);
	timer_free(ch->command);
	ch->timer = ch->drain = ch->settle = ch->command = NULL;
}

/* Done with: an end that got our FIN may still close in its own time, so that unread input
 * does not turn our close into a reset. Who has never sent anything needs no such care. */
static void
act_close(struct data_channel *ch)
{
	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];
		bool fin_sent = leg->draining, fin_seen = leg->ended && !leg->checking;

		if (!fin_sent && !leg->failed)
			conn_end_write(&leg->conn);
		if (!fin_sent || fin_seen || leg->relay.bytes == 0 || ch->hooks.far[side])
			leg_close(leg);
	}
	leave(ch, LINGER_MS);
	tell(ch, EV_CLOSED, CLIENT);
}

/* Through ssh every close is an end of file: does this end take it for a good one? */
static bool
is_deceived(const struct data_channel *ch, const struct action *a, int side)
{
	if (side == CLIENT && a->told)
		return false;
	return ch->hooks.far[side] && (a->mask & (1U << side)) != 0 && !ch->leg[side].draining;
}

/* Broken: TCP says so by a reset (conn_break_on_close()). Who would not see one has his connection
 * kept open, mute, until he gives up. */
static void
act_abort(struct data_channel *ch, const struct action *a)
{
	unsigned ms = 0;

	ch->due = data_channel_awaits(ch, a);
	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];

		if (leg->conn.rfd == -1)
			continue;
		if (is_deceived(ch, a, side))
			ms = ch->hooks.abort_hold_ms;
		else
			leg_close(leg);
	}
	leave(ch, ms);
	tell(ch, EV_CLOSED, CLIENT);
}

static void
drain_check(void *arg)
{
	struct data_channel *ch = arg;
	bool waiting = false;

	ch->drain = NULL;
	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];

		if (!leg->draining || leg->conn.rfd == -1)
			continue;
		if (conn_unsent(&leg->conn) > FIN)
			waiting = true;
		else
			tell(ch, EV_DRAINED, leg->side);
		if (ch->leaving)
			return;
	}
	if (waiting)
		ch->drain = loop_timer(ch->loop, DRAIN_CHECK_MS, drain_check, ch);
}

static void
act_eof(struct data_channel *ch, enum side side)
{
	struct leg *leg = &ch->leg[side];

	watch_free(leg->write);
	leg->write = NULL;
	conn_end_write(&leg->conn);
	leg->draining = true;
	watch_pause(ch->leg[OTHER(side)].read, ch->leg[OTHER(side)].ended);
	if (ch->drain == NULL)
		ch->drain = loop_timer(ch->loop, 0, drain_check, ch);
}

static void
timer_due(void *arg)
{
	struct data_channel *ch = arg;

	ch->timer = NULL;
	tell(ch, EV_TIMER, CLIENT);
}

void
data_channel_act(struct data_channel *ch, const struct action *a)
{
	if (ch->leaving)
		return;
	switch (a->kind) {
	case ACT_EOF:
		act_eof(ch, a->end);
		break;
	case ACT_TIMER:
		timer_free(ch->timer);
		ch->timer = a->ms ? loop_timer(ch->loop, a->ms, timer_due, ch) : NULL;
		break;
	case ACT_CLOSE:
	case ACT_ABORT:
		stop_timers(ch);
		ch->leaving = true;
		if (a->kind == ACT_CLOSE)
			act_close(ch);
		else
			act_abort(ch, a);
		break;
	default:
		break;
	}
}

/* ---- an end is there, or will not be ---- */

/* The upload is broken off, which the server must not take for its end. */
static void
due_connected(struct leg *leg, struct conn conn)
{
	struct data_channel *ch = leg->channel;

	ch->due = false;
	leg->conn = conn;
	leave_watch(leg);
	timer_free(ch->end);
	ch->end = loop_timer(ch->loop, ch->hooks.abort_hold_ms, leave_over, ch);
}

void
data_channel_connected(struct data_channel *ch, enum side side, struct conn conn)
{
	struct leg *leg = &ch->leg[side];

	if (ch->due && side == SERVER) {
		due_connected(leg, conn);
		return;
	}
	if (ch->leaving || leg->conn.rfd != -1) {
		conn_close(&conn);
		return;
	}
	leg->conn = conn;
	if (data_channel_running(ch) &&
	    (leg_watch(&ch->leg[CLIENT]) == -1 || leg_watch(&ch->leg[SERVER]) == -1)) {
		tell(ch, EV_FAILED, side);
		return;
	}
	if (data_channel_running(ch))
		client_hold(ch);
	tell(ch, EV_CONNECTED, side);
}

bool
data_channel_awaits(const struct data_channel *ch, const struct action *a)
{
	return a->kind == ACT_ABORT && a->due && (a->mask & (1U << SERVER)) != 0 &&
	    ch->hooks.far[SERVER] && ch->leg[SERVER].conn.rfd == -1;
}

bool
data_channel_due(const struct data_channel *ch)
{
	return ch->due;
}

void
data_channel_failed(struct data_channel *ch)
{
	if (!ch->due)
		return;
	ch->due = false;
	channel_gone(ch);
}

/* ---- life ---- */

struct data_channel *
data_channel_new(struct loop *loop, unsigned id, const struct channel_hooks *hooks)
{
	struct data_channel *ch = memory_new(sizeof(*ch));

	if (ch == NULL)
		return NULL;
	ch->loop = loop;
	ch->id = id;
	ch->hooks = *hooks;
	for (int side = CLIENT; side <= SERVER; side++)
		ch->leg[side] = (struct leg){ .channel = ch, .side = (enum side)side,
			.conn = CONN_NONE };
	return ch;
}

void
data_channel_free(struct data_channel *ch)
{
	if (ch == NULL)
		return;
	stop_timers(ch);
	timer_free(ch->end);
	leg_close(&ch->leg[CLIENT]);
	leg_close(&ch->leg[SERVER]);
	free(ch);
}

unsigned
data_channel_id(const struct data_channel *ch)
{
	return ch->id;
}

uint64_t
data_channel_bytes(struct data_channel *ch)
{
	see_written(ch);
	return ch->leg[CLIENT].relay.bytes + ch->leg[SERVER].relay.bytes + ch->written;
}

void
data_channel_direct(struct data_channel *ch)
{
	ch->direct = true;
}

bool
data_channel_is_direct(const struct data_channel *ch)
{
	return ch->direct;
}

bool
data_channel_running(const struct data_channel *ch)
{
	return ch->leg[CLIENT].conn.rfd != -1 && ch->leg[SERVER].conn.rfd != -1;
}
