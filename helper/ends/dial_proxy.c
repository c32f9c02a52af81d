/* Dial over a proxy connection (proxy.h): every dial is answered with yes, or no and why, and
 * nothing of it stays in the master. */
#include "ends/dial.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "ends/keep.h"
#include "relay/stream.h"

struct dial {
	struct dial_proxy *of;
	struct dial *next;
	unsigned channel;
	struct stream *stream;
	struct timer deadline;
};

struct dial_proxy {
	struct dialler dialler;
	struct proxy *proxy;
	struct dial *dials; /* that are not answered */
};

/* What ssh has not answered yet it goes on dialling; the proxy connection closes it then. */
static void
dial_free(struct dial *dial)
{
	list_remove(dial, dial->of->dials, dial);
	timer_stop(&dial->deadline);
	stream_free(dial->stream);
	free(dial);
}

static void
dial_failed(struct dial *dial, const char *reason, bool forbidden)
{
	struct end *end = dial->of->dialler.master->end;
	struct end_result r = { .event = END_FAILED, .channel = dial->channel, .reason = reason,
		.forbidden = forbidden };

	log_at(LOG_DETAIL, "dial refused: %s", reason);
	dial->channel = 0;
	end->fn(end->arg, &r); /* the reason may be the stream's */
	dial_free(dial);
}

static void
dial_expired(void *arg)
{
	dial_failed(arg, "timed out", false);
}

static void
dial_event(void *arg, enum stream_event event, const char *reason)
{
	struct dial *dial = arg;
	struct end *end = dial->of->dialler.master->end;
	struct end_result r = { .event = END_CONNECTED, .channel = dial->channel,
		.stream = dial->stream };

	if (event == STREAM_REFUSED || event == STREAM_FORBIDDEN) {
		dial_failed(dial, reason != NULL ? reason : "refused", event == STREAM_FORBIDDEN);
		return;
	}
	dial->stream = NULL;
	dial_free(dial);
	end->fn(end->arg, &r);
}

static void
proxy_gone(void *arg, const char *reason)
{
	struct dial_proxy *p = arg;

	p->dialler.master->gone = true;
	while (p->dials != NULL)
		dial_failed(p->dials, reason, false);
	dialler_gone(&p->dialler, reason);
}

/* ---- the verbs ---- */

static bool
proxy_dialler_dial(struct dialler *d, unsigned channel, const char *host, uint16_t port)
{
	struct dial_proxy *p = (struct dial_proxy *)d;
	struct far_master *m = d->master;
	struct dial *dial;

	if (m->gone) {
		errno = EPIPE;
		return false;
	}
	if ((dial = memory_new(sizeof(*dial))) == NULL)
		return false;
	dial->of = p;
	dial->channel = channel;
	list_add(p->dials, dial);
	dial->stream = stream_dial(p->proxy, host, port, dial_event, dial, &m->uses);
	if (dial->stream == NULL) {
		dial_free(dial);
		return false;
	}
	timer_set(&dial->deadline, m->end->loop, DIAL_TIMEOUT_MS, dial_expired, dial);
	return true;
}

static void
proxy_dialler_cancel(struct dialler *d, unsigned channel)
{
	struct dial *dial, *next;

	for (dial = ((struct dial_proxy *)d)->dials; dial != NULL; dial = next) {
		next = dial->next;
		if (dial->channel == channel)
			dial_free(dial);
	}
}

/* An end of file is a message of sshd; the end of the master is the end of the connection. */
static void
proxy_dialler_check(struct dialler *d, const struct stream *stream, unsigned channel)
{
	dialler_checked(d, stream, channel, !d->master->gone);
}

/* The streams of those that are still waited for are counted by the end. */
static unsigned
proxy_dialler_count(const struct dialler *d)
{
	const struct dial_proxy *p = (const struct dial_proxy *)d;
	unsigned n = d->master->gone ? 0 : proxy_unanswered(p->proxy);

	for (const struct dial *dial = p->dials; dial != NULL && n > 0; dial = dial->next)
		n--;
	return n;
}

static void
proxy_dialler_keep(struct dialler *d, struct keep *keep)
{
	struct proxy *proxy = ((struct dial_proxy *)d)->proxy;
	int trace = keep != NULL ? proxy_trace(proxy) : -1;

	if (trace == -1)
		return;
	if (keep_proxy(keep, d->master->number, proxy_fd(proxy), trace) == 0)
		proxy_kept(proxy, keep_lives, keep);
	close(trace);
}

static void
proxy_dialler_free(struct dialler *d)
{
	struct dial_proxy *p = (struct dial_proxy *)d;

	while (p->dials != NULL)
		dial_free(p->dials);
	proxy_free(p->proxy);
	free(p);
}

static const struct dialler_ops ops = { .dial = proxy_dialler_dial, .cancel = proxy_dialler_cancel,
	.check = proxy_dialler_check, .count = proxy_dialler_count, .keep = proxy_dialler_keep,
	.free = proxy_dialler_free };

struct dialler *
dial_proxy_new(struct far_master *m, int adopt)
{
	struct dial_proxy *p = memory_new(sizeof(*p));
	struct loop *loop = m->end->loop;
	int saved;

	if (p == NULL)
		return NULL;
	p->dialler = (struct dialler){ &ops, m };
	if (adopt != -1 && (p->proxy = proxy_adopt(loop, m->ctl_path, adopt, proxy_gone, p)) == NULL)
		close(adopt);
	if (p->proxy == NULL)
		p->proxy = proxy_new(loop, m->ctl_path, proxy_gone, p);
	if (p->proxy != NULL)
		return &p->dialler;
	saved = errno;
	free(p);
	errno = saved;
	return NULL;
}
