/* Dial by the literal request of `ssh -O forward`: ssh listens on a unix socket of ours
 * (-L path:host:port), we connect to it, and cancel.
 *
 * Whether the far side could connect is not told: a refused dial is a full close of the socket with
 * nothing before it, which the channel looks for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/rundir.h"
#include "base/unixsock.h"
#include "ends/dial.h"
#include "ends/forwards.h"

struct dial {
	struct dial_mux *of;
	struct dial *next;
	unsigned channel;
	struct forward forward;
	struct opened *opened;
};

struct check {
	struct dialler *dialler;
	const struct stream *asked;
	unsigned channel;
};

struct dial_mux {
	struct dialler dialler;
	struct forwards *forwards;
	struct dial *dials; /* that are not answered */
};

static void
dial_free(struct dial *dial, bool used)
{
	list_remove(dial, dial->of->dials, dial);
	forwards_drop(dial->opened, used);
	free(dial);
}

static void
dial_answer(void *arg, const struct forward_result *r)
{
	struct dial *dial = arg;
	struct far_master *master = dial->of->dialler.master;
	unsigned channel = dial->channel;
	bool ok = r->status == FORWARD_OK;
	int fd = ok ? unixsock_connect(dial->forward.path) : -1;
	const char *reason = ok ? strerror(errno) : r->reason;

	unlink(dial->forward.path);
	dial_free(dial, fd != -1);
	if (fd != -1) {
		end_connected(master->end, channel, fd, &master->uses);
		return;
	}
	log_at(LOG_DETAIL, "forward refused: %s", reason);
	end_failed(master->end, channel, reason);
}

static void
mux_lost(void *arg, const char *reason)
{
	dialler_gone(arg, reason);
}

/* ---- the verbs ---- */

static bool
mux_dial(struct dialler *d, unsigned channel, const char *host, uint16_t port)
{
	struct dial_mux *m = (struct dial_mux *)d;
	struct dial *dial = memory_new(sizeof(*dial));
	int saved;

	if (dial == NULL)
		return false;
	*dial = (struct dial){ .of = m, .channel = channel,
		.forward = { .kind = FORWARD_LOCAL, .port = port } };
	list_add(m->dials, dial);
	snprintf(dial->forward.host, sizeof(dial->forward.host), "%s", host);
	if (d->master->gone)
		errno = EPIPE;
	else if (rundir_fresh(dial->forward.path, sizeof(dial->forward.path), 'd') == 0)
		dial->opened = forwards_open(m->forwards, &dial->forward, dial_answer, dial);
	if (dial->opened != NULL)
		return true;
	saved = errno;
	dial_free(dial, false);
	errno = saved;
	return false;
}

static void
mux_cancel(struct dialler *d, unsigned channel)
{
	struct dial *dial, *next;

	for (dial = ((struct dial_mux *)d)->dials; dial != NULL; dial = next) {
		next = dial->next;
		if (dial->channel == channel)
			dial_free(dial, false);
	}
}

/* A master that refuses something is alive, too. */
static void
check_answer(void *arg, const struct forward_result *r)
{
	struct check c = *(struct check *)arg;

	free(arg);
	dialler_checked(c.dialler, c.asked, c.channel,
	    r->status == FORWARD_OK || r->status == FORWARD_REFUSED);
}

static void
mux_check(struct dialler *d, const struct stream *stream, unsigned channel)
{
	struct check *c = d->master->gone ? NULL : memory_new(sizeof(*c));

	if (c != NULL)
		*c = (struct check){ d, stream, channel };
	if (c == NULL || !forwards_check(((struct dial_mux *)d)->forwards, check_answer, c)) {
		free(c);
		dialler_checked(d, stream, channel, false);
	}
}

static unsigned
mux_count(const struct dialler *d)
{
	return forwards_count(((const struct dial_mux *)d)->forwards);
}

static void
mux_dialler_free(struct dialler *d)
{
	struct dial_mux *m = (struct dial_mux *)d;

	while (m->dials != NULL)
		dial_free(m->dials, false);
	forwards_free(m->forwards);
	free(m);
}

static const struct dialler_ops ops = { .dial = mux_dial, .cancel = mux_cancel, .check = mux_check,
	.count = mux_count, .free = mux_dialler_free };

struct dialler *
dial_mux_new(struct far_master *master)
{
	struct dial_mux *m = memory_new(sizeof(*m));
	int saved;

	if (m == NULL)
		return NULL;
	m->dialler = (struct dialler){ &ops, master };
	m->forwards = forwards_new(master->end->loop, master->ctl_path, mux_lost, m);
	if (m->forwards != NULL && forwards_connect(m->forwards))
		return &m->dialler;
	saved = errno;
	mux_dialler_free(&m->dialler);
	errno = saved;
	return NULL;
}
