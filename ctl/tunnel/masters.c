#include "tunnel/masters.h"

#include "base/log.h"

static void
further_changed(void *arg, enum master_state state)
{
	const struct master *one = arg;

	if (state == MASTER_DOWN)
		log_at(LOG_SESSIONS, "FtpMasters: one less: %s", one->reason);
}

void
masters_begin(struct masters *m, size_t count, struct loop *loop, const struct master_settings *settings,
    master_fn *fn, void *arg)
{
	m->count = count;
	m->further = *settings;
	m->further.ctl_path = m->further.config_path = NULL;
	master_begin(&m->one[0], loop, settings, fn, arg);
	for (size_t i = count; i-- > 1;)
		master_begin(&m->one[i], loop, &m->further, further_changed, &m->one[i]);
}

void
masters_tend(struct masters *m)
{
	for (size_t i = 1; i < m->count && master_is_ours(&m->one[0]); i++)
		master_want(&m->one[i], false);
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
