/* A bounded buffer of bytes, big-endian u32 and length-prefixed strings, as the ssh
 * protocols use them. Pure; the bytes belong to the caller. Every put and get
 * returns 0, or -1 and leaves the buffer as it was. */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>

struct wire {
	uint8_t *data;
	size_t size; /* room at data */
	size_t len;  /* bytes that are there */
	size_t pos;  /* bytes of those that have been read */
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

size_t wire_left(const struct wire *); /* bytes not yet read */

/* The u32 at an address, without a buffer around it. */
uint32_t wire_peek_u32(const uint8_t *);
void wire_poke_u32(uint8_t *, uint32_t);

#endif
