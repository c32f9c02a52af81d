/* Dial by the literal request of `ssh -O forward`: ssh listens on a unix socket of ours
 * (-L path:host:port), we connect to it, and cancel.
 *
 * Whether the far side could connect is not told: a refused dial is a full close of the socket with
 * nothing before it, which the channel looks for. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rundir.h"
#include "base/unixsock.h"
#include "ends/far_private.h"
#include "ends/forwards.h"

struct mux_dial {
	struct slot slot;
	struct forward forward;
	struct opened *opened;
	bool used;
};

static bool
mux_open(struct far_master *m, int adopt)
{
	m->dials = forwards_new(m->end->loop, m->ctl_path, far_master_gone, m);
	return m->dials != NULL && forwards_connect(m->dials);
}

static void
mux_drop(void *arg)
{
	struct mux_dial *dial = arg;

	forwards_drop(dial->opened, dial->used);
}

static void
mux_answer(void *arg, const struct forward_result *r)
{
	struct mux_dial *dial = arg;
	bool ok = r->status == FORWARD_OK;
	int fd = ok ? unixsock_connect(dial->forward.path) : -1;
	const char *reason = ok ? strerror(errno) : r->reason;

	unlink(dial->forward.path);
	if ((dial->used = fd != -1)) {
		slot_connected(dial, fd);
		return;
	}
	log_at(LOG_DETAIL, "forward refused: %s", reason);
	slot_failed(dial, reason);
}

static bool
mux_dial(struct far_master *m, unsigned channel, const char *host, uint16_t port)
{
	struct mux_dial *dial = slot_new(m->end, sizeof(*dial), channel, &m->uses, mux_drop);

	if (dial == NULL)
		return false;
	dial->forward = (struct forward){ .kind = FORWARD_LOCAL, .port = port };
	snprintf(dial->forward.host, sizeof(dial->forward.host), "%s", host);
	if (m->gone)
		errno = EPIPE;
	else if (rundir_fresh(dial->forward.path, sizeof(dial->forward.path), 'd') == 0)
		dial->opened = forwards_open(m->dials, &dial->forward, mux_answer, dial);
	if (dial->opened == NULL)
		slot_free(dial);
	return dial->opened != NULL;
}

static void
mux_check(struct far_master *m, const struct stream *stream, unsigned channel)
{
	if (m->gone)
		far_master_checked(m, stream, channel, false);
	else
		forwards_check(m->dials, far_master_checked, m, stream, channel);
}

static unsigned
mux_count(const struct far_master *m)
{
	return forwards_count(m->dials);
}

static void
mux_close(struct far_master *m)
{
	forwards_free(m->dials);
}

const struct dialler dial_by_mux = { mux_open, mux_dial, mux_check, mux_count, mux_close };
