#include "ends/near.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "ends/slot.h"
#include "net/listener.h"
#include "net/peer.h"
#include "relay/conn.h"

#define ACCEPTS_PER_ROUND 16
#define ASIDES_MAX 4

/* ASIDE: whose it is cannot be told, closed before it was accepted, say. The session decides. */
enum admission { ADMIT, REFUSE, ASIDE };

/* One listener, or one attempt to connect. */
struct near_slot {
	struct slot slot;
	int aside[ASIDES_MAX];  /* who has come, and may be anybody */
	unsigned kept, strange; /* ... of all that did, the first are kept */
	struct addrinfo *addresses, *at; /* dial: the list, and the next one of it */
};

struct near {
	struct end end;
	unsigned uses; /* streams that exist */
	struct near_config config;
};

static void
near_drop(void *arg)
{
	struct near_slot *s = arg;

	if (s->addresses != NULL)
		freeaddrinfo(s->addresses);
	while (s->kept > 0)
		conn_drop(s->aside[--s->kept]);
}

/* ---- who comes ---- */

/* Messages that another user can make as many of as he likes. */
static void
log_refused(struct near_config *c, const uid_t *uid)
{
	char text[100], name[PEER_NAME_MAX], more[40] = "";
	unsigned missed;

	if (uid == NULL)
		snprintf(text, sizeof(text), "refused a stranger at a data port");
	else
		snprintf(text, sizeof(text), "refused a stranger at a data port: it belongs to user %s",
		    peer_name(name, *uid));
	if (!ratelimit_due(&c->told, text, loop_now(), &missed))
		return;
	if (missed > 0)
		snprintf(more, sizeof(more), " (%u more since)", missed);
	log_at(LOG_SESSIONS, "%s%s", text, more);
}

/* The address must be the control peer's; on this machine the socket must be the control
 * connection's owner's, or our own (another tunnel's). */
static enum admission
near_admits(struct near_config *c, int fd, const struct sockaddr *from)
{
	const struct sockaddr *peer = (const struct sockaddr *)&c->peer;
	const uid_t *known = NULL;
	uid_t uid;

	if ((addr_is_loopback(from) && addr_is_loopback(peer)) || addr_same_host(from, peer)) {
		enum peer_result result = c->check_owner ? peer_uid(fd, &uid) : PEER_REMOTE;

		if (result == PEER_REMOTE ||
		    (result == PEER_KNOWN && (uid == c->owner || uid == getuid())))
			return ADMIT;
		if (result == PEER_UNKNOWN)
			return ASIDE;
		known = &uid;
	}
	log_refused(c, known);
	return REFUSE;
}

static void
near_accept(void *arg, short revents)
{
	struct near_slot *s = arg;
	struct near *near = (struct near *)s->slot.end;

	for (int i = 0; i < ACCEPTS_PER_ROUND; i++) {
		struct sockaddr_storage from;
		int fd = listener_accept(s->slot.fd, s->slot.watch, &from);

		if (fd == -1)
			return;
		switch (near_admits(&near->config, fd, (struct sockaddr *)&from)) {
		case ADMIT:
			slot_connected(s, fd);
			return;
		case ASIDE:
			if (s->kept < ASIDES_MAX)
				s->aside[s->kept++] = fd;
			else
				conn_drop(fd);
			near->end.fn(near->end.arg, &(struct end_result){ .event = EV_STRANGER,
			    .channel = s->slot.channel, .port = (uint16_t)++s->strange });
			break;
		case REFUSE:
			close(fd);
		}
	}
}

static bool
near_listen(struct end *end, unsigned channel, uint8_t family)
{
	struct near *near = (struct near *)end;
	struct near_slot *s = slot_new(end, sizeof(*s), channel, &near->uses, near_drop);
	const char *why;

	if (s == NULL)
		return false;
	if ((s->slot.fd = near_port_open(&near->config, family, &s->slot.port, &why)) == -1) {
		slot_fail_in(s, 0, why);
		return true;
	}
	s->slot.watch = loop_watch(end->loop, s->slot.fd, POLLIN, near_accept, s);
	if (s->slot.watch != NULL)
		timer_set(&s->slot.deadline, end->loop, 0, slot_listens, s);
	else
		slot_fail_in(s, 0, strerror(ENOMEM));
	return true;
}

