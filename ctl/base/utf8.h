/* Text as characters. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define UTF8_BAD 0xfffd /* the replacement character */

/* The character at *text, which moves on behind it; what is not well-formed counts byte by
 * byte, each as UTF8_BAD. The text ends with a NUL. */
uint32_t utf8_decode(const unsigned char **text);

/* A JSON string in ASCII, with its quotes, cut where there is no more room (UTF8_JSON(n): enough for n
 * bytes). Returns its length. */
size_t utf8_json(char *dst, size_t size, const char *text);
#define UTF8_JSON(n) (6 * (n) + 3)
