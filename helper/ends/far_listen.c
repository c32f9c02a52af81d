/* Asking sshd for a listener costs a round trip: once one was used, a spare one is asked for at once
 * and serves the next listen. Who connects to it before that is a stranger. */
#include "ends/far_listen.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/rundir.h"
#include "base/unixsock.h"
#include "ends/forwards.h"
#include "net/listener.h"

#define BOTH_TRIES 3
#define SPARE_MS 60000  /* an unused spare listener is given back */

/* A listener: asked for, or (watch) there. */
struct slot {
	struct far_listen *of;
	struct slot *next;
	unsigned channel; /* 0: it is spare, for the next far_listen_begin() */
	uint8_t family;   /* 4, 6, 0 = both loopbacks */
	unsigned tries;   /* ... for a port that is free on both */
	struct forward forward;
	struct opened *opened[2]; /* the second: the same port on ::1, where both are wanted */
	uint16_t port;
	int fd; /* the unix listener */
	struct watch *watch;
	struct timer deadline;
};

struct far_listen {
	struct far_master *master;
	const char *bind;
	bool may_by_name;
	bool by_name;     /* sshd lets us listen on "localhost" only */
	bool no_second;   /* sshd has no ::1, it seems */
	struct forwards *forwards;
	struct slot *slots;
};

static bool listen_new(struct far_listen *, unsigned channel, uint8_t family, unsigned tries);

static void
slot_free(struct slot *slot)
{
	list_remove(slot, slot->of->slots, slot);
	watch_free(slot->watch);
	timer_stop(&slot->deadline);
	if (slot->fd != -1)
		close(slot->fd);
	unlink(slot->forward.path);
	forwards_drop(slot->opened[0], false);
	forwards_drop(slot->opened[1], false);
	free(slot);
}

/* Nobody is told of a spare one's end. */
static void
slot_failed(struct slot *slot, const char *reason)
{
	struct end *end = slot->of->master->end;
	unsigned channel = slot->channel;

	slot_free(slot);
	if (channel != 0)
		end_failed(end, channel, reason);
}

static void
slot_expired(void *arg)
{
	struct slot *slot = arg;

	slot_failed(slot, "nobody connected");
}

static struct slot *
spare_find(const struct far_listen *l)
{
	struct slot *slot = l->slots;

	while (slot != NULL && slot->channel != 0)
		slot = slot->next;
	return slot;
}

/* ---- who connects ---- */

static void
listen_accept(void *arg, short revents)
{
	struct slot *slot = arg;
	struct far_listen *l = slot->of;
	int fd = listener_accept(slot->fd, slot->watch, NULL);
	unsigned channel = slot->channel;
	uint8_t family = slot->family;

	(void)revents;
	if (fd == -1)
		return;
	slot_free(slot);
	if (channel == 0) {
		log_at(LOG_SESSIONS, "refused a stranger at a data port of the far side");
		close(fd);
		return;
	}
	if (spare_find(l) == NULL)
		listen_new(l, 0, family, 0);
	end_connected(l->master->end, channel, fd, &l->master->uses);
}

/* The listener now waits for that channel's connection. */
static void
listen_assign(void *arg)
{
	struct slot *slot = arg;
	struct end *end = slot->of->master->end;

	timer_set(&slot->deadline, end->loop, LISTEN_DEADLINE_MS, slot_expired, slot);
	end->fn(end->arg, &(struct end_result){ .event = END_LISTENING, .channel = slot->channel,
	    .port = slot->port });
}

/* ---- asking for a listener ---- */

/* For "localhost:0" sshd opens two listeners, and does not say when the port that it chose for
 * one loopback is somebody else's on the other: there the data would go. So it is told which
 * one is meant. PermitListen may know "localhost" alone, though: the name is the last resort. */
static const char *
listen_host(const struct far_listen *l, uint8_t family)
{
	if (*l->bind != '\0')
		return l->bind;
	if (l->by_name)
		return "localhost";
	return family == 6 ? "::1" : "127.0.0.1";
}

/* In another slot, so with another path; this one is to be freed. */
static bool
listen_again(const struct slot *slot)
{
	return listen_new(slot->of, slot->channel, slot->family, slot->tries + 1) ||
	    slot->channel == 0;
}

static void
listen_ready(struct slot *slot)
{
	struct loop *loop = slot->of->master->end->loop;

	slot->watch = loop_watch(loop, slot->fd, POLLIN, listen_accept, slot);
	if (slot->watch == NULL)
		slot_failed(slot, "out of memory");
	else if (slot->channel == 0)
		timer_set(&slot->deadline, loop, SPARE_MS, slot_expired, slot);
	else
		listen_assign(slot);
}

