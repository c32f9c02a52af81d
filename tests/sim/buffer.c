#include "net.h"

#include <string.h>

void
buffer_add(struct buffer *b, const void *data, size_t len)
{
	if (b->at > 0 && b->at == b->len)
		b->at = b->len = 0;
	if (b->len + len > b->size) {
		size_t size = 2 * (b->len - b->at + len) + 512;
		uint8_t *bigger = world_new(size);

		if (b->len > b->at)
			memcpy(bigger, b->data + b->at, b->len - b->at);
		b->len -= b->at;
		b->at = 0;
		b->data = bigger;
		b->size = size;
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

size_t
buffer_held(const struct buffer *b)
{
	return b->len - b->at;
}

size_t
sock_room(const struct sock *s)
{
	size_t held = buffer_held(&s->send);

	if (s->dead || s->closed || s->fin_asked)
		return 0;
	return held < net.buffer ? net.buffer - held : 0;
}

size_t
sock_unsent(const struct sock *s)
{
	return buffer_held(&s->send) + s->in_flight;
}

bool
sock_ended(const struct sock *s)
{
	return buffer_held(&s->received) == 0 && (s->fin_in || s->rst_in);
}
