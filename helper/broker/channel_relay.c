/* The bytes of a data channel, and what is seen of their ends. */
#include <sys/socket.h>

#include "broker/channel_private.h"
#include "ends/far.h"
#include "relay/conn.h"

#define FIN 1             /* in what is unsent: a FIN that waits for its (delayed) ACK */
#define LOOK_MS 100       /* there is no event for "the peer has taken it" ... */
#define DRAIN_MS 2        /* ... nor for "all of it": looked for at once, then less and less often */
#define DRAIN_MOST_MS 50
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

/* True: somebody has not taken all that is before the end of file that was passed to him. */
static bool
drained_check(struct data_channel *ch)
{
	bool waiting = false;

	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];

		if (!leg->draining || leg->drained || leg->stream == NULL)
			continue;
		leg->drained = ch->count.unsent[side] == 0;
		waiting |= !leg->drained;
		if (leg->drained)
			leg_tell(leg, EV_DRAINED);
	}
	return waiting;
}

/* ssh has read of it, so there is who it dialled. */
static void
note_taken(struct leg *to)
{
	const struct relay *written = &to->channel->leg[OTHER(to->side)].relay;

	to->took = to->took ||
	    (to->dialled && written->bytes > 0 && conn_took(to->stream->fd, written->bytes));
}

/* True: an upload's server may not be there yet, or refused. An empty file shows nothing, and loses
 * nothing. */
static bool
server_check(struct data_channel *ch)
{
	const struct leg *client = &ch->leg[CLIENT];
	struct leg *server = &ch->leg[SERVER];

	if (ch->asked == 0 || server->stream == NULL)
		return false;
	note_taken(server);
	if (!server->took && (!client->ended || client->relay.bytes + client->relay.len > 0))
		return true;
	for (; ch->asked > 0; ch->asked--)
		leg_tell(server, EV_ALIVE);
	return false;
}

static void
look(void *arg)
{
	struct data_channel *ch = arg;
	struct session_count before = ch->count;
	bool unsent, waiting;

	unsent = count_unsent(ch);
	waiting = server_check(ch);
	waiting |= drained_check(ch);
	if (!waiting && !unsent && before.from[CLIENT] == ch->count.from[CLIENT] &&
	    before.from[SERVER] == ch->count.from[SERVER])
		return;
	timer_set(&ch->look, ch->hooks->loop, waiting ? ch->look_ms : LOOK_MS, look, ch);
	if (ch->look_ms < DRAIN_MOST_MS)
		ch->look_ms *= 2;
}

/* ---- ends ---- */

static void
leg_stop(struct leg *leg)
{
	leg->ended = true;
	stream_wait_read(leg->stream, false);
	stream_wait_write(leg->channel->leg[OTHER(leg->side)].stream, false);
}

static void
tell_eof(struct leg *leg)
{
	if (leg->eof || leg->reset)
		return;
	leg->eof = true;
	count_unsent(leg->channel);
	leg_tell(leg, EV_EOF);
}

static void
tell_reset(struct leg *leg, enum refusal whose)
{
	if (leg->reset)
		return;
	leg->reset = true;
	leg_tell_failed(leg, EV_RESET, NULL, whose);
}

/* The master lives, and its socket was closed before anything had come out of it, or gone in: the
 * far side could not connect. */
static bool
was_refused(const struct leg *leg)
{
	if (!leg->dialled || leg->moved || leg->took)
		return false;
	return leg->channel->leg[OTHER(leg->side)].relay.bytes > 0 ? leg->broken : !leg->draining;
}

void
leg_checked(struct leg *leg, bool alive)
{
	leg->checking = false;
	if (alive && was_refused(leg)) {
		leg_close(leg);
		leg->state = LEG_NONE;
		leg->ended = leg->broken = leg->draining = false;
		leg_tell_failed(leg, EV_FAILED, far_refused, REFUSED_UNTOLD);
	} else if (!alive || leg->broken)
		tell_reset(leg, alive ? REFUSED_LATER : REFUSED);
	else
		tell_eof(leg);
}

static void
far_check(struct leg *leg)
{
	leg->checking = true;
	leg->end->ops->check(leg->end, leg->stream, leg->channel->id);
}

/* Who closes a socket with bytes in it that he has not read, as ssh does where it was refused, breaks
 * it. */
static void
leg_broke(struct leg *leg)
{
	leg_stop(leg);
	leg->broken = true;
	if (leg->checking)
		return;
	if (leg->channel->hooks->far[leg->side])
		far_check(leg);
	else
		tell_reset(leg, REFUSED);
}

/* Only a living ssh shuts one direction of a socket down; one that dies closes it. */
static void
leg_ended(struct leg *leg, bool clean)
{
	leg_stop(leg);
	if (!clean)
		leg_broke(leg);
	else if (!leg->channel->hooks->far[leg->side] || stream_half_closed(leg->stream))
		tell_eof(leg);
	else
		far_check(leg);
}

