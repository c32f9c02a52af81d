#include "relay/relay.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/memory.h"
#include "base/packet.h"
#include "relay/stream.h"

/* ---- by splice(2) ---- */

static ssize_t
spliced(int from, int to, size_t len)
{
#ifdef ON_LINUX
	return splice(from, NULL, to, NULL, len, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
#else /* as of a descriptor that cannot be spliced */
	errno = EINVAL;
	return -1;
#endif
}

static bool
pipe_open(struct relay *r)
{
	if (r->piped || r->no_splice || r->bytes < RELAY_SPLICE)
		return r->piped;
	if (pipe2(r->pipe, O_CLOEXEC | O_NONBLOCK) == -1) {
		r->no_splice = true;
		return false;
	}
#ifdef F_SETPIPE_SZ
	fcntl(r->pipe[1], F_SETPIPE_SZ, RELAY_PIPE);
#endif
	return r->piped = true;
}

static void
pipe_close(struct relay *r)
{
	if (!r->piped)
		return;
	close(r->pipe[0]);
	close(r->pipe[1]);
	r->piped = false;
}

/* ---- by either way ---- */

/* Write what is on its way; RELAY_READ when it is all gone. */
static enum relay_state
relay_write(struct relay *r, int to)
{
	while (r->len > 0) {
		ssize_t n = r->piped ? spliced(r->pipe[0], to, r->len) :
		    write(to, r->buf + r->start, r->len);

		if (n == -1)
			return packet_again(errno) ? RELAY_WRITE : RELAY_WRITE_FAILED;
		r->start += (size_t)n;
		r->len -= (size_t)n;
		r->bytes += (uint64_t)n;
	}
	r->start = 0;
	return RELAY_READ;
}

/* As read(2). */
static ssize_t
relay_read(struct relay *r, int from)
{
	ssize_t n;

	if (pipe_open(r)) {
		n = spliced(from, r->pipe[1], RELAY_PIPE);
		if (n != -1 || errno != EINVAL)
			return n;
		pipe_close(r); /* from is of a kind that cannot be spliced */
		r->no_splice = true;
	}
	/* without the reserve: that is for ending this */
	if (r->buf == NULL && (!memory_reserve() || (r->buf = malloc(RELAY_BUFFER)) == NULL)) {
		errno = ENOMEM;
		return -1;
	}
	return read(from, r->buf, RELAY_BUFFER);
}

static enum relay_state
socket_to_socket(struct relay *r, int from, int to)
{
	enum relay_state state;

	for (size_t moved = 0; moved < RELAY_TURN; moved += r->len) {
		ssize_t n;

		if ((state = relay_write(r, to)) != RELAY_READ)
			return state;
		if ((n = relay_read(r, from)) == -1)
			return packet_again(errno) ? RELAY_READ : RELAY_READ_FAILED;
		if (n == 0)
			return RELAY_END;
		r->len = (size_t)n;
	}
	return relay_write(r, to);
}

/* ---- a channel of a proxy connection ---- */

#define PIECES 16

/* As with a socket: who has nothing to write does not see it. */
static enum relay_state
socket_to_nobody(int from)
{
	char byte;
	ssize_t n = recv(from, &byte, 1, MSG_PEEK);

	if (n == -1)
		return packet_again(errno) ? RELAY_READ : RELAY_READ_FAILED;
	return n > 0 ? RELAY_WRITE_FAILED : RELAY_END;
}

static enum relay_state
socket_to_channel(struct relay *r, int from, struct proxy_channel *to)
{
	uint8_t *buf;

	for (size_t moved = 0; moved < RELAY_TURN;) {
		size_t room;
		ssize_t n;

		if (proxy_closed(to))
			return socket_to_nobody(from);
		if ((room = proxy_room(to, &buf)) == 0)
			return RELAY_WRITE;
		if ((n = read(from, buf, room)) == -1)
			return packet_again(errno) ? RELAY_READ : RELAY_READ_FAILED;
		if (n == 0)
			return RELAY_END;
		proxy_commit(to, (size_t)n);
		r->bytes += (uint64_t)n;
		moved += (size_t)n;
		if ((size_t)n < room)
			break;
	}
	return RELAY_READ;
}

/* All that is there: what was taken off the connection to the master makes no event again. */
static enum relay_state
channel_to_socket(struct relay *r, struct proxy_channel *from, int to)
{
	struct iovec pieces[PIECES];
	int count;

	while ((count = proxy_pieces(from, pieces, PIECES)) > 0) {
		ssize_t n = writev(to, pieces, count);

		if (n == -1)
			return packet_again(errno) ? RELAY_WRITE : RELAY_WRITE_FAILED;
		proxy_take(from, (size_t)n);
		r->bytes += (uint64_t)n;
	}
	if (proxy_ended(from))
		return RELAY_END;
	return proxy_closed(from) ? RELAY_READ_FAILED : RELAY_READ;
}

enum relay_state
relay_run(struct relay *r, struct stream *from, struct stream *to)
{
	enum relay_state state;

	if (from->channel != NULL)
		state = channel_to_socket(r, from->channel, to->fd);
	else if (to->channel != NULL)
		state = socket_to_channel(r, from->fd, to->channel);
	else
		state = socket_to_socket(r, from->fd, to->fd);
	stream_wait_read(from, state == RELAY_READ);
	stream_wait_write(to, state == RELAY_WRITE);
	return state;
}

void
relay_free(struct relay *r)
{
	pipe_close(r);
	free(r->buf);
	r->buf = NULL;
	r->start = r->len = 0;
}
