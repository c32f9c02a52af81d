#include "state/session_channel.h"

#include <string.h>

struct channel *
channel_asked(const struct session *s, unsigned id)
{
	for (int i = 0; i < SESSION_SLOTS; i++)
		if (s->channel[i].id == id && id != 0)
			return (struct channel *)&s->channel[i];
	return NULL;
}

struct channel *
channel_by_id(const struct session *s, unsigned id)
{
	struct channel *ch = channel_asked(s, id);

	return ch == NULL || ch->dead ? NULL : ch;
}

struct channel *
channel_next(const struct session *s, const struct channel *ch)
{
	for (ch = ch == NULL ? s->channel : ch + 1; ch < s->channel + SESSION_SLOTS; ch++)
		if (ch->id != 0 && !ch->dead)
			return (struct channel *)ch;
	return NULL;
}

void
channel_sweep(struct session *s)
{
	for (int i = 0; i < SESSION_SLOTS; i++)
		if (s->channel[i].dead)
			s->channel[i].id = 0;
}

/* A free slot, else that of the one which has been dead for longest. */
static struct channel *
slot_find(struct session *s)
{
	struct channel *oldest = NULL;

	for (int i = 0; i < SESSION_SLOTS; i++) {
		struct channel *ch = &s->channel[i];

		if (ch->id == 0)
			return ch;
		if (ch->dead && (oldest == NULL || ch->id < oldest->id))
			oldest = ch;
	}
	return oldest;
}

struct channel *
channel_new(struct session *s, enum ftp_verb client_verb)
{
	struct channel *failed = NULL, *ch;
	int living = 0;

	for (ch = channel_next(s, NULL); ch != NULL; ch = channel_next(s, ch)) {
		living++;
		if (ch->final >= 300)
			failed = ch;
	}
	if (living >= SESSION_CHANNELS && failed == NULL)
		return NULL;
	if (living >= SESSION_CHANNELS)
		channel_abort(s, failed, MASK(CLIENT));
	ch = slot_find(s);
	memset(ch, 0, sizeof(*ch));
	ch->id = ++s->next_id;
	ch->client_verb = client_verb;
	return ch;
}

/* ---- what is done with one ---- */

void
channel_act(struct session *s, struct channel *ch, enum action_kind kind, enum side end)
{
	output_act(&s->out, &(struct action){ .kind = kind, .channel = ch->id, .end = end });
}

/* What is to be had at the client's end together with what the server's end dials: one action. */
void
channel_open(struct session *s, struct channel *ch, enum side side, enum end_verb verb,
    uint8_t family)
{
	struct action a = { .kind = ACT_OPEN, .channel = ch->id };
	struct end *server = &ch->end[SERVER];

	a.ends[side].verb = verb;
	if (verb == END_DIAL)
		a.ends[side].address = side == CLIENT ? ch->client_addr : ch->server_addr;
	else
		a.ends[side].address.family = family;
	ch->end[side].asked = verb == END_LISTEN;
	ch->end[side].dialled = verb == END_DIAL;
	if (side == CLIENT && verb == END_LISTEN && server->dials && !server->dialled) {
		a.ends[SERVER] = (struct end_request){ END_DIAL, ch->server_addr };
		server->dialled = true;
	}
	output_act(&s->out, &a);
	if (!ch->opened && ch->dir != DIR_NONE) {
		ch->opened = true;
		channel_begin(s, ch);
	}
	ch->opened = true;
}

/* The transfer command is sent; its setup may not be done yet. */
void
channel_begin(struct session *s, struct channel *ch)
{
	if (ch->opened)
		output_act(&s->out, &(struct action){ .kind = ACT_BEGIN, .channel = ch->id,
			.upload = ch->dir == DIR_UP });
}

struct pending *
channel_transfer(const struct session *s, const struct channel *ch)
{
	return queue_find(&s->queue, TRANSFERS, ch->id);
}

bool
channel_joined(const struct channel *ch)
{
	return ch->end[CLIENT].connected && ch->end[SERVER].connected;
}

