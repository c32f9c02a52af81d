#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ends/near.h"

#include "relay/conn.h"
#include "base/libbsd.h"
#include "net/listener.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "net/peer.h"
#include "base/ratelimit.h"

#define ACCEPTS_PER_ROUND 16
#define ASIDES_MAX 4

/* One listener, or one attempt to connect. */
struct near_slot {
	struct near *near;
	struct near_slot *next;
	unsigned channel;
	int fd;
	bool listening;
	int aside[ASIDES_MAX]; /* who has come, and may be anybody */
	unsigned asides;       /* ... of all that did, the first are kept */
	struct watch *watch;
	struct timer *deadline, *told; /* told: listening */
	struct addrinfo *addresses, *at; /* dial: the list, and the next one of it */
	const char *failure;             /* told by the deadline timer */
};

struct near {
	struct end end;
	struct near_config config;
	struct near_slot *slots;
	struct ratelimit told;
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
	struct near_slot **at;

	for (at = &slot->near->slots; *at != slot; at = &(*at)->next)
		;
	*at = slot->next;
	watch_free(slot->watch);
	timer_free(slot->deadline);
	timer_free(slot->told);
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

	slot->deadline = NULL;
	slot_failed(slot, slot->failure);
}

/* Takes the descriptor. */
static void
slot_connected(struct near_slot *slot, int fd)
{
	struct end *end = &slot->near->end;
	unsigned channel = slot->channel;
	struct stream *stream;

	if (slot->fd == fd)
		slot->fd = -1;
	slot_free(slot);
	conn_break_on_close(fd);
	if ((stream = stream_of(end->loop, fd, &end->uses)) != NULL)
		end_connected(end, channel, stream);
	else
		end_failed(end, channel, "out of memory");
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
	slot->next = near->slots;
	near->slots = slot;
	if ((slot->deadline = loop_timer(near->end.loop, ms, slot_deadline, slot)) != NULL)
		return slot;
	slot_free(slot);
	return NULL;
}

/* Tell of a failure from the loop, not from inside the call. */
static void
slot_fail_later(struct near_slot *slot, const char *failure)
{
	timer_free(slot->deadline);
	slot->failure = failure;
	slot->deadline = loop_timer(slot->near->end.loop, 0, slot_deadline, slot);
}

/* ---- listen ---- */

enum admission { ADMIT, REFUSE, ASIDE };

/* Messages that another user can make as many of as he likes. */
static void
log_refused(struct near *near, const uid_t *uid)
{
	char text[100], name[PEER_NAME_MAX], more[40] = "";
	unsigned missed;

	if (uid == NULL)
		snprintf(text, sizeof(text), "refused a stranger at a data port");
	else
		snprintf(text, sizeof(text), "refused a stranger at a data port: it belongs to user %s",
		    peer_name(name, *uid));
	if (!ratelimit_due_missed(&near->told, text, loop_now(), &missed))
		return;
	if (missed > 0)
		snprintf(more, sizeof(more), " (%u more since)", missed);
	log_at(LOG_SESSIONS, "%s%s", text, more);
}

/* May this one have the data? The address must be the control peer's; on this machine the
 * socket must be the control connection's owner's, or our own (another tunnel's). */
static enum admission
guard(struct near *near, int fd, const struct sockaddr *from)
{
	const struct near_config *c = &near->config;
	const struct sockaddr *peer = (const struct sockaddr *)&c->peer;
	bool loopback = addr_is_loopback(from) && addr_is_loopback(peer);
	const uid_t *known = NULL;
	uid_t uid;

	if (loopback || addr_same_host(from, peer)) {
		enum peer_result result = c->check_owner ? peer_uid(fd, &uid) : PEER_REMOTE;

		if (result == PEER_REMOTE ||
		    (result == PEER_KNOWN && (uid == c->owner || uid == getuid())))
			return ADMIT;
		if (result == PEER_UNKNOWN)
			return ASIDE;
		known = &uid;
	}
	log_refused(near, known);
	return REFUSE;
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
	end_stranger(&slot->near->end, slot->channel, slot->asides);
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
		switch (guard(slot->near, fd, (struct sockaddr *)&from)) {
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
sockaddr_port(struct sockaddr_storage *ss, uint16_t port)
{
	if (ss->ss_family == AF_INET6)
		((struct sockaddr_in6 *)ss)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)ss)->sin_port = htons(port);
}

