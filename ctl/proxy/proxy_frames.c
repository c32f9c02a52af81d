#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mux/muxmsg.h"
#include "proxy/proxy_private.h"

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

void
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
