#include "fars.h"

#include <errno.h>
#include <stdlib.h>

#include "libbsd.h"

struct fars {
	struct end end;
	size_t count;
	unsigned latest; /* channel; their numbers grow */
	unsigned first; /* so that sessions of one channel do not all take the same master */
	struct member {
		struct fars *fars;
		struct end *far;
		unsigned until; /* it has no channels above this one */
	} member[];
};

/* Whose channel is it? The first master has those of one that is gone since. */
static struct end *
far_of(const struct fars *f, unsigned channel)
{
	const struct member *m = &f->member[(f->first + channel) % f->count];

	return channel <= m->until && channel != FARS_CONTROL ? m->far : f->member[0].far;
}

static struct end *
far_for(struct end *end, unsigned channel)
{
	struct fars *f = (struct fars *)end;

	if (channel > f->latest && channel != FARS_CONTROL)
		f->latest = channel;
	return far_of(f, channel);
}

/* What a further master carried ends with fars_check(); the rest goes on. */

static void
fars_answer(void *arg, const struct end_result *r)
{
	struct member *m = arg;
	struct fars *f = m->fars;

	if (r->event != END_GONE || m == &f->member[0])
		f->end.fn(f->end.arg, r);
	else if (m->until == UINT32_MAX)
		m->until = f->latest;
}

static void
fars_prepare(struct end *end, unsigned channel, const char *host, uint16_t port)
{
	struct end *far = far_for(end, channel);

	far->ops->prepare(far, channel, host, port);
}

static void
fars_dial(struct end *end, unsigned channel, const char *host, uint16_t port, int to)
{
	struct end *far = far_for(end, channel);

	far->ops->dial(far, channel, host, port, to);
}

static void
fars_listen(struct end *end, unsigned channel, uint8_t family)
{
	struct end *far = far_for(end, channel);

	far->ops->listen(far, channel, family);
}

/* All are asked: the channel's own may have gone since. */
static unsigned
fars_cancel(struct end *end, unsigned channel)
{
	struct fars *f = (struct fars *)end;
	unsigned n = 0;

	for (size_t i = 0; i < f->count; i++)
		n += f->member[i].far->ops->cancel(f->member[i].far, channel);
	return n;
}

static void
fars_free(struct end *end)
{
	struct fars *f = (struct fars *)end;

	for (size_t i = 0; i < f->count; i++)
		f->member[i].far->ops->free(f->member[i].far);
	free(f);
}

void
fars_check(struct end *end, unsigned channel, void (*done)(void *, bool), void *arg)
{
	far_check(far_of((struct fars *)end, channel), channel, done, arg);
}

static const struct end_ops fars_ops = { fars_prepare, fars_dial, fars_listen, fars_cancel,
	fars_free };

struct end *
fars_new(struct loop *loop, const struct far_config *config, size_t count, end_fn *fn, void *arg)
{
	struct fars *f = calloc(1, sizeof(*f) + count * sizeof(f->member[0]));
	int saved;

	if (f == NULL)
		return NULL;
	f->end = (struct end){ &fars_ops, loop, fn, arg };
	for (size_t i = 0; i < count; i++) {
		struct member *m = &f->member[f->count];

		m->fars = f;
		m->until = UINT32_MAX;
		if ((m->far = far_new(loop, &config[i], fars_answer, m)) != NULL)
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
	f->first = arc4random_uniform((uint32_t)f->count);
	return &f->end;
}
