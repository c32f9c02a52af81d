#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/proxy_private.h"

/* The master takes a frame in reads of 16 KiB, one a round, and its length by itself: two
 * whole ones are the best that fits into a packet. */
#define FRAME_BEST  (32 * 1024 - (CHANMSG_DATA_HEADER - 4))
#define OUT_DATA    (256 * 1024) /* so much may wait for the master's socket */
#define FLUSH_AT    (128 * 1024)
#define REST_KEPT   (64 * 1024)

static int
channel_open(struct proxy_channel *c, const char *host, uint16_t port)
{
	struct proxy *p = c->proxy;
	struct wire w;

	if (strlen(host) > 1024) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (!proxy_wire(p, &w, 2048)) {
		errno = ENOMEM;
		return -1;
	}
	chanmsg_open(&w, c->id, window_begin(&c->window, &p->pool), PROXY_PACKET_MAX, host, port);
	proxy_put(p, &w);
	p->unanswered++;
	c->dialled_at = proxy_queued(p);
	return 0;
}

struct proxy_channel *
proxy_dial(struct proxy *p, const char *host, uint16_t port, proxy_channel_fn *fn, void *arg)
{
	struct proxy_channel *c;
	size_t number = 0;

	if (p->over || p->freed) {
		errno = EPIPE;
		return NULL;
	}
	while (number < p->channel_room && p->channels[number] != NULL)
		number++;
	if ((number == p->channel_room &&
	    memory_append(&p->channels, &p->channel_room, sizeof(struct proxy_channel *)) == NULL) ||
	    (c = memory_new(sizeof(*c))) == NULL)
		return NULL;
	*c = (struct proxy_channel){ .proxy = p, .fn = fn, .arg = arg, .id = (uint32_t)number,
		.dialled_us = loop_now_us() };
	if (channel_open(c, host, port) == -1) {
		free(c);
		return NULL;
	}
	return p->channels[number] = c;
}

void
proxy_no_file(struct proxy_channel *c)
{
	c->no_file = true;
	c->proxy->no_files++;
}

static void
channel_discard(struct proxy_channel *c)
{
	bytes_free(&c->rest);
	c->segment = c->segments = 0;
	c->waiting = 0;
}

void
proxy_channel_settle(struct proxy_channel *c)
{
	if (!c->freed || c->state != CHANNEL_OVER || c->telling || c->queued)
		return;
	channel_discard(c);
	c->proxy->channels[c->id] = NULL;
	free(c);
}

void
proxy_channel_over(struct proxy_channel *c)
{
	struct proxy *p = c->proxy;

	if (c->state != CHANNEL_OVER) {
		p->no_files -= c->no_file;
		p->small = p->pool.count <= 2; /* the control connection, and this one */
	}
	c->state = CHANNEL_OVER;
	window_end(&c->window, &p->pool);
	proxy_channel_settle(c);
}

void
proxy_channel_close(struct proxy_channel *c)
{
	if (!c->close_sent)
		proxy_put_numbers(c->proxy, CHANMSG_CLOSE, &c->remote, 1);
	c->close_sent = true;
}

void
proxy_channel_free(struct proxy_channel *c)
{
	if (c == NULL || c->freed)
		return;
	c->freed = true;
	channel_discard(c);
	if (c->state == CHANNEL_OPEN)
		proxy_channel_close(c);
	proxy_channel_settle(c);
}

void
proxy_spill(struct proxy_channel *c)
{
	for (; c->segment < c->segments; c->segment++)
		if (bytes_add(&c->rest, c->list[c->segment].data, c->list[c->segment].len) == -1)
			proxy_fail(c->proxy);
	c->segment = c->segments = 0;
}

void
proxy_came(struct proxy_channel *c, const uint8_t *data, size_t len)
{
	if (c->segments == PROXY_SEGMENTS)
		proxy_spill(c);
	c->list[c->segments++] = (struct segment){ data, len };
	c->waiting += len;
	proxy_schedule(c, PROXY_READABLE);
}

