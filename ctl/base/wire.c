#include "base/wire.h"

#include <string.h>

void
wire_write_to(struct wire *w, void *data, size_t size)
{
	*w = (struct wire){ .data = data, .size = size };
}

void
wire_read_from(struct wire *w, const void *data, size_t len)
{
	/* size = len: a put finds no room, so the const bytes are never written. */
	*w = (struct wire){ .data = (uint8_t *)(uintptr_t)data, .size = len, .len = len };
}

size_t
wire_left(const struct wire *w)
{
	return w->len - w->pos;
}

uint32_t
wire_peek_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void
wire_poke_u32(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 24);
	p[1] = (uint8_t)(value >> 16);
	p[2] = (uint8_t)(value >> 8);
	p[3] = (uint8_t)value;
}

/* Is there room for so many bytes? */
static bool
has_room(struct wire *w, size_t len)
{
	w->bad |= w->size - w->len < len;
	return w->size - w->len >= len;
}

static bool
has_left(struct wire *w, size_t len)
{
	w->bad |= wire_left(w) < len;
	return wire_left(w) >= len;
}

int
wire_put_u8(struct wire *w, uint8_t value)
{
	if (!has_room(w, 1))
		return -1;
	w->data[w->len++] = value;
	return 0;
}

int
wire_put_u32(struct wire *w, uint32_t value)
{
	if (!has_room(w, 4))
		return -1;
	wire_poke_u32(w->data + w->len, value);
	w->len += 4;
	return 0;
}

int
wire_put_bytes(struct wire *w, const void *data, size_t len)
{
	if (!has_room(w, 4) || !has_room(w, len) || !has_room(w, len + 4))
		return -1;
	wire_put_u32(w, (uint32_t)len);
	if (len > 0)
		memcpy(w->data + w->len, data, len);
	w->len += len;
	return 0;
}

int
wire_put_string(struct wire *w, const char *s)
{
	return wire_put_bytes(w, s, strlen(s));
}

size_t
wire_begin(struct wire *w)
{
	size_t at = w->len;

	w->bad = false;
	wire_put_u32(w, 0);
	return at;
}

int
wire_end(struct wire *w, size_t at)
{
	if (w->bad) {
		w->len = at;
		return -1;
	}
	wire_poke_u32(w->data + at, (uint32_t)(w->len - at - 4));
	return 0;
}

int
wire_get_u8(struct wire *w, uint8_t *value)
{
	*value = 0;
	if (!has_left(w, 1))
		return -1;
	*value = w->data[w->pos++];
	return 0;
}

int
wire_get_u32(struct wire *w, uint32_t *value)
{
	*value = 0;
	if (!has_left(w, 4))
		return -1;
	*value = wire_peek_u32(w->data + w->pos);
	w->pos += 4;
	return 0;
}

int
wire_get_bytes(struct wire *w, const uint8_t **data, size_t *len)
{
	size_t n;

	*data = w->data;
	*len = 0;
	/* each by itself: where size_t has 32 bits, 4 more than the largest are 3 */
	if (!has_left(w, 4) || !has_left(w, n = wire_peek_u32(w->data + w->pos)) || !has_left(w, 4 + n))
		return -1;
	*data += w->pos + 4;
	*len = n;
	w->pos += 4 + n;
	return 0;
}

int
wire_get_text(struct wire *w, char *to, size_t size)
{
	const uint8_t *text;
	size_t len;
	int result = wire_get_bytes(w, &text, &len);

	if (len > size - 1)
		len = size - 1;
	for (size_t i = 0; i < len; i++)
		to[i] = text[i] >= 0x20 && text[i] < 0x7f ? (char)text[i] : '?';
	to[len] = '\0';
	return result;
}
