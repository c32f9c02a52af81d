#include "master/masters.h"

#include "base/log.h"

static void
first_changed(void *arg, enum master_state state)
{
	struct masters *m = arg;

	if (state == MASTER_UP)
		masters_tend(m);
	m->fn(m->arg, state);
}

static void
further_changed(void *arg, enum master_state state)
{
	const struct master *one = arg;

	if (state == MASTER_DOWN)
		log_at(LOG_SESSIONS, "FtpMasters: one less: %s", one->reason);
}

void
masters_begin(struct masters *m, struct loop *loop, const struct master_settings *settings,
    unsigned count, master_fn *fn, void *arg)
{
	m->fn = fn;
	m->arg = arg;
	m->further = *settings;
	m->named = settings->ctl_path != NULL;
	m->further.ctl_path = m->further.config_path = NULL;
	master_begin(m->one, loop, settings, first_changed, m);
	for (m->count = 1; m->count < count && m->count < MASTERS_MAX; m->count++)
		master_begin(&m->one[m->count], loop, &m->further, further_changed, &m->one[m->count]);
}

void
masters_stop(struct masters *m)
{
	for (size_t i = m->count; i-- > 0;)
		master_stop(&m->one[i]);
}

void
masters_end(struct masters *m)
{
	for (size_t i = m->count; i-- > 0;)
		master_end(&m->one[i]);
}

void
masters_tend(struct masters *m)
{
	if (!master_is_ours(m->one))
		return;
	for (size_t i = 1; i < m->count; i++)
		master_want(&m->one[i], false);
}

const char *
masters_path(const struct masters *m, size_t i)
{
	return m->one[i].state == MASTER_UP ? m->one[i].path : "";
}

enum forward_method
masters_method(const struct masters *m, enum forward_method asked)
{
	const struct master *first = m->one;

	if (asked != METHOD_AUTO)
		return asked;
	return master_is_ours(first) || (first->state != MASTER_UP && !m->named) ?
	    METHOD_PROXY : METHOD_MUX;
}
