#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>

#include "base/packet.h"
#include "mux/mux.h"
#include "proxy/proxy_private.h"

#define IN_FIRST  (16 * 1024)
#define IN_MOST   (256 * 1024) /* more a socket of the master's does not hold at once */
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
	uint32_t n = 0;

	if (p->lost || p->failed)
		return DRAIN_FOR_EVER;
	for (size_t i = 0; i < p->channel_room && p->unanswered > 0; i++)
		n += p->channels[i] != NULL && p->channels[i]->state == CHANNEL_OPENING &&
		    p->channels[i]->dialled_at <= p->sent;
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
	t->rest = p->state == PROXY_READY && p->pool.count == 0 && p->in.len == 0 &&
	    p->out.len == 0 && !p->deaf;
	drain_begin(&t->drain, trace_unanswered(p), (const uint8_t *)bytes_data(&p->in), p->in.len);
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
	return p->sent + p->out.len;
}

uint8_t *
proxy_reserve(struct proxy *p, size_t n)
{
	void *room = p->out.len + n <= OUT_MOST ? bytes_room(&p->out, n) : NULL;

	if (room == NULL)
		proxy_fail(p);
	return room;
}

/* A send that fails is no news of its own: the end shows when the loop reads. */
void
proxy_flush(struct proxy *p)
{
	struct proxy_channel *c;
	ssize_t n;

	if (p->fd == -1 || p->deaf || p->out.len == 0)
		return;
	trace_begin(p);
	n = send(p->fd, bytes_data(&p->out), p->out.len, MSG_NOSIGNAL);
	if (n == -1 && !packet_again(errno)) {
		p->deaf = true;
		n = 0;
		bytes_take(&p->out, p->out.len);
	}
	if (n > 0) {
		p->sent += (uint64_t)n;
		bytes_take(&p->out, (size_t)n);
	}
	p->full = p->out.len > 0;
	trace_done(p);
	for (size_t i = 0; i < p->channel_room && p->out.len < WRITERS_AWAKE; i++)
		if ((c = p->channels[i]) != NULL && c->hungry && c->remote_window > 0)
			proxy_schedule(c, PROXY_WRITABLE);
}

/* What is put into out goes at the end of the round, all in one piece. */
void
proxy_arm(struct proxy *p)
{
	watch_events(p->watch, p->full ? POLLIN | POLLOUT : POLLIN);
	if (p->out.len > 0 && !p->full && !p->deaf && p->fd != -1)
		proxy_wake(p);
}

bool
proxy_wire(struct proxy *p, struct wire *w, size_t n)
{
	wire_write_to(w, proxy_reserve(p, n), n);
	return w->data != NULL;
}

void
proxy_put(struct proxy *p, const struct wire *w)
{
	p->out.len += w->len;
	proxy_arm(p);
}

void
proxy_put_numbers(struct proxy *p, enum chanmsg_type type, const uint32_t *numbers, size_t count)
{
	struct wire w;

	if (!proxy_wire(p, &w, 64))
		return;
	chanmsg_numbers(&w, type, numbers, count);
	proxy_put(p, &w);
}

/* --- coming in ------------------------------------------------------------------------ */

/* How much may come: more after a read that filled it, and all of a long frame. */
static size_t
proxy_in_room(const struct proxy *p)
{
	size_t size = p->in.size > IN_FIRST ? p->in.size : IN_FIRST, frame = 0;

	if (p->in.len >= 4)
		frame = 4 + (size_t)wire_peek_u32((const uint8_t *)bytes_data(&p->in));
	if (p->in_full && size < IN_MOST)
		size *= 2;
	while (size < frame)
		size *= 2;
	return size - p->in.len;
}

void
proxy_receive(struct proxy *p)
{
	size_t room = proxy_in_room(p);
	void *at = bytes_room(&p->in, room);
	ssize_t n;

	if (at == NULL) {
		proxy_fail(p);
		return;
	}
	trace_begin(p);
	n = recv(p->fd, at, room, 0);
	if (n > 0) {
		p->in_full = (size_t)n == room;
		p->in.len += (size_t)n;
		proxy_frames(p);
	} else if (packet_over(n)) {
		p->unanswered = 0;
		proxy_quiet(p);
		fd_close(&p->fd);
		proxy_over(p, mux_gone);
		return;
	}
	trace_done(p);
}
