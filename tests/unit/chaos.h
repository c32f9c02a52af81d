/* Anything that may happen to a session, in any order; what must hold is checked on the way
 * (dialogue.h), and that every session comes to its end. */
#ifndef CHAOS_H
#define CHAOS_H

#include "dialogue.h"

#define CHAOS_KINDS (EV_TIMER + 1)

/* Could the process around the session report this of a channel now? */
static inline bool
chaos_possible(const struct model *m, enum event_kind kind, enum side end)
{
	bool running = m->connected[CLIENT] && m->connected[SERVER];
	bool here = running && !m->ended[end] && !m->reset[end];
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
	case EV_STRANGER:
		return end == CLIENT && m->listening[end] && !m->connected[end];
	case EV_MOVED:
		return here && !m->moved[end];
	case EV_EOF:
		return here;
	case EV_RESET:
		return running && !m->reset[end];
	case EV_DRAINED:
		return running && m->eof_passed[end];
	case EV_ALIVE:
		return m->checking;
	case EV_TIMER:
		return m->timer;
	default:
		return false;
	}
}

/* nth: which client state an end tells, and how much has moved. */
static inline bool
chaos_event(struct ftp_dialogue *d, enum event_kind kind, unsigned channel, enum side end,
    uint16_t port, uint64_t nth)
{
	struct model *m = dialogue_model(d, channel, false);
	struct event e = { .kind = kind, .channel = channel, .end = end,
		.port = port < 1024 ? (uint16_t)(port + 1024) : port,
		.client = (enum client_state)(nth % 3),
		.reason = kind == EV_FAILED && nth % 4 == 0 ? "administratively prohibited" : NULL,
		.refusal = nth % 4 == 0 ? REFUSED_FORBIDDEN : REFUSED };

	if (m == NULL || channel == 0 || !chaos_possible(m, kind, end))
		return false;
	if (kind == EV_STRANGER)
		e.port = (uint16_t)(nth % 3 + 1);
	if (kind == EV_EOF && (m->moved[end] || nth % 2))
		m->from[end] += nth % 7;
	if (kind == EV_EOF && m->from[end] > 0)
		chaos_event(d, EV_MOVED, channel, end, 0, 0);
	if (m->id != channel)
		return true;
	dialogue_event(d, &e);
	dialogue_settle(d);
	return true;
}

static inline bool
chaos_timer(struct ftp_dialogue *d)
{
	if (!d->timer && d->early == 0)
		return false;
	dialogue_event(d, &(struct event){ .kind = EV_TIMER, .channel = d->timer ? 0 : d->early });
	dialogue_settle(d);
	return true;
}

/* One that is possible, as r has it; false when there is none. */
static inline bool
chaos_any_event(struct ftp_dialogue *d, uint32_t r)
{
	enum { ALL = DIALOGUE_CHANNELS * CHAOS_KINDS * 2 };
	uint32_t at = r % ALL;

	if (r % 8 == 0 && chaos_timer(d))
		return true;
	for (uint32_t i = 0; i < ALL; i++, at = (at + 1) % ALL) {
		struct model *m = &d->model[at / (CHAOS_KINDS * 2)];
		enum side end = at % 2 ? SERVER : CLIENT;
		enum event_kind kind = (enum event_kind)(at / 2 % CHAOS_KINDS);

		if (chaos_possible(m, kind, end))
			return chaos_event(d, kind, m->id, end, (uint16_t)(r >> 8), r >> 4);
	}
	return false;
}

/* Whatever was left open: what is asked is refused, timers run out, data breaks. */
static inline void
chaos_run_out(struct ftp_dialogue *d)
{
	static const enum event_kind kinds[] = { EV_FAILED, EV_TIMER, EV_ALIVE, EV_RESET };

	bool more = true;

	for (int n = 0; n < 100 && more; n++) {
		more = chaos_timer(d);
		for (int i = 0; i < DIALOGUE_CHANNELS; i++)
			for (int k = 0; k < 8 && d->model[i].id != 0; k++)
				more |= chaos_event(d, kinds[k / 2], d->model[i].id,
				    k % 2 ? SERVER : CLIENT, 0, 0);
	}
}

static inline const char *
chaos_finish(struct ftp_dialogue *d, uint32_t r)
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
