/* How a data channel ends: in order at both ends, or so that nobody takes a part for the whole. */
#include "broker/channel_private.h"
#include "ends/keep.h"

#define LINGER_MS 5000 /* for the peer to close after our FIN */
#define DUE_MS 10000   /* for an end that may be on its way */

static void
channel_over(void *arg)
{
	data_channel_free(arg);
}

void
left_if_empty(struct data_channel *ch)
{
	for (int side = CLIENT; side <= SERVER; side++)
		if (ch->leg[side].stream != NULL || ch->leg[side].due)
			return;
	channel_over(ch);
}

/* Let go of: what a peer still sends is thrown away until it closes. */
static void
left_event(void *arg, enum proxy_event event, const char *reason)
{
	struct leg *leg = arg;
	int n = stream_discard(leg->stream);

	if (n > 0)
		return;
	/* one that had ended its side before may read on; one that ends it now has given up */
	if (n == 0 && leg->held && leg->ended && stream_half_closed(leg->stream) &&
	    !stream_closed(leg->stream)) {
		stream_wait_read(leg->stream, leg->stream->channel != NULL);
		return;
	}
	leg_close(leg);
	left_if_empty(leg->channel);
}

static void
left_watch(struct leg *leg)
{
	stream_owner(leg->stream, left_event, leg);
	stream_wait_read(leg->stream, true);
}

static void
left_until(struct data_channel *ch, unsigned ms)
{
	timer_set(&ch->end, ch->hooks->loop, ms, channel_over, ch);
}

/* It was broken off while this end was on its way: the server must not take that for its end. */
void
due_connected(struct leg *leg, struct stream *stream)
{
	leg->due = false;
	leg->held = true;
	leg->stream = stream;
	left_watch(leg);
	left_until(leg->channel, leg->channel->hooks->abort_hold_ms);
}

/* Perhaps from inside a look at the channel. */
void
due_failed(struct leg *leg)
{
	leg->due = false;
	if (leg->channel->leg[OTHER(leg->side)].stream == NULL)
		left_until(leg->channel, 0);
}

/* ---- letting go ---- */

void
channel_leave(struct data_channel *ch)
{
	relay_stop(ch);
	ch->left = true;
	if (ch->place != -1)
		counts_end(ch->hooks->counts, ch->place);
	ch->place = -1;
}

void
channel_unkeep(struct data_channel *ch)
{
	if (ch->kept)
		keep_release(ch->hooks->keep, ch->id);
	ch->kept = false;
}

/* Done with: an end that got our FIN may still close in its own time, so that unread input
 * does not turn our close into a reset. Who has never sent anything needs no such care. */
void
both_close(struct data_channel *ch)
{
	channel_leave(ch);
	channel_unkeep(ch);
	for (int side = CLIENT; side <= SERVER; side++) {
		struct leg *leg = &ch->leg[side];
		bool broken = leg->reset, idle = ch->leg[OTHER(side)].relay.bytes == 0;

		if (leg->state != LEG_CONNECTED || leg->stream == NULL) {
			leg_drop(leg);
			continue;
		}
		if (!broken && !(leg->ended && idle && leg->stream->channel != NULL))
			stream_eof(leg->stream); /* else its close is all that it needs */
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
	if (broken)
		stream_break(leg->stream);
	else
		stream_eof(leg->stream);
	leg_close(leg);
	return false;
}

void
both_abort(struct data_channel *ch, unsigned mask)
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
