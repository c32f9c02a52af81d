/* Asking sshd for a listener costs a round trip: once one was used, a spare one is asked for at once
 * and serves the next listen. Who connects to it before that is a stranger. */
#include "ends/far_listen.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "ends/far_listen_private.h"
#include "net/listener.h"

#define BOTH_TRIES 3
#define SPARE_MS 60000  /* an unused spare listener is given back */

static bool listen_new(struct far_listen *, unsigned channel, uint8_t family, unsigned tries);

/* ---- who connects ---- */

static void
slot_failed(struct far_slot *slot, const char *reason)
{
	unsigned channel = slot->channel;

	slot->channel = 0;
	if (channel != 0)
		end_failed(slot->of->master->end, channel, reason);
}

static void
slot_expired(void *arg)
{
	struct far_slot *slot = arg;

	slot_failed(slot, "nobody connected"); /* nobody is told of a spare one's end */
	slot_cancel(slot);
}

static struct far_slot *
spare_find(struct far_listen *l)
{
	for (struct far_slot *slot = l->slots; slot != NULL; slot = slot->next)
		if (slot->spare)
			return slot;
	return NULL;
}

static void
listen_connected(struct far_slot *slot, int fd)
{
	struct far_listen *l = slot->of;
	unsigned channel = slot->channel;
	uint8_t family = slot->family;

	slot_cancel(slot);
	if (spare_find(l) == NULL)
		listen_new(l, 0, family, 0);
	end_connected(l->master->end, channel, fd, &l->master->uses);
}

static void
listen_accept(void *arg, short revents)
{
	struct far_slot *slot = arg;
	int fd = listener_accept(slot->fd, slot->watch, NULL);

	(void)revents;
	if (fd == -1)
		return;
	if (!slot->spare) {
		listen_connected(slot, fd);
		return;
	}
	log_at(LOG_SESSIONS, "refused a stranger at a data port of the far side");
	close(fd);
	slot_cancel(slot);
}

/* The listener now waits for that channel's connection. */
static void
listen_assign(void *arg)
{
	struct far_slot *slot = arg;
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

/* Where the family is not known, the same port on ::1 as well. True while that is asked. */
static bool
listen_second(struct far_slot *slot)
{
	const struct far_listen *l = slot->of;

	return slot->family == 0 && !l->by_name && !l->no_second && *l->bind == '\0' &&
	    slot_ask(slot, SECOND);
}

/* In another slot, so with another path. */
static bool
listen_again(struct far_slot *slot)
{
	unsigned channel = slot->channel;
	bool spare = slot->spare;

	if (channel == 0 && !spare)
		return false;
	slot->channel = 0;
	slot->spare = false;
	if (listen_new(slot->of, channel, slot->family, slot->tries + 1) || spare)
		return true;
	slot->channel = channel;
	return false;
}

/* Somebody has the port there: begin again with another one. If none is free on both,
 * 127.0.0.1 has to do. True while that is asked. */
static bool
listen_elsewhere(struct far_slot *slot)
{
	slot->of->no_second |= slot->tries + 1 == BOTH_TRIES;
	return !slot->of->no_second && listen_again(slot);
}

/* The number is refused: is the name allowed? True while that is asked. */
static bool
listen_by_name(struct far_slot *slot, enum forward_status status)
{
	struct far_listen *l = slot->of;

	if (status != FORWARD_REFUSED || !l->may_by_name || *l->bind != '\0' ||
	    strcmp(slot->forward.host, "localhost") == 0)
		return false;
	l->by_name = true;
	return listen_again(slot);
}

static void
listen_ready(struct far_slot *slot)
{
	struct loop *loop = slot->of->master->end->loop;

	slot->state = FAR_LISTENING;
	slot->watch = loop_watch(loop, slot->fd, POLLIN, listen_accept, slot);
	if ((slot->channel == 0 && !slot->spare) || slot->watch == NULL) { /* cancelled meanwhile */
		slot_failed(slot, "out of memory");
		slot_cancel(slot);
	} else if (slot->spare)
		timer_set(&slot->deadline, loop, SPARE_MS, slot_expired, slot);
	else
		listen_assign(slot);
}

static void
listen_refused(struct far_slot *slot, const struct forward_result *r)
{
	if (!listen_by_name(slot, r->status)) {
		log_at(LOG_DETAIL, "forward refused: %s", r->reason);
		slot_failed(slot, r->reason);
	}
	slot_cancel(slot);
}

void
listen_answer(struct far_slot *slot, int which, const struct forward_result *r)
{
	bool ok = r->status == FORWARD_OK;

	if (which == FIRST && !ok)
		listen_refused(slot, r);
	else if (which == SECOND && !ok && listen_elsewhere(slot))
		slot_cancel(slot);
	else {
		slot->port = which == FIRST ? r->port : slot->port;
		if (which == SECOND || !listen_second(slot))
			listen_ready(slot);
	}
}

/* channel 0: a spare one */
static bool
listen_new(struct far_listen *l, unsigned channel, uint8_t family, unsigned tries)
{
	struct far_slot *slot = slot_new(l, channel);

	if (slot == NULL)
		return false;
	slot->spare = channel == 0;
	slot->family = family;
	slot->tries = tries;
	slot->forward.kind = FORWARD_REMOTE;
	snprintf(slot->forward.host, sizeof(slot->forward.host), "%s", listen_host(l, family));
	if (slot_ask(slot, FIRST))
		return true;
	slot_cancel(slot);
	return false;
}

/* Give the spare listener to this channel, if it is ready and nobody has come to it. */
static bool
spare_take(struct far_listen *l, unsigned channel, uint8_t family)
{
	struct far_slot *slot = spare_find(l);
	struct pollfd waiting = { slot ? slot->fd : -1, POLLIN, 0 };

	if (slot == NULL || slot->state != FAR_LISTENING || slot->family != family ||
	    poll(&waiting, 1, 0) != 0)
		return false;
	slot->spare = false;
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
	struct far_slot *slot, *next;

	for (slot = l->slots; slot != NULL; slot = next) {
		next = slot->next;
		if (slot->channel != channel)
			continue;
		slot->channel = 0; /* an answer under way finds nobody and cancels */
		if (slot->state == FAR_LISTENING)
			slot_cancel(slot);
	}
}

unsigned
far_listen_count(const struct far_listen *l)
{
	unsigned n = 0;

	for (const struct far_slot *slot = l->slots; slot != NULL; slot = slot->next)
		n += slot->open[SECOND] ? 2 : 1;
	return n;
}

struct far_listen *
far_listen_new(struct far_master *master, const char *bind, bool by_name)
{
	struct far_listen *l = memory_new(sizeof(*l));

	if (l != NULL)
		*l = (struct far_listen){ .master = master, .bind = bind, .may_by_name = by_name };
	return l;
}

void
far_listen_free(struct far_listen *l)
{
	slots_free(l);
	free(l);
}