static void
early_event(void *arg, enum proxy_event event, const char *reason)
{
	struct leg *leg = arg;
	char byte;

	stream_wait_read(leg->stream, false);
	if (recv(leg->stream->fd, &byte, 1, MSG_PEEK) == 0 && !stream_half_closed(leg->stream))
		far_check(leg);
}

void
leg_awaits(struct leg *leg)
{
	stream_owner(leg->stream, early_event, leg);
	stream_wait_read(leg->stream, true);
}

/* ---- relaying ---- */

static void
leg_run(struct leg *leg)
{
	struct data_channel *ch = leg->channel;
	struct leg *to = &ch->leg[OTHER(leg->side)];
	enum relay_state state;

	note_taken(to);
	state = relay_run(&leg->relay, leg->stream, to->stream);
	count_moved(ch);
	if (ch->look.loop == NULL && leg->relay.bytes > 0)
		timer_set(&ch->look, ch->hooks->loop, LOOK_MS, look, ch);
	if (!leg->moved && leg->relay.bytes + leg->relay.len > 0) {
		leg->moved = true;
		leg_tell(leg, EV_MOVED);
	}
	if (state == RELAY_END || state == RELAY_READ_FAILED)
		leg_ended(leg, state == RELAY_END);
	else if (state == RELAY_WRITE_FAILED) {
		leg->ended = true;
		leg_broke(to);
	}
}

void
leg_pump(struct leg *leg)
{
	struct data_channel *ch = leg->channel;
	int n;

	if (leg->ended || !relay_running(ch))
		return;
	if (leg->side == CLIENT && !ch->begun)
		stream_wait_read(leg->stream, false);
	else if (!ch->leg[OTHER(leg->side)].draining)
		leg_run(leg);
	else if ((n = stream_discard(leg->stream)) <= 0) /* it goes nowhere */
		leg_ended(leg, n == 0);
}

static void
leg_event(void *arg, enum proxy_event event, const char *reason)
{
	struct leg *leg = arg;

	leg_pump(event == PROXY_WRITABLE ? &leg->channel->leg[OTHER(leg->side)] : leg);
}

/* Some servers (pyftpdlib) take data that come before STOR for the end of the connection. With FXP
 * they may, for they are another client's than the command. */
void
relay_start(struct data_channel *ch)
{
	for (int side = CLIENT; side <= SERVER; side++) {
		stream_owner(ch->leg[side].stream, leg_event, &ch->leg[side]);
		stream_wait_read(ch->leg[side].stream, true);
	}
	for (int side = CLIENT; side <= SERVER; side++) /* a socket tells by itself what has come to it */
		if (ch->leg[side].stream->channel != NULL)
			leg_pump(&ch->leg[side]);
	if (!ch->begun && ch->command.loop == NULL)
		timer_set(&ch->command, ch->hooks->loop, COMMAND_MS, relay_begin, ch);
}

void
relay_begin(void *arg)
{
	struct data_channel *ch = arg;

	ch->begun = true;
	timer_stop(&ch->command);
	if (relay_running(ch))
		leg_pump(&ch->leg[CLIENT]);
}

/* ---- passing an end of file on ---- */

static void
look_soon(struct data_channel *ch)
{
	ch->look_ms = DRAIN_MS;
	timer_set(&ch->look, ch->hooks->loop, 0, look, ch);
}

bool
data_channel_check(struct data_channel *ch)
{
	const bool left = ch->left; /* then a look may be its end */
	const struct leg *server = &ch->leg[SERVER];

	data_channel_look(ch);
	for (int side = CLIENT; !left && side <= SERVER; side++) {
		const struct leg *leg = &ch->leg[side];
		bool silent = ch->begun && !ch->upload && leg->stream != NULL && !server->moved &&
		    (leg == server ? !leg->ended : leg->draining);

		if (leg->end->ops->ask != NULL && (leg->state == LEG_LISTENING || silent))
			return leg->end->ops->ask(leg->end, leg->stream, ch->id);
	}
	if (left || !ch->upload || !server->dialled)
		return false;
	ch->asked++;
	if (server_check(ch))
		look_soon(ch);
	return true;
}

void
leg_pass_eof(struct leg *leg)
{
	struct data_channel *ch = leg->channel;
	struct leg *from = &ch->leg[OTHER(leg->side)];

	if (leg->side == CLIENT)
		leg_pump(from); /* what has come before the reply that ends it all */
	if (leg->stream == NULL)
		return;
	stream_wait_write(leg->stream, false);
	stream_eof(leg->stream);
	leg->draining = true;
	relay_free(&from->relay);
	if (from->stream != NULL && !from->ended) {
		stream_wait_read(from->stream, true);
		leg_pump(from);
	}
	look_soon(ch);
}

void
relay_stop(struct data_channel *ch)
{
	timer_stop(&ch->look);
	timer_stop(&ch->command);
	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];

		leg->checking = false;
		relay_free(&leg->relay);
		stream_wait_read(leg->stream, false);
		stream_wait_write(leg->stream, false);
	}
}
