#include "ftp/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

int
bytes_add(struct bytes *b, const void *data, size_t len)
{
	size_t size = b->size ? b->size : 512;
	char *new;

	if (len == 0)
		return 0;
	if (b->start > 0 && b->start + b->len + len > b->size) {
		memmove(b->data, b->data + b->start, b->len);
		b->start = 0;
	}
	while (size < b->start + b->len + len)
		size *= 2;
	if (size > b->size) {
		if ((new = memory_grow(b->data, size)) == NULL)
			return -1;
		b->data = new;
		b->size = size;
	}
	memcpy(b->data + b->start + b->len, data, len);
	b->len += len;
	return 0;
}

const char *
bytes_data(const struct bytes *b)
{
	return b->len ? b->data + b->start : "";
}

void
bytes_take(struct bytes *b, size_t len)
{
	b->start += len;
	b->len -= len;
	if (b->len == 0)
		b->start = 0;
}

void
bytes_free(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}
