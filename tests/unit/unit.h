/* What every unit test shares: a main, and mutations of valid input. */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* add registers the tests; returns what main returns. */
static inline int
unit_run(const char *name, void (*add)(TCase *))
{
	Suite *suite = suite_create(name);
	TCase *tests = tcase_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 30);
	add(tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}

/* A directory of the test's own, "/tmp/name.XXXXXX", and all that is in it gone again. */
static inline void
unit_dir_make(char *dir, const char *name)
{
	sprintf(dir, "/tmp/%s.XXXXXX", name);
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static inline void
unit_dir_remove(const char *dir)
{
	char command[128];

	snprintf(command, sizeof(command), "/bin/rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

/* xorshift64: the same mutants in every run. */
static inline uint32_t
unit_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 16);
}

/* The characters that parsers care about come up more often than the others. */
static inline char
unit_random_char(uint64_t *state)
{
	static const char telling[] = ":[]/=-%*@. \t0159aFf,|()";
	uint32_t r = unit_random(state);

	return r & 1 ? telling[(r >> 1) % (sizeof(telling) - 1)] : (char)(r >> 8);
}

/* Change, insert, delete or repeat a few bytes of the string in text (size is its room). */
static inline void
unit_mutate(char *text, size_t size, uint64_t *state)
{
	for (uint32_t n = unit_random(state) % 4 + 1; n > 0; n--) {
		size_t len = strlen(text), at = unit_random(state) % (len + 1);
		size_t run = unit_random(state) % (len - at + 1);

		switch (unit_random(state) % 4) {
		case 0:
			if (at < len)
				text[at] = unit_random_char(state);
			break;
		case 1:
			if (len + 1 < size) {
				memmove(text + at + 1, text + at, len - at + 1);
				text[at] = unit_random_char(state);
			}
			break;
		case 2:
			memmove(text + at, text + at + run, len - at - run + 1);
			break;
		default:
			if (len + run < size)
				memmove(text + at + run, text + at, len - at + 1);
		}
	}
}

/* What a test has made is a seed for a fuzzer: a file in UNIT_SEEDS/fuzzer where somebody
 * collects them (tests/fuzz/seeds.py). */
static inline void
unit_seed(const char *fuzzer, const void *data, size_t len)
{
	const char *seeds = getenv("UNIT_SEEDS");
	char name[4096];
	FILE *f;
	int fd;

	if (seeds == NULL)
		return;
	snprintf(name, sizeof(name), "%s/%s/XXXXXX", seeds, fuzzer);
	if ((fd = mkstemp(name)) == -1 || (f = fdopen(fd, "wb")) == NULL)
		abort();
	fwrite(data, 1, len, f);
	fclose(f);
}

#endif
