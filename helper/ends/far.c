#include "ends/far.h"

#include <errno.h>
#include <stdlib.h>

#include "base/compat.h"
#include "base/memory.h"
#include "ends/dial.h"
#include "ends/far_listen.h"
#include "ends/far_master.h"
#include "relay/stream.h"

struct far {
	struct end end;
	size_t count, latest;
	struct far_master master[];
};

/* The control connection, which the first one has, is next to nothing. */
static unsigned
load(const struct far_master *m)
{
	return m->number == 0 && m->uses > 0 ? m->uses - 1 : m->uses;
}

/* The one with the least to do; of several the next in turn. */
static struct far_master *
least(struct end *end, unsigned channel)
{
	struct far *far = (struct far *)end;
	struct far_master *best = &far->master[0];
	size_t first = far->latest + 1;

	if (channel == CHANNEL_CONTROL)
		return best;
	for (size_t i = 0; i < far->count; i++) {
		struct far_master *m = &far->master[(first + i) % far->count];

		if (!m->gone && (i == 0 || load(m) < load(best)))
			best = m;
	}
	far->latest = (size_t)(best - far->master);
	return best;
}

static bool
far_dial(struct end *end, unsigned channel, const char *host, uint16_t port)
{
	struct dialler *d = least(end, channel)->dialler;

	return d->ops->dial(d, channel, host, port);
}

static bool
far_listen(struct end *end, unsigned channel, uint8_t family)
{
	return far_listen_begin(least(end, channel)->listen, channel, family);
}

static void
far_cancel(struct end *end, unsigned channel)
{
	struct far *far = (struct far *)end;

	for (size_t i = 0; i < far->count; i++) {
		far->master[i].dialler->ops->cancel(far->master[i].dialler, channel);
		far_listen_cancel(far->master[i].listen, channel);
	}
}

/* A stream knows who made it. */
static void
far_check(struct end *end, const struct stream *stream, unsigned channel)
{
	struct far *far = (struct far *)end;
	struct dialler *d = far->master[0].dialler;

	for (size_t i = 0; stream != NULL && i < far->count; i++)
		if (stream->uses == &far->master[i].uses)
			d = far->master[i].dialler;
	d->ops->check(d, stream, channel);
}

static unsigned
far_count(const struct end *end)
{
	const struct far *far = (const struct far *)end;
	unsigned n = 0;

	for (size_t i = 0; i < far->count; i++) {
		const struct far_master *m = &far->master[i];

		n += m->uses + m->dialler->ops->count(m->dialler) + far_listen_count(m->listen);
	}
	return n;
}

static void
far_free(struct end *end)
{
	struct far *far = (struct far *)end;

	for (size_t i = 0; i < far->count; i++) {
		struct far_master *m = &far->master[i];

		far_listen_free(m->listen);
		m->dialler->ops->free(m->dialler);
	}
	free(far);
}

static const struct end_ops far_ops = { .dial = far_dial, .listen = far_listen, .cancel = far_cancel,
	.check = far_check, .count = far_count, .free = far_free };

/* false with errno: it does not answer. */
static bool
master_open(struct far_master *m, const struct far_config *c)
{
	int saved;

	m->dialler = !c->by_proxy ? dial_mux_new(m) :
				    dial_proxy_new(m, m->number == 0 ? c->adopt : -1);
	if (m->dialler == NULL)
		return false;
	if ((m->listen = far_listen_new(m, c->bind, c->by_name)) != NULL)
		return true;
	saved = errno;
	m->dialler->ops->free(m->dialler);
	errno = saved;
	return false;
}

struct end *
far_new(struct loop *loop, const struct far_config *c, end_fn *fn, void *arg)
{
	struct far *far = calloc(1, sizeof(*far) + c->masters * sizeof(far->master[0]));
	int saved;

	if (far == NULL)
		return NULL;
	far->end = (struct end){ &far_ops, loop, fn, arg };
	for (size_t i = 0; i < c->masters; i++) {
		struct far_master *m = &far->master[far->count];

		*m = (struct far_master){ .end = &far->end, .ctl_path = c->ctl_path[i],
			.number = (unsigned)far->count };
		if (*m->ctl_path != '\0' && master_open(m, c))
			far->count++;
		else if (i == 0)
			break;
	}
	/* so that sessions of one channel do not all take the same master */
	if (far->count > 0) {
		far->latest = arc4random_uniform((uint32_t)far->count);
		return &far->end;
	}
	saved = errno;
	free(far);
	errno = saved;
	return NULL;
}

void
far_keep(struct end *end, struct keep *keep)
{
	struct far *far = (struct far *)end;

	for (size_t i = 0; i < far->count; i++) {
		struct dialler *d = far->master[i].dialler;

		if (d->ops->keep != NULL)
			d->ops->keep(d, keep);
	}
}
