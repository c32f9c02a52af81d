/* A bounded buffer of bytes, big-endian u32 and length-prefixed strings, as the ssh
 * protocols use them. Pure; the bytes belong to the caller. Every put and get returns 0, or -1 and leaves
 * the buffer as it was, but for bad: so many may be done before one looks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire {
	uint8_t *data;
	size_t size; /* room at data */
	size_t len;  /* bytes that are there */
	size_t pos;  /* bytes of those that have been read */
	bool bad;    /* one has failed */
};

void wire_write_to(struct wire *, void *data, size_t size);
void wire_read_from(struct wire *, const void *data, size_t len); /* for get only */

int wire_put_u8(struct wire *, uint8_t);
int wire_put_u32(struct wire *, uint32_t);
int wire_put_bytes(struct wire *, const void *data, size_t len);
int wire_put_string(struct wire *, const char *);

int wire_get_u8(struct wire *, uint8_t *);
int wire_get_u32(struct wire *, uint32_t *);
/* *data points into the buffer, not NUL-terminated. */
int wire_get_bytes(struct wire *, const uint8_t **data, size_t *len);

/* What is put between is a string; wire_end() takes what wire_begin() gave, and returns -1 if it did not
 * fit: nothing of it is there then. */
size_t wire_begin(struct wire *);
int wire_end(struct wire *, size_t);

/* A peer's words, cut to size, printable. */
int wire_get_text(struct wire *, char *text, size_t size);

size_t wire_left(const struct wire *); /* bytes not yet read */

/* The u32 at an address, without a buffer around it. */
uint32_t wire_peek_u32(const uint8_t *);
void wire_poke_u32(uint8_t *, uint32_t);
