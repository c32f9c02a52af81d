/* Listening through ssh: sshd listens (-R 127.0.0.1:0:path) and ssh connects to a unix socket of
 * ours. Cancelled as soon as the connection is there, for sshd keeps a descriptor for each.
 *
 * Asking sshd for a listener costs a round trip: once one was used, a spare one is asked for at once
 * and serves the next listen. Who connects to it before that is a stranger. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rundir.h"
#include "base/unixsock.h"
#include "ends/far_private.h"
#include "ends/forwards.h"
#include "net/listener.h"

#define BOTH_TRIES 3
#define SPARE_MS 60000  /* an unused spare listener is given back */

/* A listener: asked for, or (slot.watch) there. Channel 0: it is spare. */
struct listen {
	struct slot slot;
	struct far_master *of;
	uint8_t family; /* 4, 6, 0 = both loopbacks */
	unsigned tries; /* ... for a port that is free on both */
	struct forward forward;
	struct opened *question;  /* who has come before its answer was there */
	bool owed;                /* it was there, but who has come could not be let in yet */
	struct opened *opened[2]; /* the second: the same port on ::1, where both are wanted */
};

static bool listen_new(struct far_master *, unsigned channel, uint8_t family, unsigned tries);

static void
listen_drop(void *arg)
{
	struct listen *l = arg;

	unlink(l->forward.path);
	forwards_drop(l->opened[0], false);
	forwards_drop(l->opened[1], false);
	forwards_drop(l->question, false);
}

static struct listen *
spare_find(const struct far_master *m)
{
	struct slot *slot = m->end->slots;

	while (slot != NULL && (slot->channel != 0 || slot->uses != &m->uses))
		slot = slot->next;
	return (struct listen *)slot;
}

/* ---- who connects ---- */

static void
listen_accept(void *arg, short revents)
{
	struct listen *l = arg;
	struct far_master *m = l->of;
	int fd = listener_accept(l->slot.fd, l->slot.watch, NULL);
	uint8_t family = l->family;
	unsigned channel = l->slot.channel;
	bool owed = l->owed;

	if (fd == -1)
		return;
	if (l->slot.channel == 0) {
		log_at(LOG_SESSIONS, "refused a stranger at a data port of the far side");
		close(fd);
		slot_free(l);
		return;
	}
	slot_connected(l, fd);
	if (owed)
		far_master_checked(m, NULL, channel, true);
	if (spare_find(m) == NULL)
		listen_new(m, 0, family, 0);
}

/* ---- asking for a listener ---- */

/* For "localhost:0" sshd opens two listeners, and does not say when the port that it chose for
 * one loopback is somebody else's on the other: there the data would go. So it is told which
 * one is meant. PermitListen may know "localhost" alone, though: the name is the last resort. */
static const char *
listen_host(const struct far_master *m, uint8_t family)
{
	if (*m->bind != '\0')
		return m->bind;
	if (m->by_name)
		return "localhost";
	return family == 6 ? "::1" : "127.0.0.1";
}

/* In another slot, so with another path; this one is to be freed. */
static bool
listen_again(const struct listen *l)
{
	return listen_new(l->of, l->slot.channel, l->family, l->tries + 1) || l->slot.channel == 0;
}

static void
listen_ready(struct listen *l)
{
	l->slot.watch = loop_watch(l->slot.end->loop, l->slot.fd, POLLIN, listen_accept, l);
	if (l->slot.watch == NULL)
		slot_failed(l, "out of memory");
	else if (l->slot.channel == 0)
		slot_fail_in(l, SPARE_MS, "nobody connected");
	else
		slot_listens(l);
}

/* Where somebody has the port on ::1, begin again with another one; if none is free on both,
 * 127.0.0.1 has to do. */
static void
second_answer(void *arg, const struct forward_result *r)
{
	struct listen *l = arg;
	struct far_master *m = l->of;

	m->no_second |= r->status != FORWARD_OK && l->tries + 1 == BOTH_TRIES;
	if (r->status != FORWARD_OK && !m->no_second && listen_again(l))
		slot_free(l);
	else
		listen_ready(l);
}

