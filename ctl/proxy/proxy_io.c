#include "proxy/proxy.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "base/memory.h"
#include "mux/mux.h"
#include "proxy/proxy_private.h"
#include "base/wire.h"

#define IN_FIRST  (16 * 1024)
#define IN_MOST   (256 * 1024) /* more a socket of the master's does not hold at once */
#define OUT_FIRST (4 * 1024)
#define OUT_MOST  (4 * 1024 * 1024) /* a master that wants more answers than that reads none */
#define WRITERS_AWAKE (128 * 1024)

/* --- the trace ------------------------------------------------------------------------ */

/* Something is sent or read now. While no open is unanswered that changes nothing that would have
 * to be known. The compiler must keep this order; for one that is killed the processor does. */
static void
trace_begin(struct proxy *p)
{
	if (p->trace == NULL)
		return;
	*(volatile uint32_t *)&p->trace->rest = 0;
	if (p->unanswered > 0)
		*(volatile uint32_t *)&p->trace->flux = 1;
	atomic_signal_fence(memory_order_seq_cst);
}

/* Opens of which the master has all: one that was sent in part does it no harm. */
static uint32_t
trace_unanswered(const struct proxy *p)
{
	const struct proxy_channel *c;
	uint32_t n = 0;

	if (p->lost || p->failed)
		return DRAIN_FOR_EVER;
	for (c = p->unanswered > 0 ? p->all : NULL; c != NULL; c = c->next)
		n += c->state == CHANNEL_OPENING && c->dialled_at <= p->sent;
	return n;
}

static void
trace_done(struct proxy *p)
{
	struct proxy_trace *t = p->trace;

	if (t == NULL)
		return;
	t->refused = p->refused;
	t->stays = p->stays;
	t->channels = p->pool.count;
	t->rest = p->state == PROXY_READY && p->pool.count == 0 && p->in_from == p->in_len &&
	    p->out_from == p->out_len && !p->deaf;
	drain_begin(&t->drain, trace_unanswered(p), p->in + p->in_from, p->in_len - p->in_from);
	atomic_signal_fence(memory_order_seq_cst);
	*(volatile uint32_t *)&t->flux = 0;
}

int
proxy_trace(struct proxy *p)
{
	int fd;

	if (p->fd == -1 || p->trace != NULL || (fd = proxy_trace_new(&p->trace)) == -1)
		return -1;
	trace_done(p);
	return fd;
}

void
proxy_kept(struct proxy *p, proxy_keeps_fn *keeps, void *arg)
{
	p->keeps = p->trace != NULL ? keeps : NULL;
	p->keeps_arg = arg;
}

/* --- going out ------------------------------------------------------------------------ */

uint64_t
proxy_queued(const struct proxy *p)
{
	return p->sent + (p->out_len - p->out_from);
}

int
proxy_reserve(struct proxy *p, size_t n)
{
	size_t size = p->out_size > 0 ? p->out_size : OUT_FIRST;
	uint8_t *out;

	if (p->out_size - p->out_len >= n)
		return 0;
	if (p->out_from > 0) {
		p->out_len -= p->out_from;
		memmove(p->out, p->out + p->out_from, p->out_len);
		p->out_from = 0;
	}
	while (size < OUT_MOST && size - p->out_len < n)
		size *= 2;
	if (size - p->out_len < n || (out = memory_grow(p->out, size)) == NULL) {
		proxy_fail(p);
		return -1;
	}
	p->out = out;
	p->out_size = size;
	return 0;
}

/* A send that fails is no news of its own: the end shows when the loop reads. */
void
proxy_flush(struct proxy *p)
{
	struct proxy_channel *c;
	ssize_t n;

	if (p->fd == -1 || p->deaf || p->out_len == p->out_from)
		return;
	p->full = false;
	trace_begin(p);
	n = send(p->fd, p->out + p->out_from, p->out_len - p->out_from, MSG_NOSIGNAL);
	if (n == -1 && errno != EAGAIN && errno != EINTR) {
		p->deaf = true;
		p->out_len = p->out_from;
	}
	if (n > 0) {
		p->sent += (uint64_t)n;
		p->out_from += (size_t)n;
	}
	if (p->out_from == p->out_len)
		p->out_from = p->out_len = 0;
	else
		p->full = true;
	trace_done(p);
	for (c = p->all; c != NULL && p->out_len - p->out_from < WRITERS_AWAKE; c = c->next)
		if (c->hungry && c->remote_window > 0)
			proxy_schedule(c, PROXY_WRITABLE);
}

/* What is put into out goes at the end of the round, all in one piece. */
void
proxy_arm(struct proxy *p)
{
	watch_events(p->watch, p->full ? POLLIN | POLLOUT : POLLIN);
	if (p->out_len > p->out_from && !p->full && !p->deaf && p->fd != -1)
		proxy_wake(p);
}

bool
proxy_wire(struct proxy *p, struct wire *w, size_t n)
{
	if (proxy_reserve(p, n) == -1)
		return false;
	wire_write_to(w, p->out, p->out_size);
	w->len = p->out_len;
	return true;
}

void
proxy_put(struct proxy *p, const struct wire *w)
{
	p->out_len = w->len;
	proxy_arm(p);
}

void
proxy_put_plain(struct proxy *p, enum chanmsg_type type, uint32_t channel)
{
	struct wire w;

	if (!proxy_wire(p, &w, 64))
		return;
	chanmsg_plain(&w, type, channel);
	proxy_put(p, &w);
}

/* --- coming in ------------------------------------------------------------------------ */

/* Room for what comes: more after a read that filled it, and all of a long frame. */
static int
proxy_in_room(struct proxy *p)
{
	size_t size = p->in_size > 0 ? p->in_size : IN_FIRST, frame = 0;
	uint8_t *in;

	if (p->in_from > 0) {
		p->in_len -= p->in_from;
		memmove(p->in, p->in + p->in_from, p->in_len);
		p->in_from = 0;
	}
	if (p->in_len >= 4)
		frame = 4 + (size_t)wire_peek_u32(p->in);
	if (p->in_full && size < IN_MOST)
		size *= 2;
	while (size < frame)
		size *= 2;
	if (size == p->in_size)
		return 0;
	if ((in = memory_grow(p->in, size)) == NULL)
		return -1;
	p->in = in;
	p->in_size = size;
	return 0;
}

/* The buffers of one large transfer are not kept for the rest of a session. */
void
proxy_shrink(struct proxy *p)
{
	if (p->in_from == p->in_len && p->in_size > 4 * IN_FIRST) {
		free(p->in);
		p->in = NULL;
		p->in_from = p->in_len = p->in_size = 0;
	}
	if (p->out_from == p->out_len && p->out_size > 4 * IN_FIRST) {
		free(p->out);
		p->out = NULL;
		p->out_size = 0;
	}
	p->small = false;
}

void
proxy_receive(struct proxy *p)
{
	size_t room;
	ssize_t n;

	if (proxy_in_room(p) == -1) {
		proxy_fail(p);
		return;
	}
	room = p->in_size - p->in_len;
	trace_begin(p);
	n = recv(p->fd, p->in + p->in_len, room, 0);
	if (n > 0) {
		p->in_full = (size_t)n == room;
		p->in_len += (size_t)n;
		proxy_frames(p);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		p->unanswered = 0;
		proxy_quiet(p);
		fd_close(&p->fd);
		proxy_over(p, mux_gone);
		return;
	}
	trace_done(p);
}
