#include "ends/near.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/list.h"
#include "base/loop.h"
#include "base/memory.h"
#include "net/listener.h"
#include "relay/conn.h"

#define ACCEPTS_PER_ROUND 16
#define ASIDES_MAX 4

/* One listener, or one attempt to connect. */
struct near_slot {
	struct near *near;
	struct near_slot *next;
	unsigned channel;
	int fd;
	int aside[ASIDES_MAX]; /* who has come, and may be anybody */
	unsigned asides;       /* ... of all that did, the first are kept */
	struct watch *watch;
	struct timer deadline, told; /* told: listening */
	struct addrinfo *addresses, *at; /* dial: the list, and the next one of it */
	const char *failure;             /* told by the deadline timer */
};

struct near {
	struct end end;
	unsigned uses; /* streams that exist */
	struct near_config config;
	struct near_slot *slots;
};

/* Given up: if it is there already, that is no end of file. */
static void
fd_drop(int fd)
{
	conn_break_on_close(fd);
	close(fd);
}

static void
slot_free(struct near_slot *slot)
{
	list_remove(near_slot, slot->near->slots, slot);
	watch_free(slot->watch);
	timer_stop(&slot->deadline);
	timer_stop(&slot->told);
	if (slot->addresses != NULL)
		freeaddrinfo(slot->addresses);
	for (unsigned i = 0; i < ASIDES_MAX; i++)
		if (slot->aside[i] != -1)
			fd_drop(slot->aside[i]);
	if (slot->fd != -1)
		fd_drop(slot->fd);
	free(slot);
}

static void
slot_failed(struct near_slot *slot, const char *reason)
{
	struct end *end = &slot->near->end;
	unsigned channel = slot->channel;

	slot_free(slot);
	end_failed(end, channel, reason);
}

static void
slot_deadline(void *arg)
{
	struct near_slot *slot = arg;

	slot_failed(slot, slot->failure);
}

/* Takes the descriptor. */
static void
slot_connected(struct near_slot *slot, int fd)
{
	struct near *near = slot->near;
	unsigned channel = slot->channel;

	if (slot->fd == fd)
		slot->fd = -1;
	slot_free(slot);
	conn_break_on_close(fd);
	end_connected(&near->end, channel, fd, &near->uses);
}

static struct near_slot *
slot_new(struct near *near, unsigned channel, unsigned ms, const char *failure)
{
	struct near_slot *slot;

	if ((slot = memory_new(sizeof(*slot))) == NULL)
		return NULL;
	slot->near = near;
	slot->channel = channel;
	slot->fd = -1;
	for (unsigned i = 0; i < ASIDES_MAX; i++)
		slot->aside[i] = -1;
	slot->failure = failure;
	list_add(near->slots, slot);
	timer_set(&slot->deadline, near->end.loop, ms, slot_deadline, slot);
	return slot;
}

/* Tell of a failure from the loop, not from inside the call. */
static void
slot_fail_later(struct near_slot *slot, const char *failure)
{
	slot->failure = failure;
	timer_set(&slot->deadline, slot->near->end.loop, 0, slot_deadline, slot);
}

/* ---- listen ---- */

static void
slot_tell(const struct near_slot *slot, enum end_event event, uint16_t port)
{
	const struct end *end = &slot->near->end;

	end->fn(end->arg, &(struct end_result){ .event = event, .channel = slot->channel,
	    .port = port });
}

/* Closed before it was accepted, say: whose it was cannot be told. The session decides. */
static void
slot_put_aside(struct near_slot *slot, int fd)
{
	if (slot->asides < ASIDES_MAX)
		slot->aside[slot->asides] = fd;
	else
		fd_drop(fd);
	slot->asides++;
	slot_tell(slot, END_STRANGER, (uint16_t)slot->asides);
}

static void
slot_accept(void *arg, short revents)
{
	struct near_slot *slot = arg;

	(void)revents;
	for (int i = 0; i < ACCEPTS_PER_ROUND; i++) {
		struct sockaddr_storage from;
		int fd = listener_accept(slot->fd, slot->watch, &from);

		if (fd == -1)
			return;
		switch (guard_admits(&slot->near->config.guard, fd, (struct sockaddr *)&from)) {
		case ADMIT:
			slot_connected(slot, fd);
			return;
		case ASIDE:
			slot_put_aside(slot, fd);
			break;
		case REFUSE:
			close(fd);
		}
	}
}

static void
listening(void *arg)
{
	struct near_slot *slot = arg;

	slot_tell(slot, END_LISTENING, near_port(slot->fd));
}