static void
near_look(struct end *end, unsigned channel)
{
	struct slot *slot = slot_watched(end, channel);

	if (slot != NULL)
		near_accept(slot, POLLIN);
}

static bool
near_take(struct end *end, unsigned channel)
{
	struct near_slot *s = slot_watched(end, channel);
	int fd;

	if (s == NULL || s->kept == 0)
		return false;
	fd = s->aside[0];
	s->aside[0] = s->aside[--s->kept];
	slot_connected(s, fd);
	return true;
}

/* ---- dial ---- */

static void dial_next(struct near_slot *);

static void
dial_done(void *arg, short revents)
{
	struct near_slot *s = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	memory_drop(watch_free, s->slot.watch);
	if (getsockopt(s->slot.fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error == 0) {
		slot_connected(s, s->slot.fd);
		return;
	}
	errno = error;
	if (error == ECONNRESET) /* it was connected, and we were late */
		slot_refused(s, (struct end_result){ .reason = strerror(error), .refusal = REFUSED_LATER });
	else
		dial_next(s);
}

/* Begin to connect to the next address of the list; errno tells of the one before. */
static void
dial_next(struct near_slot *s)
{
	const char *reason = errno ? strerror(errno) : "no address";

	while (s->at != NULL) {
		const struct addrinfo *ai = s->at;
		int fd;

		s->at = ai->ai_next;
		fd_close(&s->slot.fd);
		s->slot.fd = fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd != -1 && (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0 || errno == EINPROGRESS)) {
			s->slot.watch = loop_watch(s->slot.end->loop, fd, POLLOUT, dial_done, s);
			if (s->slot.watch != NULL)
				return;
			errno = ENOMEM;
		}
		reason = strerror(errno);
	}
	slot_fail_in(s, 0, reason);
}

static bool
near_dial(struct end *end, unsigned channel, const char *host, uint16_t port)
{
	struct near *near = (struct near *)end;
	struct near_slot *s = slot_new(end, sizeof(*s), channel, &near->uses, near_drop);
	/* only the control connection's host may be a name; who looks one up waits for it */
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = channel != CHANNEL_CONTROL ? AI_NUMERICHOST : 0 };
	char service[8];
	int error;

	if (s == NULL)
		return false;
	slot_fail_in(s, DIAL_TIMEOUT_MS, "timed out");
	snprintf(service, sizeof(service), "%u", port);
	if ((error = getaddrinfo(host, service, &hints, &s->addresses)) != 0) {
		s->addresses = NULL;
		slot_fail_in(s, 0, gai_strerror(error));
		return true;
	}
	s->at = s->addresses;
	errno = 0;
	dial_next(s);
	return true;
}

/* ---- the rest ---- */

static unsigned
near_count(const struct end *end)
{
	unsigned n = ((const struct near *)end)->uses;

	for (const struct slot *slot = end->slots; slot != NULL; slot = slot->next)
		n += 1 + ((const struct near_slot *)slot)->kept;
	return n;
}

static void
near_free(struct end *end)
{
	slots_free(end);
	free(end);
}

static const struct end_ops near_ops = { .dial = near_dial, .listen = near_listen,
	.cancel = slots_cancel, .look = near_look, .take = near_take, .count = near_count, .free = near_free };

struct end *
near_new(struct loop *loop, const struct near_config *config, end_fn *fn, void *arg)
{
	/* its end is its first member */
	return (struct end *)memory_make(struct near, .end = { &near_ops, loop, fn, arg, NULL },
	    .config = *config);
}

void
near_learn(struct end *end, const struct sockaddr_storage *local, const struct sockaddr_storage *peer)
{
	struct near_config *c = &((struct near *)end)->config;

	c->local = *local;
	c->peer = *peer;
}