/* Where the family is not known, the same port on ::1 as well. */
static bool
listen_second(struct listen *l)
{
	const struct far_master *m = l->of;
	struct forward second = l->forward;

	if (l->family != 0 || m->by_name || m->no_second || *m->bind != '\0')
		return false;
	snprintf(second.host, sizeof(second.host), "::1");
	second.port = l->slot.port;
	l->opened[1] = forwards_open(m->listens, &second, second_answer, l);
	return l->opened[1] != NULL;
}

/* The number may be refused, and the name allowed. */
static void
first_answer(void *arg, const struct forward_result *r)
{
	struct listen *l = arg;
	struct far_master *m = l->of;
	bool by_name = r->status == FORWARD_REFUSED && m->may_by_name && *m->bind == '\0' &&
	    strcmp(l->forward.host, "localhost") != 0;

	l->slot.port = r->port;
	m->by_name |= by_name;
	if (r->status == FORWARD_OK) {
		if (!listen_second(l))
			listen_ready(l);
	} else if (by_name && listen_again(l))
		slot_free(l);
	else {
		log_at(LOG_DETAIL, "forward refused: %s", r->reason);
		slot_failed(l, r->reason);
	}
}

/* channel 0: a spare one */
static bool
listen_new(struct far_master *m, unsigned channel, uint8_t family, unsigned tries)
{
	struct listen *l = slot_new(m->end, sizeof(*l), channel, &m->uses, listen_drop);

	if (l == NULL)
		return false;
	l->of = m;
	l->family = family;
	l->tries = tries;
	l->forward.kind = FORWARD_REMOTE;
	snprintf(l->forward.host, sizeof(l->forward.host), "%s", listen_host(m, family));
	if (rundir_fresh(l->forward.path, sizeof(l->forward.path), 'd') == 0 &&
	    (l->slot.fd = unixsock_listen(l->forward.path, 8)) != -1)
		l->opened[0] = forwards_open(m->listens, &l->forward, first_answer, l);
	if (l->opened[0] != NULL)
		return true;
	slot_free(l);
	return false;
}

/* The spare listener, if it is ready and nobody has come to it; or a new one. */
bool
far_listen(struct far_master *m, unsigned channel, uint8_t family)
{
	struct listen *l = spare_find(m);
	struct pollfd waiting = { l ? l->slot.fd : -1, POLLIN, 0 };

	if (l == NULL || l->slot.watch == NULL || l->family != family || poll(&waiting, 1, 0) != 0)
		return listen_new(m, channel, family, 0);
	l->slot.channel = channel;
	timer_set(&l->slot.deadline, m->end->loop, 0, slot_listens, l);
	return true;
}

/* ---- will somebody still come? ---- */

void
far_look(struct end *end, unsigned channel)
{
	struct listen *l = slot_watched(end, channel); /* no dial has a watch */

	if (l != NULL)
		listen_accept(l, POLLIN);
}

static void
listen_asked(void *arg, const struct forward_result *r)
{
	struct listen *l = arg;
	struct pollfd waiting = { l->slot.fd, POLLIN, 0 };

	forwards_drop(l->question, false);
	l->question = NULL;
	if (r->status != FORWARD_OK && r->status != FORWARD_REFUSED)
		return;
	if (poll(&waiting, 1, 0) == 1)
		l->owed = true;
	else
		far_master_checked(l->of, NULL, l->slot.channel, true);
}

bool
far_ask(struct end *end, const struct stream *stream, unsigned channel)
{
	struct far_master *m = far_master_of(end, stream);
	struct listen *l;

	if (stream != NULL || channel >= CHANNEL_TRIAL)
		return forwards_question(m->listens, far_master_checked, m, channel);
	l = slot_watched(end, channel);
	if (l != NULL && l->question == NULL)
		l->question = forwards_ask(l->of->listens, listen_asked, l);
	return l != NULL;
}