/* Why it cannot, NULL: it listens. */
static const char *
slot_listen(struct near_slot *slot, uint8_t family)
{
	struct loop *loop = slot->near->end.loop;
	const char *why;

	if ((slot->fd = near_port_open(&slot->near->config.at, family, &why)) == -1)
		return why;
	slot->watch = loop_watch(loop, slot->fd, POLLIN, slot_accept, slot);
	timer_set(&slot->told, loop, 0, listening, slot);
	return slot->watch != NULL ? NULL : strerror(ENOMEM);
}

static bool
near_listen(struct end *end, unsigned channel, uint8_t family)
{
	struct near_slot *slot = slot_new((struct near *)end, channel, LISTEN_DEADLINE_MS,
	    "nobody connected");
	const char *failure;

	if (slot == NULL)
		return false;
	if ((failure = slot_listen(slot, family)) != NULL)
		slot_fail_later(slot, failure);
	return true;
}

static bool
near_take(struct end *end, unsigned channel)
{
	struct near *near = (struct near *)end;

	for (struct near_slot *slot = near->slots; slot != NULL; slot = slot->next) {
		int fd = slot->aside[0];

		if (slot->channel != channel || fd == -1)
			continue;
		slot->aside[0] = -1;
		slot_connected(slot, fd);
		return true;
	}
	return false;
}

/* ---- dial ---- */

static void dial_next(struct near_slot *);

static void
dial_done(void *arg, short revents)
{
	struct near_slot *slot = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)revents;
	watch_free(slot->watch);
	slot->watch = NULL;
	if (getsockopt(slot->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error == 0) {
		slot_connected(slot, slot->fd);
		return;
	}
	errno = error;
	dial_next(slot);
}

static bool
dial_begin(struct near_slot *slot, const struct addrinfo *ai)
{
	slot->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (slot->fd == -1)
		return false;
	if (connect(slot->fd, ai->ai_addr, ai->ai_addrlen) == 0 || errno == EINPROGRESS) {
		slot->watch = loop_watch(slot->near->end.loop, slot->fd, POLLOUT, dial_done, slot);
		if (slot->watch != NULL)
			return true;
		errno = ENOMEM;
	}
	return false;
}

/* Begin to connect to the next address of the list; errno tells of the one before. */
static void
dial_next(struct near_slot *slot)
{
	const char *reason = errno ? strerror(errno) : "no address";

	while (slot->at != NULL) {
		const struct addrinfo *ai = slot->at;

		slot->at = ai->ai_next;
		if (slot->fd != -1)
			close(slot->fd);
		if (dial_begin(slot, ai))
			return;
		reason = strerror(errno);
	}
	slot_fail_later(slot, reason);
}

static bool
near_dial(struct end *end, unsigned channel, const char *host, uint16_t port)
{
	struct near_slot *slot = slot_new((struct near *)end, channel, DIAL_TIMEOUT_MS, "timed out");
	/* only the control connection's host may be a name; who looks one up waits for it */
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = channel != CHANNEL_CONTROL ? AI_NUMERICHOST : 0 };
	char service[8];
	int error;

	if (slot == NULL)
		return false;
	snprintf(service, sizeof(service), "%u", port);
	if ((error = getaddrinfo(host, service, &hints, &slot->addresses)) != 0) {
		slot->addresses = NULL;
		slot_fail_later(slot, gai_strerror(error));
		return true;
	}
	slot->at = slot->addresses;
	errno = 0;
	dial_next(slot);
	return true;
}

/* ---- the rest ---- */

static void
near_cancel(struct end *end, unsigned channel)
{
	struct near_slot *slot, *next;

	for (slot = ((struct near *)end)->slots; slot != NULL; slot = next) {
		next = slot->next;
		if (slot->channel == channel)
			slot_free(slot);
	}
}

static unsigned
near_count(const struct end *end)
{
	const struct near *near = (const struct near *)end;
	unsigned n = near->uses;

	for (const struct near_slot *s = near->slots; s != NULL; s = s->next)
		n += 1 + (s->asides < ASIDES_MAX ? s->asides : ASIDES_MAX);
	return n;
}

static void
near_free(struct end *end)
{
	struct near *near = (struct near *)end;

	while (near->slots != NULL)
		slot_free(near->slots);
	free(near);
}

static const struct end_ops near_ops = { .dial = near_dial, .listen = near_listen,
	.cancel = near_cancel, .take = near_take, .count = near_count, .free = near_free };

struct end *
near_new(struct loop *loop, const struct near_config *config, end_fn *fn, void *arg)
{
	struct near *near = memory_new(sizeof(*near));

	if (near == NULL)
		return NULL;
	near->end = (struct end){ &near_ops, loop, fn, arg };
	near->config = *config;
	return &near->end;
}

void
near_learn(struct end *end, const struct sockaddr_storage *local, const struct sockaddr_storage *peer)
{
	struct near_config *c = &((struct near *)end)->config;

	c->at.local = *local;
	c->guard.peer = *peer;
}
