#include "master/masters.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "options/options.h"

struct one {
	struct masters *masters;
	struct master *master;
};

struct masters {
	struct master_settings further; /* of all but the first */
	master_fn *fn;
	void *arg;
	bool named; /* the first one, by the user */
	size_t count;
	struct one one[MASTERS_MAX];
};

static void
one_changed(void *arg, enum master_state state)
{
	struct one *one = arg;
	struct masters *m = one->masters;
	size_t i = (size_t)(one - m->one);

	if (i == 0) {
		if (state == MASTER_UP)
			masters_tend(m);
		m->fn(m->arg, state);
	} else if (state == MASTER_DOWN) {
		log_at(LOG_SESSIONS, "FtpMasters: one less: %s", master_reason(one->master));
	}
}

struct masters *
masters_new(struct loop *loop, const struct master_settings *settings, unsigned count,
    master_fn *fn, void *arg)
{
	struct masters *m = memory_make(struct masters, .fn = fn, .arg = arg, .further = *settings,
	    .named = settings->ctl_path != NULL);

	if (m == NULL)
		return NULL;
	m->further.ctl_path = m->further.config_path = NULL;
	for (size_t i = 0; i < count && i < MASTERS_MAX; i++) {
		struct one *one = &m->one[i];

		one->masters = m;
		one->master = master_new(loop, i == 0 ? settings : &m->further, one_changed, one);
		if (one->master == NULL)
			break;
		m->count++;
	}
	if (m->count > 0)
		return m;
	masters_free(m);
	return NULL;
}

void
masters_stop(struct masters *m)
{
	for (size_t i = m->count; i-- > 0;)
		master_stop(m->one[i].master);
}

void
masters_free(struct masters *m)
{
	if (m == NULL)
		return;
	for (size_t i = m->count; i-- > 0;)
		master_free(m->one[i].master);
	free(m);
}

struct master *
masters_first(const struct masters *m)
{
	return m->one[0].master;
}

void
masters_tend(struct masters *m)
{
	const struct master *first = m->one[0].master;

	if (master_state(first) != MASTER_UP || !master_is_ours(first))
		return;
	for (size_t i = 1; i < m->count; i++)
		master_want(m->one[i].master, false);
}

size_t
masters_count(const struct masters *m)
{
	return m->count;
}

const char *
masters_path(const struct masters *m, size_t i)
{
	return master_state(m->one[i].master) == MASTER_UP ? master_path(m->one[i].master) : "";
}

enum forward_method
masters_method(const struct masters *m, enum forward_method asked)
{
	const struct master *first = m->one[0].master;

	if (asked != METHOD_AUTO)
		return asked;
	return master_is_ours(first) || (master_state(first) != MASTER_UP && !m->named) ?
	    METHOD_PROXY : METHOD_MUX;
}
