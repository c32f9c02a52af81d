/* The bytes of a data channel, and what is seen of their ends. */
#include "broker/channel_private.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>

#include "broker/client_process.h"
#include "base/loop.h"
#include "base/memory.h"

#define FIN 1             /* in what is unsent: a FIN that waits for its (delayed) ACK */
#define DRAIN_MS 2        /* there is no event for "the peer has taken all": looked for ... */
#define DRAIN_MOST_MS 50  /* ... less and less often */
#define TICK_MS 100
#define COMMAND_MS 1000   /* what the client sends waits for its command, if that is known here */

bool
relay_running(const struct data_channel *ch)
{
	return ch->leg[CLIENT].stream != NULL && ch->leg[SERVER].stream != NULL && !ch->left;
}

/* ---- counts ---- */

static void
count_moved(struct data_channel *ch)
{
	for (int side = CLIENT; side <= SERVER; side++)
		ch->count.from[side] = ch->leg[side].relay.bytes;
	if (ch->place != -1)
		counts_set(ch->hooks->counts, ch->place, &ch->count);
}

/* What the kernel still holds. True: somebody has something to take yet. */
static bool
count_unsent(struct data_channel *ch)
{
	bool some = false;

	for (int side = CLIENT; side <= SERVER; side++) {
		const struct leg *leg = &ch->leg[side];
		size_t n = leg->stream != NULL ? stream_unsent(leg->stream) : 0;

		n = n > FIN ? n : 0;
		ch->count.unsent[side] = n + ch->leg[OTHER(side)].relay.len;
		some |= ch->count.unsent[side] > 0;
	}
	count_moved(ch);
	return some;
}

static void
tick(void *arg)
{
	struct data_channel *ch = arg;
	struct session_count before = ch->count;

	ch->tick = NULL;
	if (count_unsent(ch) || before.from[CLIENT] != ch->count.from[CLIENT] ||
	    before.from[SERVER] != ch->count.from[SERVER])
		ch->tick = loop_timer(ch->hooks->loop, TICK_MS, tick, ch);
}

static void
leg_moved(struct leg *leg)
{
	struct data_channel *ch = leg->channel;

	count_moved(ch);
	if (ch->tick == NULL && leg->relay.bytes > 0)
		ch->tick = loop_timer(ch->hooks->loop, TICK_MS, tick, ch);
	if (leg->moved || leg->relay.bytes + leg->relay.len == 0)
		return;
	leg->moved = true;
	leg_tell(ch, EV_MOVED, leg->side);
}

/* ---- ends ---- */

static void
leg_wait(struct leg *leg, bool read, bool write)
{
	leg->read = read;
	leg->write = write;
	if (leg->stream != NULL)
		stream_wait(leg->stream, read, write);
}

static void
leg_stop(struct leg *leg)
{
	struct leg *to = &leg->channel->leg[OTHER(leg->side)];

	leg->ended = true;
	leg_wait(leg, false, leg->write);
	leg_wait(to, to->read, false);
}

static void
tell_eof(struct leg *leg)
{
	if (leg->eof || leg->reset)
		return;
	leg->eof = true;
	count_unsent(leg->channel);
	leg_tell(leg->channel, EV_EOF, leg->side);
}

static void
tell_reset(struct leg *leg)
{
	if (leg->reset)
		return;
	leg->reset = true;
	leg_tell(leg->channel, EV_RESET, leg->side);
}

/* The master lives, and its socket was closed before anything had come out of it, or an end of
 * file gone in: the far side could not connect. */
static bool
was_refused(const struct leg *leg)
{
	return leg->dialled && !leg->moved && !leg->draining;
}

static void
check_done(void *arg, bool alive)
{
	struct leg_check *check = arg;
	struct leg *leg = check->leg;

	free(check);
	if (leg == NULL)
		return;
	leg->check = NULL;
	if (!alive)
		tell_reset(leg);
	else if (was_refused(leg))
		leg_refused(leg, "the ssh server could not connect to it, or does not allow it");
	else if (leg->broken)
		tell_reset(leg);
	else
		tell_eof(leg);
}

static void
far_check(struct leg *leg)
{
	struct end *end = leg->channel->hooks->end[leg->side];

	if ((leg->check = memory_new(sizeof(*leg->check))) == NULL) {
		tell_reset(leg);
		return;
	}
	leg->check->leg = leg;
	end->ops->check(end, leg->stream, check_done, leg->check);
}

/* Only a living ssh shuts one direction of a socket down; one that dies closes it. */
static void
far_eof(struct leg *leg)
{
	if (stream_half_closed(leg->stream))
		tell_eof(leg);
	else
		far_check(leg);
}

/* Who closes a socket with bytes in it that he has not read, as ssh does where it was refused, breaks
 * it. */
static void
leg_broke(struct leg *leg)
{
	leg_stop(leg);
	leg->broken = true;
	if (was_refused(leg) && leg->check == NULL)
		far_check(leg);
	else if (leg->check == NULL)
		tell_reset(leg);
}

