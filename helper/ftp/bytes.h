/* A growing buffer that is filled at its end and emptied from its front. Pure. */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>

struct bytes {
	char *data;
	size_t start, len, size;
};

int bytes_add(struct bytes *, const void *, size_t); /* -1: out of memory */
const char *bytes_data(const struct bytes *);
void bytes_take(struct bytes *, size_t);
void bytes_free(struct bytes *);

#endif
