/* What the fuzzers share. A rule that does not hold is an abort(). */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(rule) do { \
	if (!(rule)) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #rule); \
		abort(); \
	} \
} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The input as a string; free() it. */
static inline char *
fuzz_string(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);

	memcpy(text, data, len);
	text[len] = '\0';
	return text;
}

#ifndef LIBFUZZER
#include "mutate.h"
#endif

#endif