int
proxy_pieces(struct proxy_channel *c, struct iovec *iov, int max)
{
	int n = 0;

	if (c->rest.len > 0 && max > 0)
		iov[n++] = (struct iovec){ c->rest.data + c->rest.start, c->rest.len };
	for (unsigned i = c->segment; i < c->segments && n < max; i++)
		iov[n++] = (struct iovec){ (void *)(uintptr_t)c->list[i].data, c->list[i].len };
	return n;
}

static void
channel_drop(struct proxy_channel *c, size_t n)
{
	size_t first = n < c->rest.len ? n : c->rest.len;

	c->waiting -= n;
	n -= first;
	bytes_take(&c->rest, first);
	if (c->rest.len == 0 && c->rest.size > REST_KEPT)
		bytes_free(&c->rest);
	for (; c->segment < c->segments && n >= c->list[c->segment].len; c->segment++)
		n -= c->list[c->segment].len;
	if (n > 0) {
		c->list[c->segment].data += n;
		c->list[c->segment].len -= n;
	}
}

void
proxy_take(struct proxy_channel *c, size_t n)
{
	struct proxy *p = c->proxy;
	uint32_t credit;

	if (n == 0)
		return;
	channel_drop(c, n);
	if (!window_read(&c->window, n) || c->state != CHANNEL_OPEN || c->eof_came || p->over)
		return;
	credit = window_credit(&c->window, &p->pool, loop_now_us());
	if (credit > 0)
		proxy_put_numbers(p, CHANMSG_WINDOW_ADJUST, (const uint32_t[]){ c->remote, credit }, 2);
}

bool
proxy_ended(const struct proxy_channel *c)
{
	return c->eof_came && c->waiting == 0;
}

bool
proxy_closed(const struct proxy_channel *c)
{
	return c->state == CHANNEL_OVER || c->proxy->over;
}

size_t
proxy_room(struct proxy_channel *c, uint8_t **buf)
{
	struct proxy *p = c->proxy;
	size_t n = c->remote_max < FRAME_BEST ? c->remote_max : FRAME_BEST;

	if (c->state != CHANNEL_OPEN || c->eof_sent || c->close_sent || p->over || p->deaf)
		return 0;
	if (n > c->remote_window)
		n = (size_t)c->remote_window;
	if (n == 0 || p->out.len >= OUT_DATA) {
		c->hungry = true;
		return 0;
	}
	if ((*buf = proxy_reserve(p, CHANMSG_DATA_HEADER + n)) == NULL)
		return 0;
	*buf += CHANMSG_DATA_HEADER;
	return n;
}

void
proxy_commit(struct proxy_channel *c, size_t n)
{
	struct proxy *p = c->proxy;

	if (n == 0)
		return;
	if (proxy_unsent(c) == 0)
		c->pending = 0;
	chanmsg_data(proxy_reserve(p, CHANMSG_DATA_HEADER + n), c->remote, (uint32_t)n); /* as before */
	p->out.len += CHANMSG_DATA_HEADER + n;
	c->remote_window -= n;
	c->pending += n;
	c->sent_by = proxy_queued(p);
	if (!p->full && p->out.len >= FLUSH_AT)
		proxy_flush(p);
	proxy_arm(p);
}

size_t
proxy_unsent(const struct proxy_channel *c)
{
	uint64_t left;

	if (c->sent_by <= c->proxy->sent)
		return 0;
	left = c->sent_by - c->proxy->sent;
	return (size_t)(left < c->pending ? left : c->pending);
}

void
proxy_eof(struct proxy_channel *c)
{
	if (c->state != CHANNEL_OPEN || c->eof_sent || c->close_sent)
		return;
	c->eof_sent = true;
	proxy_put_numbers(c->proxy, CHANMSG_EOF, &c->remote, 1);
}
