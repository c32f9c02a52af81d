/* Dial by the literal request of `ssh -O forward`: ssh listens on a unix socket of ours
 * (-L path:host:port), we connect to it, and cancel. A connection that still waits in ssh's backlog
 * would die with the listener, but ssh has accepted it when it has answered what was asked after
 * the connect: so there is a check in between.
 *
 * Whether the far side could connect is not told: a refused dial is a full close of the socket with
 * nothing before it, which the channel looks for. A path is never used twice. */
#include "ends/dial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "mux/mux.h"
#include "base/rundir.h"
#include "base/unixsock.h"

#define FINISH_MS 2000 /* for each answer, in the end */

/* A dial: opening, then accepted (it is asked whether), then cancelling. Or a question for the
 * master's life. */
enum dial_state { DIAL_OPENING, DIAL_ACCEPTED, DIAL_CANCELLING, DIAL_CHECK };

struct dial {
	struct dial *next;
	unsigned channel; /* 0: nobody waits for it any more */
	enum dial_state state;
	struct forward forward;
	const struct stream *asked; /* CHECK */
	uint32_t id; /* of the request under way */
};

struct dial_mux {
	struct dialler dialler;
	struct mux *mux; /* NULL: the master is gone */
	struct dial *dials;
};

/* It is one of those that wait for an answer, if its request could be sent. */
static bool
dial_add(struct dial_mux *m, struct dial *dial, uint32_t id)
{
	if (id == 0) {
		free(dial);
		return false;
	}
	dial->id = id;
	list_add(m->dials, dial);
	return true;
}

static void
dial_free(struct dial_mux *m, struct dial *dial)
{
	list_remove(dial, m->dials, dial);
	if (dial->state != DIAL_CHECK)
		unlink(dial->forward.path);
	free(dial);
}

static void
dial_failed(struct dial_mux *m, struct dial *dial, const char *reason)
{
	unsigned channel = dial->channel;

	dial->channel = 0;
	if (channel == 0)
		return;
	log_at(LOG_DETAIL, "forward refused: %s", reason);
	end_failed(m->dialler.master->end, channel, reason);
}

static void
dial_cancel(struct dial_mux *m, struct dial *dial)
{
	dial->state = DIAL_CANCELLING;
	if ((dial->id = mux_close_forward(m->mux, &dial->forward)) == 0)
		dial_free(m, dial); /* no memory, or no master: there is an end to it */
}

/* The forward is there. */
static void
dial_connect(struct dial_mux *m, struct dial *dial)
{
	struct far_master *master = m->dialler.master;
	unsigned channel = dial->channel;
	int fd = channel != 0 ? unixsock_connect(dial->forward.path) : -1;

	if (fd == -1) {
		dial_failed(m, dial, strerror(errno));
		dial_cancel(m, dial);
		return;
	}
	unlink(dial->forward.path);
	dial->channel = 0;
	dial->state = DIAL_ACCEPTED;
	if ((dial->id = mux_alive(m->mux)) == 0)
		dial_free(m, dial);
	end_connected(master->end, channel, fd, &master->uses);
}

static void
dial_answer(struct dial_mux *m, struct dial *dial, const struct forward_result *r)
{
	dial->id = 0;
	if (dial->state == DIAL_OPENING && r->status == FORWARD_OK)
		dial_connect(m, dial);
	else if (dial->state == DIAL_ACCEPTED && r->status == FORWARD_OK)
		dial_cancel(m, dial);
	else { /* cancelled; or refused; or the master is gone */
		if (dial->state == DIAL_OPENING)
			dial_failed(m, dial, r->reason);
		dial_free(m, dial);
	}
}

/* A master that refuses something is alive, too. */
static void
check_answer(struct dial_mux *m, struct dial *dial, const struct forward_result *r)
{
	const struct stream *asked = dial->asked;
	unsigned channel = dial->channel;

	dial_free(m, dial);
	dialler_checked(&m->dialler, asked, channel,
	    r->status == FORWARD_OK || r->status == FORWARD_REFUSED);
}

static void
mux_answer(void *arg, const struct forward_result *r)
{
	struct dial_mux *m = arg;
	struct dial *dial = m->dials;

	if (r->id == 0) { /* all that was asked has been answered before */
		mux_free(m->mux);
		m->mux = NULL;
		dialler_gone(&m->dialler, r->reason);
		return;
	}
	while (dial != NULL && dial->id != r->id)
		dial = dial->next;
	if (dial != NULL && dial->state == DIAL_CHECK)
		check_answer(m, dial, r);
	else if (dial != NULL)
		dial_answer(m, dial, r);
}

/* ---- the verbs ---- */

static bool
mux_dial(struct dialler *d, unsigned channel, const char *host, uint16_t port)
{
	struct dial_mux *m = (struct dial_mux *)d;
	struct dial *dial;

	if (m->mux == NULL) {
		errno = EPIPE;
		return false;
	}
	if ((dial = memory_new(sizeof(*dial))) == NULL)
		return false;
	dial->channel = channel;
	dial->forward.kind = FORWARD_LOCAL;
	dial->forward.port = port;
	snprintf(dial->forward.host, sizeof(dial->forward.host), "%s", host);
	if (rundir_fresh(dial->forward.path, sizeof(dial->forward.path), 'd') == -1)
		return dial_add(m, dial, 0);
	return dial_add(m, dial, mux_open_forward(m->mux, &dial->forward));
}

/* An answer under way finds nobody and cancels. */
static void
mux_cancel(struct dialler *d, unsigned channel)
{
	for (struct dial *dial = ((struct dial_mux *)d)->dials; dial != NULL; dial = dial->next)
		if (dial->channel == channel && dial->state != DIAL_CHECK)
			dial->channel = 0;
}

static void
mux_check(struct dialler *d, const struct stream *stream, unsigned channel)
{
	struct dial_mux *m = (struct dial_mux *)d;
	struct dial *dial = m->mux != NULL ? memory_new(sizeof(*dial)) : NULL;

	if (dial != NULL)
		*dial = (struct dial){ .channel = channel, .state = DIAL_CHECK, .asked = stream };
	if (dial == NULL || !dial_add(m, dial, mux_alive(m->mux)))
		dialler_checked(d, stream, channel, false);
}

static unsigned
mux_count(const struct dialler *d)
{
	const struct dial *dial = ((const struct dial_mux *)d)->dials;
	unsigned n = 0;

	for (; dial != NULL; dial = dial->next)
		n += dial->state != DIAL_CHECK;
	return n;
}

static void
mux_dialler_free(struct dialler *d)
{
	struct dial_mux *m = (struct dial_mux *)d;

	for (struct dial *dial = m->dials; dial != NULL && m->mux != NULL; dial = dial->next)
		if (dial->state < DIAL_CANCELLING)
			mux_close_forward(m->mux, &dial->forward);
	mux_finish(m->mux, FINISH_MS);
	while (m->dials != NULL)
		dial_free(m, m->dials);
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
	if ((m->mux = mux_new(master->end->loop, master->ctl_path, mux_answer, m)) != NULL)
		return &m->dialler;
	saved = errno;
	free(m);
	errno = saved;
	return NULL;
}
