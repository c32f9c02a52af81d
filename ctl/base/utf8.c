#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

uint32_t
utf8_decode(const unsigned char **text)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = { { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };
	const unsigned char *p = *text;

	++*text;
	if (*p < 0x80)
		return *p;
	for (size_t more = 1; more <= 3; more++) {
		uint32_t c = *p & (unsigned char)~forms[more - 1].mask;
		size_t i;

		if ((*p & forms[more - 1].mask) != forms[more - 1].lead)
			continue;
		for (i = 1; i <= more && (p[i] & 0xc0) == 0x80; i++)
			c = c << 6 | (p[i] & 0x3f);
		if (i <= more || c < forms[more - 1].least || c > 0x10ffff ||
		    (c >= 0xd800 && c < 0xe000))
			break;
		*text = p + more + 1;
		return c;
	}
	return UTF8_BAD;
}

/* One character, at most 12 bytes. */
static size_t
json_character(char dst[13], uint32_t c)
{
	int n;

	if (c == '"' || c == '\\')
		n = snprintf(dst, 13, "\\%c", (char)c);
	else if (c >= 0x20 && c < 0x7f)
		n = snprintf(dst, 13, "%c", (char)c);
	else if (c < 0x10000)
		n = snprintf(dst, 13, "\\u%04" PRIx32, c);
	else
		n = snprintf(dst, 13, "\\u%04" PRIx32 "\\u%04" PRIx32,
		    0xd800 + ((c - 0x10000) >> 10 & 0x3ff), 0xdc00 + ((c - 0x10000) & 0x3ff));
	return (size_t)n;
}

size_t
ascii_begins(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && (text[n] < ' ' || text[n] > '~'))
		n++;
	return n;
}

size_t
utf8_json(char *dst, size_t size, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t len = 1, n;
	char one[13];

	dst[0] = '"';
	while (*p != '\0' && len + (n = json_character(one, utf8_decode(&p))) + 2 <= size) {
		memcpy(dst + len, one, n);
		len += n;
	}
	memcpy(dst + len, "\"", 2);
	return len + 1;
}
