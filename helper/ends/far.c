#include "ends/far.h"

#include <errno.h>
#include <stdlib.h>

#include "base/compat.h"
#include "ends/far_private.h"
#include "ends/forwards.h"
#include "ends/keep.h"
#include "relay/stream.h"

const char far_refused[] = "the ssh server could not connect to it";

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

void
far_master_gone(void *arg, const char *reason)
{
	struct far_master *m = arg;

	m->gone = true;
	m->end->fn(m->end->arg, &(struct end_result){ .event = EV_GONE, .reason = reason,
	    .all = m->number == 0 });
}

void
far_master_checked(void *arg, const struct stream *asked, unsigned channel, bool alive)
{
	const struct far_master *m = arg;

	m->end->fn(m->end->arg, &(struct end_result){ .event = alive ? EV_ALIVE : EV_DEAD,
	    .channel = channel, .asked = asked });
}

static bool
far_dial(struct end *end, unsigned channel, const char *host, uint16_t port)
{
	struct far_master *m = least(end, channel);

	return m->dialler->dial(m, channel, host, port);
}

static bool
far_listens(struct end *end, unsigned channel, uint8_t family)
{
	return far_listen(least(end, channel), channel, family);
}

/* A stream knows who made it. */
struct far_master *
far_master_of(struct end *end, const struct stream *stream)
{
	struct far *far = (struct far *)end;
	struct far_master *m = &far->master[0];

	for (size_t i = 0; stream != NULL && i < far->count; i++)
		if (stream->uses == &far->master[i].uses)
			m = &far->master[i];
	return m;
}

/* An end of file of a channel is a message of sshd; the end of the master is the end of the connection. A
 * socket is the master's, which may close it before that one when it dies: it is asked. */
static void
far_check(struct end *end, const struct stream *stream, unsigned channel)
{
	struct far_master *m = far_master_of(end, stream);
	bool of_socket = stream != NULL && stream->fd != -1;
	struct forwards *asked = of_socket ? m->listens : NULL;

	if (m->proxy == NULL)
		asked = m->gone ? NULL : m->dials;
	if (asked != NULL)
		forwards_check(asked, far_master_checked, m, stream, channel);
	else
		far_master_checked(m, stream, channel, !m->gone);
}

static unsigned
far_count(const struct end *end)
{
	const struct far *far = (const struct far *)end;
	unsigned n = 0;

	for (size_t i = 0; i < far->count; i++) {
		const struct far_master *m = &far->master[i];

		n += m->uses + far_unanswered(m) + forwards_count(m->dials) + forwards_count(m->listens);
	}
	return n;
}

static void
master_close(struct far_master *m)
{
	int saved = errno;

	forwards_free(m->listens);
	forwards_free(m->dials);
	proxy_free(m->proxy);
	errno = saved;
}

static void
far_free(struct end *end)
{
	struct far *far = (struct far *)end;

	slots_free(end);
	for (size_t i = 0; i < far->count; i++)
		master_close(&far->master[i]);
	free(far);
}

static const struct end_ops far_ops = { .dial = far_dial, .listen = far_listens, .cancel = slots_cancel,
	.look = far_look, .ask = far_ask, .check = far_check, .count = far_count, .free = far_free };

/* false with errno: it does not answer. */
static bool
master_open(struct far_master *m, int adopt)
{
	m->listens = forwards_new(m->end->loop, m->ctl_path, NULL, NULL);
	if (m->listens != NULL && m->dialler->open(m, adopt))
		return true;
	master_close(m);
	return false;
}

struct end *
far_new(struct loop *loop, const struct far_config *c, end_fn *fn, void *arg)
{
	struct far *far = calloc(1, sizeof(*far) + c->masters * sizeof(far->master[0]));
	int saved;

	if (far == NULL)
		return NULL;
	far->end = (struct end){ &far_ops, loop, fn, arg, NULL };
	for (size_t i = 0; i < c->masters; i++) {
		struct far_master *m = &far->master[far->count];

		*m = (struct far_master){ .end = &far->end, .ctl_path = c->ctl_path[i],
			.number = (unsigned)far->count, .bind = c->bind, .ask = c->ask, .may_by_name = c->by_name,
			.dialler = c->by_proxy ? &dial_by_proxy : &dial_by_mux };
		if (*m->ctl_path != '\0' && master_open(m, i == 0 ? c->adopt : -1))
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

	for (size_t i = 0; i < far->count; i++)
		if (far->master[i].proxy != NULL && !far->master[i].kept)
			far->master[i].kept = keep_proxy(keep, far->master[i].number, far->master[i].proxy);
}
