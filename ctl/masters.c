#include "masters.h"

#include <sys/mman.h>

#include <stdlib.h>
#include <unistd.h>

#include "counters.h"
#include "log.h"

struct one {
	struct masters *masters;
	struct master *master;
};

struct masters {
	struct master_settings further; /* of all but the first */
	master_fn *fn;
	void *arg;
	int counters;
	atomic_uint *forwards; /* one for each; NULL: nobody counts */
	size_t count;
	struct one one[COUNTERS_MAX];
};

/* A new one was asked for no forwards yet. */
static void
one_changed(void *arg, enum master_state state)
{
	struct one *one = arg;
	struct masters *m = one->masters;
	size_t i = (size_t)(one - m->one);

	if (state == MASTER_UP && m->forwards != NULL)
		atomic_store(&m->forwards[i], 0);
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
	struct masters *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->fn = fn;
	m->arg = arg;
	m->further = *settings;
	m->further.ctl_path = m->further.config_path = NULL;
	if ((m->counters = counters_new()) != -1)
		m->forwards = counters_map(m->counters);
	for (size_t i = 0; i < count && i < COUNTERS_MAX; i++) {
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
masters_free(struct masters *m)
{
	if (m == NULL)
		return;
	for (size_t i = m->count; i-- > 0;)
		master_free(m->one[i].master);
	if (m->forwards != NULL)
		munmap(m->forwards, COUNTERS_SIZE);
	if (m->counters != -1)
		close(m->counters);
	free(m);
}

struct master *
masters_first(const struct masters *m)
{
	return m->one[0].master;
}

void
masters_child(struct masters *m)
{
	for (size_t i = 0; i < m->count; i++)
		master_child(m->one[i].master);
}

void
masters_tend(struct masters *m)
{
	const struct master *first = m->one[0].master;

	if (master_state(first) != MASTER_UP || master_keeper(first) == -1)
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

int
masters_keeper(const struct masters *m, size_t i)
{
	return master_keeper(m->one[i].master);
}

int
masters_counters(const struct masters *m)
{
	return m->forwards != NULL ? m->counters : -1;
}