bool
channel_may_go(const struct session *s, const struct channel *ch, enum direction dir)
{
	bool maybe = ch->owned;

	for (size_t i = 0; i < s->queue.count; i++) {
		const struct pending *p = queue_at(&s->queue, i);

		maybe |= p->kind == PENDING_PLAIN && (unsigned)p->number == ch->id;
		if (p->kind == PENDING_TRANSFER && p->channel == ch->id && p->number == FTP_STOR && dir == DIR_UP)
			return true; /* its turn may have come: a reply before it may have been another's */
	}
	return ch->dir == dir || (ch->dir == DIR_NONE && maybe);
}

bool
channel_dials_client(const struct channel *ch)
{
	return ch->end[SERVER].connected && ch->end[CLIENT].dialled && !ch->end[CLIENT].connected;
}

bool
channel_waited(const struct channel *ch, enum channel_timer timer)
{
	return (ch->waited & (1U << timer)) != 0;
}

void
channel_arm(struct session *s, struct channel *ch, enum channel_timer timer)
{
	static const unsigned ms[] = { [TIMER_FINAL] = FINAL_MS, [TIMER_STALL] = STALL_MS,
		[TIMER_OWNER] = OWNER_MS, [TIMER_PORT] = WHOSE_MS,
		[TIMER_CONNECTION] = WHOSE_MS, [TIMER_DIAL] = DIAL_MS };
	struct action a = { .kind = ACT_TIMER, .channel = ch->id };

	if (timer == TIMER_NONE && ch->timer == TIMER_NONE)
		return;
	if (timer == TIMER_DYING && ch->client == CLIENT_DIES)
		a.ms = DIES_MS;
	else if (timer == TIMER_DYING)
		a.ms = channel_moved(s, ch, CLIENT) > LARGE ? LARGE_MS : UNKNOWN_MS;
	else if (timer != TIMER_NONE)
		a.ms = ms[timer];
	ch->timer = timer;
	ch->waited &= ~(1U << timer);
	ch->progress = channel_progress(s, ch);
	output_act(&s->out, &a);
}

void
channel_pass_eof(struct session *s, struct channel *ch, enum side end)
{
	if (ch->end[end].passed || ch->dead || !ch->end[end].connected)
		return;
	ch->end[end].passed = true;
	channel_act(s, ch, ACT_EOF, end);
}

static void
channel_end(struct session *s, struct channel *ch, const struct action *a)
{
	if (ch->dead)
		return;
	ch->dead = true;
	if (s->current == ch)
		s->current = NULL;
	if (ch->opened)
		output_act(&s->out, a);
	else
		channel_arm(s, ch, TIMER_NONE);
}

void
channel_close(struct session *s, struct channel *ch)
{
	channel_end(s, ch, &(struct action){ .kind = ACT_CLOSE, .channel = ch->id });
}

void
channel_abort(struct session *s, struct channel *ch, unsigned mask)
{
	channel_end(s, ch, &(struct action){ .kind = ACT_ABORT, .channel = ch->id, .mask = mask });
}

/* ---- how much has moved ---- */

static struct session_count
channel_count(const struct session *s, const struct channel *ch)
{
	struct session_count c = { 0 };

	if (s->config.count != NULL)
		s->config.count(s->config.arg, ch->id, &c);
	return c;
}

uint64_t
channel_moved(const struct session *s, const struct channel *ch, enum side from)
{
	uint64_t n = channel_count(s, ch).from[from];

	return n == 0 && ch->end[from].moved ? 1 : n;
}

bool
channel_unsent(const struct session *s, const struct channel *ch)
{
	return channel_count(s, ch).unsent[CLIENT] > 0;
}

uint64_t
channel_progress(const struct session *s, const struct channel *ch)
{
	struct session_count c = channel_count(s, ch);

	return c.from[CLIENT] + c.from[SERVER] - c.unsent[CLIENT] - c.unsent[SERVER];
}

uint64_t
session_progress(const struct session *s)
{
	uint64_t n = 0;

	for (struct channel *ch = channel_next(s, NULL); ch != NULL; ch = channel_next(s, ch))
		n += channel_progress(s, ch);
	return n;
}