static void
leg_ended(struct leg *leg, bool clean)
{
	leg_stop(leg);
	if (!clean)
		leg_broke(leg);
	else if (leg->channel->hooks->far[leg->side])
		far_eof(leg);
	else
		tell_eof(leg);
}

static void
early_event(void *arg, enum stream_event event, const char *reason)
{
	struct leg *leg = arg;
	char byte;

	(void)event;
	(void)reason;
	leg_wait(leg, false, false);
	if (recv(leg->stream->fd, &byte, 1, MSG_PEEK) == 0 && !stream_half_closed(leg->stream))
		far_check(leg);
}

void
relay_awaits(struct leg *leg)
{
	stream_owner(leg->stream, early_event, leg);
	leg_wait(leg, true, false);
}

/* ---- relaying ---- */

/* What comes after the other end was told the end of file goes nowhere. */
static void
leg_discard(struct leg *leg)
{
	ssize_t n = stream_discard(leg->stream);

	if (n == 0)
		leg_ended(leg, true);
	else if (n == -1 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		leg_ended(leg, false);
}

static void
leg_run(struct leg *leg)
{
	struct leg *to = &leg->channel->leg[OTHER(leg->side)];
	enum relay_state state = relay_run(&leg->relay, leg->stream, to->stream);

	leg_moved(leg);
	switch (state) {
	case RELAY_READ:
	case RELAY_WRITE:
		leg_wait(leg, state == RELAY_READ, leg->write);
		leg_wait(to, to->read, state == RELAY_WRITE);
		break;
	case RELAY_END:
	case RELAY_READ_FAILED:
		leg_ended(leg, state == RELAY_END);
		break;
	case RELAY_WRITE_FAILED:
		leg_stop(leg);
		leg_broke(to);
	}
}

void
leg_pump(struct leg *leg)
{
	struct data_channel *ch = leg->channel;

	if (leg->ended || !relay_running(ch))
		return;
	if (leg->side == CLIENT && !ch->begun)
		leg_wait(leg, false, leg->write);
	else if (ch->leg[OTHER(leg->side)].draining)
		leg_discard(leg);
	else
		leg_run(leg);
}

static void
leg_event(void *arg, enum stream_event event, const char *reason)
{
	struct leg *leg = arg;

	(void)reason;
	leg_pump(event == STREAM_WRITABLE ? &leg->channel->leg[OTHER(leg->side)] : leg);
}

static void
command_over(void *arg)
{
	struct data_channel *ch = arg;

	ch->command = NULL;
	relay_begin(ch);
}

/* Some servers (pyftpdlib) take data that come before STOR for the end of the connection. With FXP
 * they may, for they are another client's than the command. */
void
relay_start(struct data_channel *ch)
{
	for (int side = CLIENT; side <= SERVER; side++) {
		stream_owner(ch->leg[side].stream, leg_event, &ch->leg[side]);
		leg_wait(&ch->leg[side], true, false);
	}
	leg_pump(&ch->leg[SERVER]);
	leg_pump(&ch->leg[CLIENT]);
	if (!ch->begun && ch->command == NULL)
		ch->command = loop_timer(ch->hooks->loop, COMMAND_MS, command_over, ch);
}

void
relay_begin(struct data_channel *ch)
{
	ch->begun = true;
	timer_free(ch->command);
	ch->command = NULL;
	if (relay_running(ch))
		leg_pump(&ch->leg[CLIENT]);
}

/* ---- passing an end of file on ---- */

static void
drain_check(void *arg)
{
	struct data_channel *ch = arg;
	bool waiting = false;

	ch->drain = NULL;
	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];

		if (!leg->draining || leg->drained || leg->stream == NULL)
			continue;
		if (stream_unsent(leg->stream) > FIN) {
			waiting = true;
			continue;
		}
		leg->drained = true;
		count_unsent(ch);
		leg_tell(ch, EV_DRAINED, leg->side);
	}
	if (!waiting)
		return;
	ch->drain = loop_timer(ch->hooks->loop, ch->drain_ms, drain_check, ch);
	if (ch->drain_ms < DRAIN_MOST_MS)
		ch->drain_ms *= 2;
}

void
leg_pass_eof(struct leg *leg)
{
	struct data_channel *ch = leg->channel;
	struct leg *from = &ch->leg[OTHER(leg->side)];

	leg_wait(leg, leg->read, false);
	stream_eof(leg->stream);
	leg->draining = true;
	relay_free(&from->relay);
	if (from->stream != NULL && !from->ended) {
		leg_wait(from, true, from->write);
		leg_pump(from);
	}
	ch->drain_ms = DRAIN_MS;
	if (ch->drain == NULL)
		ch->drain = loop_timer(ch->hooks->loop, 0, drain_check, ch);
}

void
relay_stop(struct data_channel *ch)
{
	timer_free(ch->drain);
	timer_free(ch->tick);
	timer_free(ch->command);
	ch->drain = ch->tick = ch->command = NULL;
	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];

		if (leg->check != NULL)
			leg->check->leg = NULL;
		leg->check = NULL;
		relay_free(&leg->relay);
		leg_wait(leg, false, false);
	}
}
