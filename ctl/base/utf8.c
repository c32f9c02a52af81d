#include "base/utf8.h"

#include <stddef.h>

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
