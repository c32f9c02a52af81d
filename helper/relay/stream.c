#include "relay/stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "relay/conn.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/packet.h"

#define DISCARDS 16

static void
fd_ready(void *arg, short revents)
{
	const short over = POLLERR | POLLHUP;
	struct stream *s = arg;
	bool gone = false;

	s->gone = &gone; /* the owner may free it in the first call */
	if (s->read && (revents & (POLLIN | over)))
		s->fn(s->arg, PROXY_READABLE, NULL);
	if (gone)
		return;
	s->gone = NULL;
	if (s->write && (revents & (POLLOUT | over)))
		s->fn(s->arg, PROXY_WRITABLE, NULL);
}

static void
channel_event(void *arg, enum proxy_event event, const char *reason)
{
	struct stream *s = arg;

	if (event == PROXY_REFUSED || event == PROXY_FORBIDDEN)
		s->channel = NULL; /* it frees itself */
	else if (event == PROXY_CLOSED) /* which is found by reading or by writing */
		event = s->write ? PROXY_WRITABLE : PROXY_READABLE;
	if (event == PROXY_READABLE ? s->read : event == PROXY_WRITABLE ? s->write : true)
		s->fn(s->arg, event, reason);
}

static struct stream *
stream_new(unsigned *uses)
{
	struct stream *s = memory_make(struct stream, .fd = -1, .uses = uses);

	if (s != NULL)
		++*uses;
	return s;
}

struct stream *
stream_of(struct loop *loop, int fd, unsigned *uses)
{
	struct stream *s = stream_new(uses);

	if (s == NULL) {
		close(fd);
		return NULL;
	}
	s->fd = fd;
	if ((s->watch = loop_watch(loop, fd, 0, fd_ready, s)) == NULL) {
		stream_free(s);
		return NULL;
	}
	watch_pause(s->watch, true);
	return s;
}

struct stream *
stream_dial(struct proxy *proxy, const char *host, uint16_t port, stream_fn *fn, void *arg,
    unsigned *uses)
{
	struct stream *s = stream_new(uses);

	if (s == NULL)
		return NULL;
	stream_owner(s, fn, arg);
	if ((s->channel = proxy_dial(proxy, host, port, channel_event, s)) == NULL) {
		stream_free(s);
		return NULL;
	}
	return s;
}

void
stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	if (s->gone != NULL)
		*s->gone = true;
	watch_free(s->watch);
	fd_close(&s->fd);
	proxy_channel_free(s->channel);
	--*s->uses;
	free(s);
}

int
stream_release(struct stream *s)
{
	int fd = s->fd;

	s->fd = -1;
	stream_free(s);
	conn_break_on_close(fd, false);
	return fd;
}

void
stream_break(struct stream *s)
{
	if (s->fd != -1)
		conn_break_on_close(s->fd, true);
}

void
stream_owner(struct stream *s, stream_fn *fn, void *arg)
{
	s->fn = fn;
	s->arg = arg;
}

static void
wait_anew(struct stream *s)
{
	if (s->watch == NULL)
		return;
	watch_events(s->watch, (short)((s->read ? POLLIN : 0) | (s->write ? POLLOUT : 0)));
	watch_pause(s->watch, !s->read && !s->write);
}

void
stream_wait_read(struct stream *s, bool wanted)
{
	if (s == NULL || s->read == wanted)
		return;
	s->read = wanted;
	wait_anew(s);
}

void
stream_wait_write(struct stream *s, bool wanted)
{
	if (s == NULL || s->write == wanted)
		return;
	s->write = wanted;
	wait_anew(s);
}

void
stream_eof(struct stream *s)
{
	if (s->ended)
		return;
	s->ended = true;
	if (s->fd != -1)
		conn_end_write(s->fd);
	else
		proxy_eof(s->channel);
}

int
stream_discard(struct stream *s)
{
	struct iovec piece;
	char buf[4096];
	ssize_t n = 1;

	if (s->channel != NULL) {
		while (proxy_pieces(s->channel, &piece, 1) > 0)
			proxy_take(s->channel, piece.iov_len);
		return proxy_ended(s->channel) ? 0 : proxy_closed(s->channel) ? -1 : 1;
	}
	for (int i = 0; i < DISCARDS && n > 0; i++)
		n = read(s->fd, buf, sizeof(buf));
	return n == -1 && packet_again(errno) ? 1 : n > 0 ? 1 : (int)n;
}

size_t
stream_unsent(const struct stream *s)
{
	return s->channel != NULL ? proxy_unsent(s->channel) : (size_t)conn_unsent(s->fd);
}

bool
stream_half_closed(const struct stream *s)
{
	return s->channel != NULL || conn_half_closed(s->fd);
}

bool
stream_closed(const struct stream *s)
{
	return s->channel != NULL && proxy_closed(s->channel);
}
