/* Memory for what must not fail half-way.
 *
 * Each process holds a reserve, which is given up when there is no more memory: so timers,
 * requests and the like are there all the same, and what has begun can be ended in order.
 * Whoever runs a loop looks with memory_reserve() whether that is due, and begins nothing new.
 * NULL only when the reserve is used up, too. Freed with free(3). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

void *memory_new(size_t size); /* zeroed */
void *memory_copy(const void *, size_t size); /* a copy of that */
/* A new struct with these members: memory_make(struct timer, .fn = fn, .arg = arg). */
#define memory_make(type, ...) ((type *)memory_copy(&(type){ __VA_ARGS__ }, sizeof(type)))
void *memory_grow(void *, size_t size); /* as realloc(3) */
char *memory_text(const char *); /* as strdup(3) */
/* Free it by that function, and forget it. */
#define memory_drop(free_it, p) (free_it(p), (p) = NULL)
/* One more, zeroed, at the end of an array of things of that size. array: a pointer to the pointer. */
void *memory_append(void *array, size_t *count, size_t size);

/* A list of texts that grows; the texts are not its own. It is all zero at the beginning, and item
 * is to be freed in the end. strings_add(list, text, ...) adds them; bad: no memory for one. */
struct strings {
	const char **item;
	size_t count;
	bool bad;
};
#define strings_add(list, ...) strings_append((list), (const char *const[]){ __VA_ARGS__ }, \
	sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))
void strings_append(struct strings *, const char *const *texts, size_t count);

/* Get the reserve, at first or again; false: it is given up, and there is no other. */
bool memory_reserve(void);

/* A buffer that grows, is filled at its end and emptied from its front. */
struct bytes {
	char *data;
	size_t start, len, size;
};

int bytes_add(struct bytes *, const void *, size_t); /* -1: out of memory */
/* Room for so many more at its end; len is for who fills it to raise. NULL: out of memory */
void *bytes_room(struct bytes *, size_t);
const char *bytes_data(const struct bytes *);
void bytes_take(struct bytes *, size_t);
void bytes_free(struct bytes *);
