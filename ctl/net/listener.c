#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "net/peer.h"
#include "net/peer_owner.h"
#include "base/unixsock.h"

#define BACKLOG 4096 /* the kernel may take it for less */
#define AT_ONCE 32    /* accepted before others get their turn */
#define PORT_TRIES 20 /* to find a port that is free on both loopback addresses */

int
listener_accept(int fd, struct watch *watch, struct sockaddr_storage *from)
{
	socklen_t len = sizeof(*from);
	int got = accept4(fd, (struct sockaddr *)from, from != NULL ? &len : NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (got == -1 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
		log_at(LOG_SESSIONS, "cannot accept a connection: %s; trying again",
		    strerror(errno));
		watch_pause_for(watch, LISTENER_PAUSE_MS);
	}
	return got;
}

static void
listener_ready(void *arg, short revents)
{
	struct listener *l = arg;
	int fd;

	for (int i = 0; i < AT_ONCE && (fd = listener_accept(l->fd, l->watch, NULL)) != -1; i++)
		l->fn(l->arg, l, fd);
}

void
listener_start(struct listener *l, listener_fn *fn, void *arg)
{
	for (; l != NULL; l = l->next) {
		l->fn = fn;
		l->arg = arg;
		if ((l->watch = loop_watch(l->loop, l->fd, POLLIN, listener_ready, l)) == NULL)
			log_error("%s: cannot accept: out of memory", l->at.host);
	}
}

void
listener_free(struct listener *l)
{
	struct listener *next;

	for (; l != NULL; l = next) {
		next = l->next;
		watch_free(l->watch);
		if (l->is_unix)
			unlink(l->at.host);
		close(l->fd);
		free(l);
	}
}

/* At the end of the list. Takes over fd, also when it fails. */
static struct listener *
listener_new(struct listener **list, struct loop *loop, int fd)
{
	struct listener *l = memory_make(struct listener, .loop = loop, .fd = fd);

	if (l == NULL) {
		close(fd);
		return NULL;
	}
	peer_owner_open();
	list_append(listener, *list, l);
	return l;
}

/* The numeric address that sa is; false for another family than IP. */
static bool
address_text(struct hostport *at, const struct sockaddr *sa, socklen_t len)
{
	char port[8];

	if (getnameinfo(sa, len, at->host, sizeof(at->host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return false;
	at->port = (uint16_t)atoi(port);
	return sa->sa_family == AF_INET || sa->sa_family == AF_INET6;
}

/* Which address it has got in the end. */
static bool
read_address(struct listener *l, struct sockaddr_storage *ss)
{
	socklen_t len = sizeof(*ss);

	memset(ss, 0, sizeof(*ss));
	return getsockname(l->fd, (struct sockaddr *)ss, &len) == 0 &&
	    address_text(&l->at, (struct sockaddr *)ss, len);
}

/* A port that is in TIME_WAIT is free: a range of them may be small. */
int
listener_bind(const struct sockaddr *at, socklen_t len, int backlog)
{
	int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (at->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, at, len) == -1 || listen(fd, backlog) == -1)
		fd_close(&fd);
	return fd;
}

static enum listen_result
cannot_bind(const struct addrinfo *ai, char *why, size_t why_size)
{
	struct hostport at = { "?", 0 };
	char text[SPEC_HOST_MAX + 16];
	int error = errno;

	address_text(&at, ai->ai_addr, ai->ai_addrlen);
	hostport_format(text, sizeof(text), at.host, at.port);
	if (error == EADDRINUSE) {
		log_why(why, why_size, "cannot listen on %s: the port is in use; choose another one, "
		    "or 0 for any", text);
		return LISTEN_IN_USE;
	}
	if (error == EACCES)
		return log_why(why, why_size, "cannot listen on %s: that port takes a privilege; "
		    "choose one from 1024 up", text);
	return log_why(why, why_size, "cannot listen on %s: %s", text, strerror(error));
}

/* One listener for each address in the list; with port 0 all get the port of the first. */
static enum listen_result
listen_all(struct listener **out, struct loop *loop, const struct addrinfo *ai,
    const struct tunnel_spec *spec, char *why, size_t why_size)
{
	uint16_t port = spec->listen.port;
	struct sockaddr_storage ss;
	struct listener *l;
	int fd;

	for (; ai != NULL; ai = ai->ai_next) {
		addr_set_port(ai->ai_addr, htons(port));
		if ((fd = listener_bind(ai->ai_addr, ai->ai_addrlen, BACKLOG)) == -1) {
			/* a machine without IPv6 (or IPv4) has only one loopback address */
			if ((errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT) &&
			    (*out != NULL || ai->ai_next != NULL))
				continue;
			return cannot_bind(ai, why, why_size);
		}
		if ((l = listener_new(out, loop, fd)) == NULL)
			return log_why(why, why_size, "out of memory");
		if (!read_address(l, &ss))
			return log_why(why, why_size, "cannot tell the address listened on");
		l->target = spec->target;
		port = l->at.port;
	}
	return LISTEN_OK;
}

/* As listen_all(); another port, if it was ours to choose and somebody has it on ::1. */
static enum listen_result
listen_patiently(struct listener **out, struct loop *loop, struct addrinfo *ai,
    const struct tunnel_spec *spec, char *why, size_t why_size)
{
	enum listen_result result = LISTEN_FAILED;

	for (int i = 0; i < PORT_TRIES; i++) {
		result = listen_all(out, loop, ai, spec, why, why_size);
		if (result != LISTEN_IN_USE || spec->listen.port != 0)
			return result;
		memory_drop(listener_free, *out);
	}
	ai->ai_next = NULL; /* then only on the first address */
	return listen_all(out, loop, ai, spec, why, why_size);
}

static void
ipv4_first(struct addrinfo **list)
{
	struct addrinfo **at = list, *v4;

	while (*at != NULL && (*at)->ai_family != AF_INET)
		at = &(*at)->ai_next;
	if ((v4 = *at) == NULL)
		return;
	*at = v4->ai_next;
	v4->ai_next = *list;
	*list = v4;
}

enum listen_result
listener_tcp(struct listener **list, struct loop *loop, const struct tunnel_spec *spec,
    const struct cmdline *c, char *why, size_t why_size)
{
	const char *host = spec->listen.host;
	bool any = strcmp(host, "*") == 0, loopback = *host == '\0' || strcmp(host, "localhost") == 0;
	const struct addrinfo hints = { .ai_family = c->family, .ai_socktype = SOCK_STREAM,
		.ai_flags = any ? AI_PASSIVE : 0 };
	struct addrinfo *found;
	enum listen_result result;
	int error;

	while (*list != NULL) /* the new ones stand behind them */
		list = &(*list)->next;
	if ((error = getaddrinfo(any || loopback ? NULL : host, "0", &hints, &found)) != 0)
		return log_why(why, why_size, "cannot listen on %s: %s", host,
		    error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
	ipv4_first(&found);
	for (const struct addrinfo *ai = found; ai != NULL && !c->gateway; ai = ai->ai_next)
		if (!addr_is_loopback(ai->ai_addr)) {
			freeaddrinfo(found);
			return log_why(why, why_size, "listening on %s lets other hosts in; "
			    "add -g if that is meant", host);
		}
	result = listen_patiently(list, loop, found, spec, why, why_size);
	if (result != LISTEN_OK)
		memory_drop(listener_free, *list);
	freeaddrinfo(found);
	return result;
}

enum listen_result
listener_unix(struct listener **out, struct loop *loop, const char *path, char *why,
    size_t why_size)
{
	int fd = unixsock_listen(path, BACKLOG);

	*out = NULL;
	if (fd == -1)
		return log_why(why, why_size, "%s: cannot listen: %s", path, strerror(errno));
	if (listener_new(out, loop, fd) == NULL) {
		unlink(path);
		return log_why(why, why_size, "out of memory");
	}
	(*out)->is_unix = true;
	snprintf((*out)->at.host, sizeof((*out)->at.host), "%s", path);
	return LISTEN_OK;
}

enum listen_result
listener_adopt(struct listener **list, struct loop *loop, const struct tunnel_spec *spec,
    const struct cmdline *c, int fd, char *why, size_t why_size)
{
	struct sockaddr_storage ss;
	struct listener *l;
	int yes = 0;
	socklen_t len = sizeof(yes);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) == -1 || !yes)
		return log_why(why, why_size, "descriptor %d: not a listening socket", fd);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	while (*list != NULL)
		list = &(*list)->next;
	if ((l = listener_new(list, loop, fd)) == NULL)
		return log_why(why, why_size, "out of memory");
	l->target = spec->target;
	if (!read_address(l, &ss))
		log_why(why, why_size, "descriptor %d: not a TCP socket", fd);
	else if (!c->gateway && !addr_is_loopback((struct sockaddr *)&ss))
		log_why(why, why_size, "descriptor %d: listening on %s lets other hosts in; "
		    "add -g if that is meant", fd, l->at.host);
	else
		return LISTEN_OK;
	memory_drop(listener_free, *list);
	return LISTEN_FAILED;
}