/* Where somebody has the port on ::1, begin again with another one; if none is free on both,
 * 127.0.0.1 has to do. */
static void
second_answer(void *arg, const struct forward_result *r)
{
	struct slot *slot = arg;
	struct far_listen *l = slot->of;

	l->no_second |= r->status != FORWARD_OK && slot->tries + 1 == BOTH_TRIES;
	if (r->status != FORWARD_OK && !l->no_second && listen_again(slot))
		slot_free(slot);
	else
		listen_ready(slot);
}

/* Where the family is not known, the same port on ::1 as well. */
static bool
listen_second(struct slot *slot)
{
	const struct far_listen *l = slot->of;
	struct forward second = slot->forward;

	if (slot->family != 0 || l->by_name || l->no_second || *l->bind != '\0')
		return false;
	snprintf(second.host, sizeof(second.host), "::1");
	second.port = slot->port;
	slot->opened[1] = forwards_open(l->forwards, &second, second_answer, slot);
	return slot->opened[1] != NULL;
}

/* The number may be refused, and the name allowed. */
static void
first_answer(void *arg, const struct forward_result *r)
{
	struct slot *slot = arg;
	struct far_listen *l = slot->of;
	bool by_name = r->status == FORWARD_REFUSED && l->may_by_name && *l->bind == '\0' &&
	    strcmp(slot->forward.host, "localhost") != 0;

	slot->port = r->port;
	l->by_name |= by_name;
	if (r->status == FORWARD_OK) {
		if (!listen_second(slot))
			listen_ready(slot);
	} else if (by_name && listen_again(slot))
		slot_free(slot);
	else {
		log_at(LOG_DETAIL, "forward refused: %s", r->reason);
		slot_failed(slot, r->reason);
	}
}

/* channel 0: a spare one */
static bool
listen_new(struct far_listen *l, unsigned channel, uint8_t family, unsigned tries)
{
	struct slot *slot = memory_new(sizeof(*slot));
	char *path;
	int saved;

	if (slot == NULL)
		return false;
	*slot = (struct slot){ .of = l, .channel = channel, .family = family, .tries = tries,
		.forward.kind = FORWARD_REMOTE, .fd = -1 };
	list_add(l->slots, slot);
	path = slot->forward.path;
	snprintf(slot->forward.host, sizeof(slot->forward.host), "%s", listen_host(l, family));
	if (rundir_fresh(path, sizeof(slot->forward.path), 'd') == 0 &&
	    (slot->fd = unixsock_listen(path, 8)) != -1)
		slot->opened[0] = forwards_open(l->forwards, &slot->forward, first_answer, slot);
	if (slot->opened[0] != NULL)
		return true;
	saved = errno;
	slot_free(slot);
	errno = saved;
	return false;
}

/* Give the spare listener to this channel, if it is ready and nobody has come to it. */
static bool
spare_take(struct far_listen *l, unsigned channel, uint8_t family)
{
	struct slot *slot = spare_find(l);
	struct pollfd waiting = { slot ? slot->fd : -1, POLLIN, 0 };

	if (slot == NULL || slot->watch == NULL || slot->family != family ||
	    poll(&waiting, 1, 0) != 0)
		return false;
	slot->channel = channel;
	timer_set(&slot->deadline, l->master->end->loop, 0, listen_assign, slot);
	return true;
}

/* ---- for the far end ---- */

bool
far_listen_begin(struct far_listen *l, unsigned channel, uint8_t family)
{
	return spare_take(l, channel, family) || listen_new(l, channel, family, 0);
}

void
far_listen_cancel(struct far_listen *l, unsigned channel)
{
	struct slot *slot, *next;

	for (slot = l->slots; slot != NULL; slot = next) {
		next = slot->next;
		if (slot->channel == channel)
			slot_free(slot);
	}
}

unsigned
far_listen_count(const struct far_listen *l)
{
	return forwards_count(l->forwards);
}

/* The end of the master is told by who dials. */
struct far_listen *
far_listen_new(struct far_master *master, const char *bind, bool by_name)
{
	struct far_listen *l = memory_new(sizeof(*l));

	if (l == NULL)
		return NULL;
	*l = (struct far_listen){ .master = master, .bind = bind, .may_by_name = by_name };
	if ((l->forwards = forwards_new(master->end->loop, master->ctl_path, NULL, NULL)) != NULL)
		return l;
	free(l);
	return NULL;
}

void
far_listen_free(struct far_listen *l)
{
	while (l->slots != NULL)
		slot_free(l->slots);
	forwards_free(l->forwards);
	free(l);
}
