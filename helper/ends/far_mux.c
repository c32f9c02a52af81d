/* Dial by the literal request of `ssh -O forward`: ssh listens on a unix socket of ours
 * (-L path:host:port), we connect to it, and cancel.
 *
 * Whether the far side could connect is not told: a refused dial is a full close of the socket with
 * nothing before it, which the channel looks for. Whether sshd forbids such dials can be asked once (far.h):
 * its answer to any question, yes or no, comes behind the refusal. What it is asked for is a listener, when ssh
 * has accepted the connection. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rundir.h"
#include "base/unixsock.h"
#include "ends/far_private.h"
#include "ends/forwards.h"
#include "relay/conn.h"

struct mux_dial {
	struct slot slot;
	struct far_master *of;
	struct forward forward;
	struct opened *opened, *question;
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
	forwards_drop(dial->question, false);
}

static void
mux_asked(void *arg, const struct forward_result *r)
{
	struct mux_dial *dial = arg;
	bool answered = r->status == FORWARD_OK || r->status == FORWARD_REFUSED;
	char byte;

	if (answered && recv(dial->slot.fd, &byte, 1, MSG_PEEK) == 0 && !conn_half_closed(dial->slot.fd)) {
		slot_refused(dial, (struct end_result){ .reason = far_refused, .refusal = REFUSED_UNTOLD });
		return;
	}
	dial->of->ask = false; /* who does not answer is not asked again */
	slot_connected(dial, dial->slot.fd);
}

/* The one that ssh was to accept; a later one of the same channel is not connected yet. */
static struct mux_dial *
dial_find(const struct far_master *m, unsigned channel)
{
	struct slot *slot = m->end->slots;

	while (slot != NULL && (slot->channel != channel || slot->uses != &m->uses ||
	    slot->drop != mux_drop || slot->fd == -1))
		slot = slot->next;
	return (struct mux_dial *)slot;
}

static void
mux_accepted(void *arg, const struct stream *stream, unsigned channel, bool alive)
{
	struct mux_dial *dial = dial_find(arg, channel);

	if (dial == NULL)
		return;
	if (alive)
		dial->question = forwards_ask(dial->of->dials, mux_asked, dial);
	if (dial->question == NULL)
		slot_connected(dial, dial->slot.fd);
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
		dial->slot.fd = fd;
		if (dial->of->ask && dial->slot.channel < CHANNEL_TRIAL)
			forwards_check(dial->of->dials, mux_accepted, dial->of, NULL, dial->slot.channel);
		else
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
	dial->of = m;
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

const struct dialler dial_by_mux = { mux_open, mux_dial };
