/* The near end: TCP of this machine. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conn.h"
#include "end.h"
#include "libbsd.h"
#include "listener.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "peer.h"

#define ACCEPTS_PER_ROUND 16

/* One listener, or one attempt to connect. */
struct near_slot {
	struct near *near;
	struct near_slot *next;
	unsigned channel;
	int fd;
	bool listening;
	uint16_t port; /* of the spare one */
	struct watch *watch;
	struct timer *deadline, *pause, *told; /* pause: nobody is accepted; told: listening */
	struct addrinfo *addresses, *at; /* dial: the list, and the one in hand */
	const char *failure;             /* told by the deadline timer */
};

struct near {
	struct end end;
	struct near_config config;
	struct near_slot *slots, *spare;
};

static void
slot_free(struct near_slot *slot)
{
	struct near_slot **at;

	for (at = &slot->near->slots; *at != slot; at = &(*at)->next)
		;
	*at = slot->next;
	if (slot->near->spare == slot)
		slot->near->spare = NULL;
	watch_free(slot->watch);
	timer_free(slot->deadline);
	timer_free(slot->pause);
	timer_free(slot->told);
	if (slot->addresses != NULL)
		freeaddrinfo(slot->addresses);
	if (slot->fd != -1) {
		if (!slot->listening) /* given up: if it is there already, that is no end of file */
			conn_break_on_close(&(struct conn){ slot->fd, slot->fd });
		close(slot->fd);
	}
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

static void
slot_connected(struct near_slot *slot, int fd)
{
	struct end *end = &slot->near->end;
	unsigned channel = slot->channel;

	if (slot->fd == fd)
		slot->fd = -1;
	slot_free(slot);
	end_connected(end, channel, fd, fd, false);
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
	slot->failure = failure;
	slot->deadline = loop_timer(near->end.loop, ms, slot_deadline, slot);
	slot->next = near->slots;
	near->slots = slot;
	return slot;
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

/* May this one have the data? The address must be the control peer's; on this machine the
 * socket must be the control connection's owner's, our own (another tunnel's) or root's. */
static bool
guard(const struct near *near, int fd, const struct sockaddr *from)
{
	const struct near_config *c = &near->config;
	const struct sockaddr *peer = (const struct sockaddr *)&c->peer;
	bool loopback = addr_is_loopback(from) && addr_is_loopback(peer);
	uid_t uid;

	if (!loopback && !addr_same_host(from, peer))
		return false;
	if (!c->check_owner)
		return true;
	switch (peer_uid(fd, &uid)) {
	case PEER_KNOWN:
		return uid == c->owner || uid == getuid() || uid == 0;
	case PEER_REMOTE:
		return true;
	default:
		return false;
	}
}

static void
slot_resume(void *arg)
{
	struct near_slot *slot = arg;

	slot->pause = NULL;
	watch_pause(slot->watch, false);
}

/* As accept(2), but what there is no room for has to wait. */
static int
slot_take(struct near_slot *slot, struct sockaddr_storage *from)
{
	socklen_t len = sizeof(*from);
	int fd = accept4(slot->fd, (struct sockaddr *)from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd == -1 && listener_lacks(errno) && slot->pause == NULL) {
		slot->pause = loop_timer(slot->near->end.loop, LISTENER_PAUSE_MS, slot_resume, slot);
		watch_pause(slot->watch, slot->pause != NULL);
	}
	return fd;
}

static void
slot_accept(void *arg, short revents)
{
	struct near_slot *slot = arg;

	(void)revents;
	if (slot == slot->near->spare) {
		end_visitor(&slot->near->end);
		return;
	}
	for (int i = 0; i < ACCEPTS_PER_ROUND; i++) {
		struct sockaddr_storage from;
		int fd = slot_take(slot, &from);

		if (fd == -1)
			return;
		if (guard(slot->near, fd, (struct sockaddr *)&from)) {
			slot_connected(slot, fd);
			return;
		}
		log_at(LOG_SESSIONS, "refused a stranger at a data port");
		close(fd);
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
	end_listening(&slot->near->end, slot->channel, slot_port(slot), false);
}

static bool
slot_watch(struct near_slot *slot)
{
	slot->watch = loop_watch(slot->near->end.loop, slot->fd, POLLIN, slot_accept, slot);
	return slot->watch != NULL;
}

static void
near_listen(struct end *end, unsigned channel, uint8_t family)
{
	struct near *near = (struct near *)end;
	struct near_slot *slot = slot_new(near, channel, LISTEN_DEADLINE_MS, "nobody connected");
	struct sockaddr_storage at;

	if (slot == NULL)
		return;
	slot->listening = true;
	if (!listen_at(near, family, &at)) {
		slot_fail_later(slot, "no address of that family here");
		return;
	}
	slot->fd = near->config.port_lo == 0 ? bind_anywhere(&at) :
	    bind_in_range(&at, near->config.port_lo, near->config.port_hi, UINT16_MAX);
	if (slot->fd == -1 || !slot_watch(slot) ||
	    (slot->told = loop_timer(end->loop, 0, listening, slot)) == NULL)
		slot_fail_later(slot, near->config.port_lo ? "no free port in FtpDataPorts" :
							     strerror(errno));
}

/* ---- the spare listener ---- */

uint16_t
near_spare(struct end *end, uint8_t family)
{
	struct near *near = (struct near *)end;
	struct sockaddr_storage at;
	struct near_slot *slot;

	/* A range is there for others, too. */
	if (near->spare != NULL || near->config.port_lo != 0 || !listen_at(near, family, &at) ||
	    (slot = slot_new(near, 0, 0, "nobody connected")) == NULL)
		return 0;
	timer_free(slot->deadline);
	slot->deadline = NULL;
	slot->listening = true;
	if ((slot->fd = bind_anywhere(&at)) == -1 || !slot_watch(slot)) {
		slot_free(slot);
		return 0;
	}
	near->spare = slot;
	return slot->port = slot_port(slot);
}

bool
near_listen_spare(struct end *end, unsigned channel, uint16_t port)
{
	struct near *near = (struct near *)end;
	struct near_slot *slot = near->spare;

	if (slot == NULL || slot->port != port)
		return false;
	near->spare = NULL;
	slot->channel = channel;
	slot->deadline = loop_timer(end->loop, LISTEN_DEADLINE_MS, slot_deadline, slot);
	return true;
}

void
near_refuse(struct end *end)
{
	const struct near *near = (struct near *)end;
	struct sockaddr_storage from;
	int fd = near->spare != NULL ? slot_take(near->spare, &from) : -1;

	if (fd == -1)
		return;
	log_at(LOG_SESSIONS, "refused a stranger at a data port");
	close(fd);
}

void
near_drop_spare(struct end *end)
{
	struct near *near = (struct near *)end;

	if (near->spare != NULL)
		slot_free(near->spare);
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
	if (getsockopt(slot->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0) {
		slot_connected(slot, slot->fd);
		return;
	}
	errno = error;
	dial_next(slot);
}

/* Begin to connect to the next address of the list. */
static void
dial_next(struct near_slot *slot)
{
	const char *reason = errno ? strerror(errno) : "no address";

	for (; slot->at != NULL; slot->at = slot->at->ai_next) {
		const struct addrinfo *ai = slot->at;

		if (slot->fd != -1)
			close(slot->fd);
		slot->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (slot->fd == -1)
			continue;
		if (connect(slot->fd, ai->ai_addr, ai->ai_addrlen) == 0 || errno == EINPROGRESS) {
			slot->at = ai->ai_next;
			slot->watch = loop_watch(slot->near->end.loop, slot->fd, POLLOUT, dial_done,
			    slot);
			if (slot->watch != NULL)
				return;
		}
		reason = strerror(errno);
	}
	slot_fail_later(slot, reason);
}

static void
near_prepare(struct end *end, unsigned channel, const char *host, uint16_t port)
{
	(void)end;
	(void)channel;
	(void)host;
	(void)port;
}

static void
near_dial(struct end *end, unsigned channel, const char *host, uint16_t port, int to)
{
	struct near *near = (struct near *)end;
	struct near_slot *slot = slot_new(near, channel, DIAL_TIMEOUT_MS, "timed out");
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char service[8];
	int error;

	(void)to;
	if (slot == NULL)
		return;
	snprintf(service, sizeof(service), "%u", port);
	if ((error = getaddrinfo(host, service, &hints, &slot->addresses)) != 0) {
		slot->addresses = NULL;
		slot_fail_later(slot, gai_strerror(error));
		return;
	}
	slot->at = slot->addresses;
	errno = 0;
	dial_next(slot);
}

/* ---- the rest ---- */

static unsigned
near_cancel(struct end *end, unsigned channel)
{
	struct near *near = (struct near *)end;
	struct near_slot *slot, *next;
	unsigned n = 0;

	for (slot = near->slots; slot != NULL; slot = next) {
		next = slot->next;
		if (slot->channel != channel)
			continue;
		slot_free(slot);
		n++;
	}
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

static const struct end_ops near_ops = { near_prepare, near_dial, near_listen, near_cancel,
	near_free };

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
near_learn(struct end *end, const struct sockaddr *local, const struct sockaddr *peer)
{
	struct near_config *c = &((struct near *)end)->config;

	memcpy(&c->local, local, sockaddr_len((const struct sockaddr_storage *)local));
	memcpy(&c->peer, peer, sockaddr_len((const struct sockaddr_storage *)peer));
}
