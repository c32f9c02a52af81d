#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define LARGE (1024 * 1024) /* more than any buffer whose owner goes by its size */
#define RESERVE (256 * 1024) /* a connection to the master takes half of it; never touched */

static void *reserve;

bool
memory_reserve(void)
{
	if (reserve == NULL)
		reserve = malloc(RESERVE);
	return reserve != NULL;
}

void *
memory_grow(void *old, size_t size)
{
	void *new = realloc(old, size);

	if (new != NULL || reserve == NULL)
		return new;
	free(reserve);
	reserve = NULL;
	return realloc(old, size);
}

void *
memory_new(size_t size)
{
	void *new = memory_grow(NULL, size);

	return new != NULL ? memset(new, 0, size) : NULL;
}

void *
memory_copy(const void *old, size_t size)
{
	void *new = memory_grow(NULL, size);

	return new != NULL ? memcpy(new, old, size) : NULL;
}

char *
memory_text(const char *text)
{
	return memory_copy(text, strlen(text) + 1);
}

/* It grows by doubling. */
void *
memory_append(void *array, size_t *count, size_t size)
{
	char *at;

	memcpy(&at, array, sizeof(at)); /* a pointer to some struct */
	if ((*count & (*count - 1)) == 0) {
		at = memory_grow(at, (*count == 0 ? 1 : *count * 2) * size);
		if (at == NULL)
			return NULL;
		memcpy(array, &at, sizeof(at));
	}
	memset(at + *count * size, 0, size);
	return at + (*count)++ * size;
}

void
strings_append(struct strings *list, const char *const *texts, size_t count)
{
	const char **item;

	for (size_t i = 0; i < count && !list->bad; i++)
		if ((item = memory_append(&list->item, &list->count, sizeof(*item))) != NULL)
			*item = texts[i];
		else
			list->bad = true;
}

void *
bytes_room(struct bytes *b, size_t len)
{
	size_t size = b->size ? b->size : 512;
	char *new;

	/* not little by little in a large one */
	if (b->start > 0 && b->start + b->len + len > b->size &&
	    (b->start >= b->len || b->size <= LARGE)) {
		memmove(b->data, b->data + b->start, b->len);
		b->start = 0;
	}
	while (size < b->start + b->len + len)
		size *= 2;
	if (size > b->size) {
		if ((new = memory_grow(b->data, size)) == NULL)
			return NULL;
		b->data = new;
		b->size = size;
	}
	return b->data + b->start + b->len;
}

int
bytes_add(struct bytes *b, const void *data, size_t len)
{
	void *room;

	if (len == 0)
		return 0;
	if ((room = bytes_room(b, len)) == NULL)
		return -1;
	memcpy(room, data, len);
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
