#include "ends/far_set.h"

#include <errno.h>
#include <stdlib.h>

#include "base/compat.h"

struct far_set {
	struct end end;
	size_t count, latest;
	struct member {
		struct far_set *set;
		struct end *far;
		bool gone;
	} member[];
};

/* The control connection, which the first one has, is next to nothing. */
static unsigned
load(const struct far_set *f, const struct member *m)
{
	return m == &f->member[0] && m->far->uses > 0 ? m->far->uses - 1 : m->far->uses;
}

/* The one with the least to do; of several the next in turn. */
static struct end *
least(struct far_set *f, unsigned channel)
{
	const struct member *best = &f->member[0];
	size_t first = f->latest + 1;

	if (channel == CHANNEL_CONTROL)
		return best->far;
	for (size_t i = 0; i < f->count; i++) {
		const struct member *m = &f->member[(first + i) % f->count];

		if (m->gone || (i > 0 && load(f, m) >= load(f, best)))
			continue;
		best = m;
	}
	f->latest = (size_t)(best - f->member);
	return best->far;
}

/* What a further master carried is broken; the rest goes on. */
static void
set_answer(void *arg, const struct end_result *r)
{
	struct member *m = arg;
	struct far_set *f = m->set;
	struct end_result mine = *r;

	if (r->event == END_GONE) {
		m->gone = true;
		mine.all = m == &f->member[0];
	}
	f->end.fn(f->end.arg, &mine);
}

static bool
set_dial(struct end *end, unsigned channel, const char *host, uint16_t port)
{
	struct end *far = least((struct far_set *)end, channel);

	return far->ops->dial(far, channel, host, port);
}

static bool
set_listen(struct end *end, unsigned channel, uint8_t family)
{
	struct end *far = least((struct far_set *)end, channel);

	return far->ops->listen(far, channel, family);
}

static void
set_cancel(struct end *end, unsigned channel)
{
	struct far_set *f = (struct far_set *)end;

	for (size_t i = 0; i < f->count; i++)
		f->member[i].far->ops->cancel(f->member[i].far, channel);
}

static bool
set_take(struct end *end, unsigned channel)
{
	(void)end;
	(void)channel;
	return false;
}

/* A stream knows who made it. */
static void
set_check(struct end *end, const struct stream *stream, check_fn *done, void *arg)
{
	struct far_set *f = (struct far_set *)end;
	struct end *far = f->member[0].far;

	for (size_t i = 0; stream != NULL && i < f->count; i++)
		if (stream->uses == &f->member[i].far->uses)
			far = f->member[i].far;
	far->ops->check(far, stream, done, arg);
}

static unsigned
set_count(const struct end *end)
{
	const struct far_set *f = (const struct far_set *)end;
	unsigned n = 0;

	for (size_t i = 0; i < f->count; i++)
		n += f->member[i].far->ops->count(f->member[i].far);
	return n;
}

static void
set_free(struct end *end)
{
	struct far_set *f = (struct far_set *)end;

	for (size_t i = 0; i < f->count; i++)
		f->member[i].far->ops->free(f->member[i].far);
	free(f);
}

static const struct end_ops set_ops = { set_dial, set_listen, set_cancel, set_take, set_check,
	set_count, set_free };

struct end *
far_set_new(struct loop *loop, const struct far_config *config, size_t count, end_fn *fn, void *arg)
{
	struct far_set *f = calloc(1, sizeof(*f) + count * sizeof(f->member[0]));
	int saved;

	if (f == NULL)
		return NULL;
	f->end = (struct end){ &set_ops, loop, fn, arg, 0 };
	for (size_t i = 0; i < count; i++) {
		struct member *m = &f->member[f->count];

		m->set = f;
		if ((m->far = far_new(loop, &config[i], set_answer, m)) != NULL)
			f->count++;
		else if (i == 0)
			break;
	}
	if (f->count == 0) {
		saved = errno;
		free(f);
		errno = saved;
		return NULL;
	}
	/* so that sessions of one channel do not all take the same master */
	f->latest = arc4random_uniform((uint32_t)f->count);
	return &f->end;
}

void
far_set_keep(struct end *end, struct keep *keep)
{
	struct far_set *f = (struct far_set *)end;

	for (size_t i = 0; i < f->count; i++)
		far_keep(f->member[i].far, keep, (unsigned)i);
}
