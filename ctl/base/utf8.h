/* Text as characters. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define UTF8_BAD 0xfffd /* the replacement character */

/* The character at *text, which moves on behind it; what is not well-formed counts byte by
 * byte, each as UTF8_BAD. The text ends with a NUL. */
uint32_t utf8_decode(const unsigned char **text);

/* How many bytes stand before the first printable character of ASCII: before a reply of FTP they are
 * Telnet's, or UTF-8's mark, and clients pass over them. */
size_t ascii_begins(const char *text, size_t len);

/* A JSON string in ASCII, with its quotes, cut where there is no more room (UTF8_JSON(n): enough for n
 * bytes). Returns its length. */
size_t utf8_json(char *dst, size_t size, const char *text);
#define UTF8_JSON(n) (6 * (n) + 3)