static socklen_t
sockaddr_len(const struct sockaddr_storage *ss)
{
	return ss->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

static int
bind_listener(const struct sockaddr_storage *at)
{
	int fd = socket(at->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

	if (fd == -1)
		return -1;
	/* A range is small: a port must not be lost to TIME_WAIT. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)at, sockaddr_len(at)) == 0 && listen(fd, 16) == 0)
		return fd;
	close(fd);
	return -1;
}

/* In a range, begin anywhere: sessions beside each other would all try the same ports. */
static int
bind_in_range(struct sockaddr_storage *at, uint16_t lo, uint16_t hi, unsigned tries)
{
	unsigned n = (unsigned)hi - lo + 1, first = arc4random_uniform(n);
	int fd = -1;

	for (unsigned i = 0; i < n && i < tries && fd == -1; i++) {
		sockaddr_port(at, (uint16_t)(lo + (first + i) % n));
		if ((fd = bind_listener(at)) == -1 && errno != EADDRINUSE)
			break;
	}
	return fd;
}

/* Any port: the kernel avoids those that earlier transfers have left in TIME_WAIT, and after
 * some thousands of them looks for milliseconds; a port of the dynamic range (RFC 6335) that we
 * name may be one of those. */
static int
bind_anywhere(struct sockaddr_storage *at)
{
	int fd = bind_in_range(at, 49152, 65535, 16);

	if (fd != -1)
		return fd;
	sockaddr_port(at, 0);
	return bind_listener(at);
}

/* A client of a dual-stack listener (which may be handed over to us) is one of IPv4. */
static void
unmap(struct sockaddr_storage *at)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)at;
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (at->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return;
	memcpy(&in.sin_addr, in6->sin6_addr.s6_addr + 12, 4);
	memcpy(at, &in, sizeof(in));
}

/* The control connection's own address; 127.0.0.1 where an IPv6 loopback client says PASV,
 * which has no words for ::1. */
static bool
listen_at(const struct near *near, uint8_t family, struct sockaddr_storage *at)
{
	struct sockaddr_in *in = (struct sockaddr_in *)at;

	*at = near->config.local;
	unmap(at);
	if (at->ss_family == AF_UNSPEC || (family == 4 && at->ss_family == AF_INET6 &&
	    addr_is_loopback((struct sockaddr *)at))) {
		memset(at, 0, sizeof(*at));
		in->sin_family = AF_INET;
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	return family == 0 || (family == 4) == (at->ss_family == AF_INET);
}

static uint16_t
slot_port(const struct near_slot *slot)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} at = { .in6 = { 0 } };
	socklen_t len = sizeof(at);

	getsockname(slot->fd, &at.sa, &len);
	return ntohs(at.sa.sa_family == AF_INET6 ? at.in6.sin6_port : at.in.sin_port);
}

static void
listening(void *arg)
{
	struct near_slot *slot = arg;

	slot->told = NULL;
	end_listening(&slot->near->end, slot->channel, slot_port(slot));
}

/* Why it cannot, NULL: it listens. */
static const char *
slot_listen(struct near_slot *slot, uint8_t family)
{
	const struct near_config *c = &slot->near->config;
	struct loop *loop = slot->near->end.loop;
	struct sockaddr_storage at;

	if (!listen_at(slot->near, family, &at))
		return "no address of that family here";
	slot->fd = c->port_lo == 0 ? bind_anywhere(&at) :
	    bind_in_range(&at, c->port_lo, c->port_hi, UINT16_MAX);
	if (slot->fd == -1)
		return c->port_lo != 0 && errno == EADDRINUSE ? "no free port in FtpDataPorts" :
		    strerror(errno);
	slot->watch = loop_watch(loop, slot->fd, POLLIN, slot_accept, slot);
	slot->told = loop_timer(loop, 0, listening, slot);
	return slot->watch != NULL && slot->told != NULL ? NULL : strerror(ENOMEM);
}

static bool
near_listen(struct end *end, unsigned channel, uint8_t family)
{
	struct near_slot *slot = slot_new((struct near *)end, channel, LISTEN_DEADLINE_MS,
	    "nobody connected");
	const char *failure;

	if (slot == NULL)
		return false;
	slot->listening = true;
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
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
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

/* There is no link that could be broken. */
static void
near_check(struct end *end, const struct stream *stream, check_fn *done, void *arg)
{
	(void)end;
	(void)stream;
	done(arg, true);
}

static unsigned
near_count(const struct end *end)
{
	unsigned n = end->uses;

	for (const struct near_slot *s = ((const struct near *)end)->slots; s != NULL; s = s->next)
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

static const struct end_ops near_ops = { near_dial, near_listen, near_cancel, near_take, near_check,
	near_count, near_free };

struct end *
near_new(struct loop *loop, const struct near_config *config, end_fn *fn, void *arg)
{
	struct near *near = memory_new(sizeof(*near));

	if (near == NULL)
		return NULL;
	near->end = (struct end){ &near_ops, loop, fn, arg, 0 };
	near->config = *config;
	return &near->end;
}

void
near_learn(struct end *end, const struct sockaddr_storage *local, const struct sockaddr_storage *peer)
{
	struct near_config *c = &((struct near *)end)->config;

	c->local = *local;
	c->peer = *peer;
}
