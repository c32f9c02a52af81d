#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/packet.h"
#include "mux/mux.h"
#include "mux/muxmsg.h"
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
	t->channels = p->pool.count - p->no_files;
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

static void
proxy_nonsense(struct proxy *p, const char *reason)
{
	p->lost = true;
	proxy_over(p, reason);
}

/* A master that does not know proxy connections took the opens for nothing. */
static void
proxy_unable(struct proxy *p, const char *why)
{
	char reason[192];

	p->unanswered = 0;
	snprintf(reason, sizeof(reason), "the ControlMaster has no proxy connection for us: %s",
	    why);
	proxy_over(p, reason);
}

static void
proxy_hello(struct proxy *p, const uint8_t *frame, size_t len)
{
	struct mux_reply reply;

	if (muxmsg_decode(&reply, frame, len) == -1) {
		proxy_nonsense(p, "unexpected answer from the ControlMaster");
	} else if (p->state == PROXY_HELLO && reply.answer == MUX_S_HELLO) {
		if (reply.value == MUX_VERSION)
			p->state = PROXY_ASKED;
		else
			proxy_unable(p, "it speaks another version");
	} else if (p->state == PROXY_ASKED && reply.answer == MUX_S_PROXY) {
		p->state = PROXY_READY;
		timer_stop(&p->silence);
	} else if (reply.answer == MUX_S_FAILURE || reply.answer == MUX_S_DENIED) {
		proxy_unable(p, reply.reason);
	} else {
		proxy_nonsense(p, "unexpected answer from the ControlMaster");
	}
}

/* What concerns one channel: -1 = that cannot be. */
static int
take_confirmation(struct proxy_channel *c, const struct chanmsg *m)
{
	uint64_t now = loop_now_us();

	if (m->max_packet == 0)
		return -1;
	c->state = CHANNEL_OPEN;
	c->remote = m->sender;
	c->remote_window = m->window;
	c->remote_max = m->max_packet;
	c->proxy->unanswered--;
	window_measure(&c->window, &c->proxy->pool, now - c->dialled_us, now);
	if (c->freed)
		proxy_channel_close(c);
	proxy_schedule(c, PROXY_OPENED);
	return 0;
}

static void
take_refusal(struct proxy_channel *c, const struct chanmsg *m)
{
	c->proxy->unanswered--;
	c->proxy->refused++;
	c->proxy->stays = true;
	memcpy(c->reason, m->reason, sizeof(c->reason));
	proxy_schedule(c, m->forbidden ? PROXY_FORBIDDEN : PROXY_REFUSED);
	proxy_channel_over(c);
}

static int
take_data(struct proxy_channel *c, const struct chanmsg *m)
{
	if (c->eof_came || m->len > PROXY_PACKET_MAX || window_came(&c->window, m->len) == -1)
		return -1;
	if (m->type == CHANMSG_EXTENDED_DATA)
		window_read(&c->window, m->len); /* nobody reads it: credit comes with the rest */
	else if (m->len > 0 && !c->freed)
		proxy_came(c, m->data, m->len);
	return 0;
}

static int
channel_take(struct proxy_channel *c, const struct chanmsg *m)
{
	bool answers = m->type == CHANMSG_OPEN_CONFIRMATION || m->type == CHANMSG_OPEN_FAILURE;

	if (c->state != (answers ? CHANNEL_OPENING : CHANNEL_OPEN))
		return -1;
	switch (m->type) {
	case CHANMSG_OPEN_CONFIRMATION:
		return take_confirmation(c, m);
	case CHANMSG_OPEN_FAILURE:
		take_refusal(c, m);
		return 0;
	case CHANMSG_DATA:
	case CHANMSG_EXTENDED_DATA:
		return take_data(c, m);
	case CHANMSG_WINDOW_ADJUST:
		c->remote_window += m->window;
		if (c->hungry && m->window > 0)
			proxy_schedule(c, PROXY_WRITABLE);
		return c->remote_window > UINT32_MAX ? -1 : 0;
	case CHANMSG_EOF:
		c->eof_came = true;
		proxy_schedule(c, PROXY_READABLE);
		return 0;
	case CHANMSG_CLOSE:
		proxy_channel_close(c);
		proxy_schedule(c, PROXY_CLOSED);
		proxy_channel_over(c);
		return 0;
	case CHANMSG_REQUEST:
		if (m->want_reply && !c->close_sent)
			proxy_put_numbers(c->proxy, CHANMSG_FAILURE, &c->remote, 1);
		return 0;
	default:
		return 0;
	}
}

static int
proxy_take_message(struct proxy *p, const struct chanmsg *m)
{
	switch (m->type) {
	case CHANMSG_OPEN:
		proxy_put_numbers(p, CHANMSG_OPEN_FAILURE,
		    (const uint32_t[]){ m->channel, CHANMSG_PROHIBITED, 0, 0 }, 4);
		return 0;
	case CHANMSG_GLOBAL_REQUEST:
		if (m->want_reply)
			proxy_put_numbers(p, CHANMSG_REQUEST_FAILURE, NULL, 0);
		return 0;
	case CHANMSG_IGNORE:
	case CHANMSG_UNIMPLEMENTED:
	case CHANMSG_DEBUG:
	case CHANMSG_REQUEST_SUCCESS:
	case CHANMSG_REQUEST_FAILURE:
		return 0;
	default:
		if (m->channel >= p->channel_room || p->channels[m->channel] == NULL)
			return -1;
		return channel_take(p->channels[m->channel], m);
	}
}

static void
proxy_frames(struct proxy *p)
{
	struct chanmsg m;
	size_t len;

	while (!p->lost && p->in.len >= 4 && (!p->over || p->freed)) {
		const uint8_t *in = (const uint8_t *)bytes_data(&p->in);

		if ((len = wire_peek_u32(in)) > CHANMSG_FRAME_MAX) {
			proxy_nonsense(p, "the ControlMaster sent too long a message");
			return;
		}
		if (p->in.len < 4 + len)
			return;
		bytes_take(&p->in, 4 + len);
		if (p->state != PROXY_READY)
			proxy_hello(p, in + 4, len);
		else if (chanmsg_decode(&m, in + 4, len) == -1 || proxy_take_message(p, &m) == -1)
			proxy_nonsense(p, "unexpected message from the ControlMaster");
	}
}

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
		fd_close(&p->fd);
		proxy_over(p, mux_gone);
		return;
	}
	trace_done(p);
}
