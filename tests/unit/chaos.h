/* Anything that may happen to a session, in any order; what must hold is checked on the way
 * (dialogue.h), and that every session comes to its end. */
#ifndef CHAOS_H
#define CHAOS_H

#include "dialogue.h"

/* Could the process around the session report this of a channel now? */
static inline bool
chaos_possible(const struct model *m, enum event_kind kind, enum side end)
{
	bool running = m->connected[CLIENT] && m->connected[SERVER];
	bool awaited = (m->listening[end] || m->dialled[end]) && !m->connected[end];

	if (m->id == 0 || m->failed[end])
		return false;
	switch (kind) {
	case EV_LISTENING:
		return m->asked[end];
	case EV_CONNECTED:
		return awaited;
	case EV_FAILED:
		return m->asked[end] || awaited;
	case EV_EOF:
		return running && !m->ended[end] && !m->reset[end];
	case EV_RESET:
		return running && !m->reset[end];
	case EV_DRAINED:
		return running && m->eof_passed[end];
	case EV_TIMER:
		return m->timer;
	case EV_CLOSED:
		break;
	}
	return false;
}

static inline bool
chaos_event(struct dialogue *d, enum event_kind kind, unsigned channel, enum side end,
    uint16_t port, uint64_t bytes)
{
	const struct model *m = dialogue_model(d, channel, false);

	if (m == NULL || channel == 0 || !chaos_possible(m, kind, end))
		return false;
	dialogue_event(d, kind, channel, end, port < 1024 ? (uint16_t)(port + 1024) : port, bytes);
	dialogue_settle(d);
	return true;
}

/* One that is possible, as r has it; false when there is none. */
static inline bool
chaos_any_event(struct dialogue *d, uint32_t r)
{
	enum { KINDS = EV_CLOSED, ALL = DIALOGUE_CHANNELS * KINDS * 2 };
	uint32_t at = r % ALL;

	for (uint32_t i = 0; i < ALL; i++, at = (at + 1) % ALL) {
		struct model *m = &d->model[at / (KINDS * 2)];
		enum side end = at % 2 ? SERVER : CLIENT;
		enum event_kind kind = (enum event_kind)(at / 2 % KINDS);

		if (chaos_possible(m, kind, end))
			return chaos_event(d, kind, m->id, end, (uint16_t)(r >> 8), r >> 4);
	}
	return false;
}

/* Whatever was left open: what is asked is refused, timers run out, data breaks. */
static inline void
chaos_run_out(struct dialogue *d)
{
	static const enum event_kind kinds[] = { EV_FAILED, EV_TIMER, EV_RESET };

	bool more = true;

	for (int n = 0; n < 100 && more; n++) {
		more = false;
		for (int i = 0; i < DIALOGUE_CHANNELS; i++)
			for (int k = 0; k < 6 && d->model[i].id != 0; k++)
				more |= chaos_event(d, kinds[k / 2], d->model[i].id,
				    k % 2 ? SERVER : CLIENT, 0, 0);
	}
}

static inline const char *
chaos_finish(struct dialogue *d, uint32_t r)
{
	d->unread[CLIENT] = d->unread[SERVER] = false;
	dialogue_settle(d);
	if (r & 1) {
		dialogue_end(d, CLIENT);
		chaos_run_out(d);
	}
	dialogue_end(d, SERVER);
	chaos_run_out(d);
	if (!session_over(d->s))
		dialogue_break(d, "the session does not end");
	return d->broken;
}

#endif
