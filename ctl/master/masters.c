#include "master/masters.h"

#include "base/log.h"

static void
first_changed(void *arg, enum master_state state)
{
	const struct masters *m = arg;

	if (state == MASTER_UP)
		masters_tend(m);
	m->fn(m->arg, state);
}

static void
further_changed(void *arg, enum master_state state)
{
	struct master *const *one = arg;

	if (state == MASTER_DOWN)
		log_at(LOG_SESSIONS, "FtpMasters: one less: %s", master_reason(*one));
}

int
masters_begin(struct masters *m, struct loop *loop, const struct master_settings *settings,
    unsigned count, master_fn *fn, void *arg)
{
	*m = (struct masters){ .fn = fn, .arg = arg, .further = *settings,
		.named = settings->ctl_path != NULL };
	m->further.ctl_path = m->further.config_path = NULL;
	for (struct master **one = m->one; m->count < count && m->count < MASTERS_MAX; one++) {
		*one = m->count == 0 ? master_new(loop, settings, first_changed, m) :
		    master_new(loop, &m->further, further_changed, one);
		if (*one == NULL)
			break;
		m->count++;
	}
	return m->count > 0 ? 0 : -1;
}

void
masters_stop(const struct masters *m)
{
	for (size_t i = m->count; i-- > 0;)
		master_stop(m->one[i]);
}

void
masters_end(struct masters *m)
{
	for (size_t i = m->count; i-- > 0;)
		master_free(m->one[i]);
}

void
masters_tend(const struct masters *m)
{
	if (master_state(m->one[0]) != MASTER_UP || !master_is_ours(m->one[0]))
		return;
	for (size_t i = 1; i < m->count; i++)
		master_want(m->one[i], false);
}

const char *
masters_path(const struct masters *m, size_t i)
{
	return master_state(m->one[i]) == MASTER_UP ? master_path(m->one[i]) : "";
}

enum forward_method
masters_method(const struct masters *m, enum forward_method asked)
{
	const struct master *first = m->one[0];

	if (asked != METHOD_AUTO)
		return asked;
	return master_is_ours(first) || (master_state(first) != MASTER_UP && !m->named) ?
	    METHOD_PROXY : METHOD_MUX;
}
