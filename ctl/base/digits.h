/* Numbers in decimal, whatever the locale is. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Nothing but digits, up to max: strtoul(3) would take signs and leading blanks. */
static inline bool
decimal(const char *text, size_t len, unsigned long max, unsigned long *value)
{
	*value = 0;
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(text[i]))
			return false;
		*value = *value * 10 + (unsigned long)(text[i] - '0');
		if (*value > max)
			return false;
	}
	return len > 0;
}
