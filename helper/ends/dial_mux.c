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

#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "mux/mux.h"
#include "base/rundir.h"
#include "base/unixsock.h"

#define FINISH_MS 2000 /* for each answer, in the end */

enum dial_state { DIAL_OPENING, DIAL_ACCEPTED /* ... it is asked whether */, DIAL_CANCELLING };

struct dial {
	struct dial *next;
	unsigned channel; /* 0: nobody waits for it any more */
	enum dial_state state;
	struct forward forward;
	uint32_t id; /* of the request under way */
};

struct check {
	struct check *next;
	uint32_t id;
	check_fn *done;
	void *arg;
};

struct dial_mux {
	struct dialler dialler;
	struct mux *mux; /* NULL: the master is gone */
	struct dial *dials;
	struct check *checks;
};

static void
dial_free(struct dial_mux *m, struct dial *dial)
{
	struct dial **at;

	for (at = &m->dials; *at != dial; at = &(*at)->next)
		;
	*at = dial->next;
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
	end_failed(m->dialler.end, channel, reason);
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
	struct end *end = m->dialler.end;
	unsigned channel = dial->channel;
	struct stream *stream = NULL;
	int fd = channel != 0 ? unixsock_connect(dial->forward.path) : -1;

	if (fd == -1 || (stream = stream_of(end->loop, fd, &end->uses)) == NULL) {
		dial_failed(m, dial, fd == -1 ? strerror(errno) : "out of memory");
		dial_cancel(m, dial);
		return;
	}
	unlink(dial->forward.path);
	dial->channel = 0;
	dial->state = DIAL_ACCEPTED;
	if ((dial->id = mux_alive(m->mux)) == 0)
		dial_free(m, dial);
	end_connected(end, channel, stream);
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
static bool
check_answer(struct dial_mux *m, const struct forward_result *r)
{
	for (struct check **at = &m->checks; *at != NULL; at = &(*at)->next) {
		struct check *c = *at;

		if (c->id != r->id)
			continue;
		*at = c->next;
		c->done(c->arg, r->status == FORWARD_OK || r->status == FORWARD_REFUSED);
		free(c);
		return true;
	}
	return false;
}

static void
mux_answer(void *arg, const struct forward_result *r)
{
	struct dial_mux *m = arg;

	if (r->id == 0) { /* all that was asked has been answered before */
		mux_free(m->mux);
		m->mux = NULL;
		end_gone(m->dialler.end, r->reason);
		return;
	}
	if (check_answer(m, r))
		return;
	for (struct dial *dial = m->dials; dial != NULL; dial = dial->next)
		if (dial->id == r->id) {
			dial_answer(m, dial, r);
			return;
		}
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
	if (rundir_fresh(dial->forward.path, sizeof(dial->forward.path), 'd') == -1 ||
	    (dial->id = mux_open_forward(m->mux, &dial->forward)) == 0) {
		free(dial);
		return false;
	}
	dial->next = m->dials;
	m->dials = dial;
	return true;
}

/* An answer under way finds nobody and cancels. */
static void
mux_cancel(struct dialler *d, unsigned channel)
{
	for (struct dial *dial = ((struct dial_mux *)d)->dials; dial != NULL; dial = dial->next)
		if (dial->channel == channel)
			dial->channel = 0;
}

static void
mux_check(struct dialler *d, check_fn *done, void *arg)
{
	struct dial_mux *m = (struct dial_mux *)d;
	struct check *c = m->mux != NULL ? memory_new(sizeof(*c)) : NULL;

	if (c == NULL || (c->id = mux_alive(m->mux)) == 0) {
		free(c);
		done(arg, false);
		return;
	}
	c->done = done;
	c->arg = arg;
	c->next = m->checks;
	m->checks = c;
}

static unsigned
mux_count(const struct dialler *d)
{
	unsigned n = 0;

	for (const struct dial *dial = ((const struct dial_mux *)d)->dials; dial != NULL;
	    dial = dial->next)
		n++;
	return n;
}

static void
mux_keep(struct dialler *d, struct keep *keep, unsigned number)
{
	(void)d;
	(void)keep;
	(void)number;
}

static void
mux_dialler_free(struct dialler *d)
{
	struct dial_mux *m = (struct dial_mux *)d;

	for (struct dial *dial = m->dials; dial != NULL && m->mux != NULL; dial = dial->next)
		if (dial->state != DIAL_CANCELLING)
			mux_close_forward(m->mux, &dial->forward);
	mux_finish(m->mux, FINISH_MS);
	while (m->dials != NULL)
		dial_free(m, m->dials);
	while (m->checks != NULL) {
		struct check *c = m->checks;

		m->checks = c->next;
		c->done(c->arg, false);
		free(c);
	}
	free(m);
}

static const struct dialler_ops ops = { mux_dial, mux_cancel, mux_check, mux_count, mux_keep,
	mux_dialler_free };

struct dialler *
dial_mux_new(struct end *end, const char *ctl_path)
{
	struct dial_mux *m = memory_new(sizeof(*m));
	int saved;

	if (m == NULL)
		return NULL;
	m->dialler = (struct dialler){ &ops, end };
	if ((m->mux = mux_new(end->loop, ctl_path, mux_answer, m)) != NULL)
		return &m->dialler;
	saved = errno;
	free(m);
	errno = saved;
	return NULL;
}
