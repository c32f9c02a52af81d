/* Text as characters. Pure. */
#ifndef UTF8_H
#define UTF8_H

#include <stdint.h>

#define UTF8_BAD 0xfffd /* the replacement character */

/* The character at *text, which moves on behind it; what is not well-formed counts byte by
 * byte, each as UTF8_BAD. The text ends with a NUL. */
uint32_t utf8_decode(const unsigned char **text);

#endif
