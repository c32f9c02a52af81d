#include "ends/far_private.h"

#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"

static bool
far_dial(struct end *end, unsigned channel, const char *host, uint16_t port)
{
	struct dialler *d = ((struct far *)end)->dialler;

	return d->ops->dial(d, channel, host, port);
}

static bool
far_listen(struct end *end, unsigned channel, uint8_t family)
{
	return far_listen_begin((struct far *)end, channel, family);
}

static void
far_cancel(struct end *end, unsigned channel)
{
	struct far *far = (struct far *)end;

	far->dialler->ops->cancel(far->dialler, channel);
	far_listen_cancel(far, channel);
}

static bool
far_take(struct end *end, unsigned channel)
{
	(void)end;
	(void)channel;
	return false;
}

static void
far_check(struct end *end, const struct stream *stream, check_fn *done, void *arg)
{
	struct dialler *d = ((struct far *)end)->dialler;

	(void)stream;
	d->ops->check(d, done, arg);
}

static unsigned
far_count(const struct end *end)
{
	const struct far *far = (const struct far *)end;

	return end->uses + far->dialler->ops->count(far->dialler) + far_listen_count(far);
}

static void
far_free(struct end *end)
{
	struct far *far = (struct far *)end;

	far_listen_free(far);
	far->dialler->ops->free(far->dialler);
	free(far);
}

static const struct end_ops far_ops = { far_dial, far_listen, far_cancel, far_take, far_check,
	far_count, far_free };

struct end *
far_new(struct loop *loop, const struct far_config *config, end_fn *fn, void *arg)
{
	struct far *far = memory_new(sizeof(*far));
	int saved;

	if (far == NULL)
		return NULL;
	far->end = (struct end){ &far_ops, loop, fn, arg, 0 };
	far->config = *config;
	far->dialler = config->by_proxy ?
	    dial_proxy_new(&far->end, config->ctl_path, config->window, config->adopt) :
	    dial_mux_new(&far->end, config->ctl_path);
	if (far->dialler != NULL)
		return &far->end;
	saved = errno;
	free(far);
	errno = saved;
	return NULL;
}

void
far_keep(struct end *end, struct keep *keep, unsigned number)
{
	struct dialler *d = ((struct far *)end)->dialler;

	d->ops->keep(d, keep, number);
}
