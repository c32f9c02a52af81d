/* What the unit tests use of check (a library), for systems that have none of it: each test in a process
 * of its own, with a time limit; the first assertion that does not hold ends it. */
#ifndef CHECK_H
#define CHECK_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CK_NORMAL, CK_ENV };

typedef struct {
	const char *name;
	void (*fn)(int);
} TTest;

typedef struct {
	struct {
		const TTest *test;
		int from, to;
	} all[200];
	size_t count;
	unsigned seconds;
	void (*setup)(void), (*teardown)(void);
	int checks, failures;
} TCase;

typedef TCase *Suite, *SRunner; /* each of the tests has one */

#define START_TEST(test) \
	static void test##_fn(int); \
	static const TTest test##_test = { #test, test##_fn }, *test = &test##_test; \
	static void test##_fn(int _i) { (void)_i;
#define END_TEST }

#define ck_fail(...) (fprintf(stderr, "%s:%d: ", __FILE__, __LINE__), fprintf(stderr, __VA_ARGS__), \
	fputc('\n', stderr), _exit(1))
#define ck_assert_msg(rule, ...) ((rule) ? (void)0 : ck_fail(__VA_ARGS__))
#define ck_assert(rule) ck_assert_msg(rule, "%s", #rule)
#define ck_compare(type, format, a, op, b) do { \
	type ck_a = (type)(a); \
	type ck_b = (type)(b); \
	ck_assert_msg(ck_a op ck_b, "%s %s %s: " format ", " format, #a, #op, #b, ck_a, ck_b); \
} while (0)
#define ck_assert_int_eq(a, b) ck_compare(intmax_t, "%jd", a, ==, b)
#define ck_assert_int_ne(a, b) ck_compare(intmax_t, "%jd", a, !=, b)
#define ck_assert_int_lt(a, b) ck_compare(intmax_t, "%jd", a, <, b)
#define ck_assert_int_le(a, b) ck_compare(intmax_t, "%jd", a, <=, b)
#define ck_assert_int_gt(a, b) ck_compare(intmax_t, "%jd", a, >, b)
#define ck_assert_int_ge(a, b) ck_compare(intmax_t, "%jd", a, >=, b)
#define ck_assert_uint_eq(a, b) ck_compare(uintmax_t, "%ju", a, ==, b)
#define ck_assert_uint_ne(a, b) ck_compare(uintmax_t, "%ju", a, !=, b)
#define ck_assert_uint_lt(a, b) ck_compare(uintmax_t, "%ju", a, <, b)
#define ck_assert_uint_le(a, b) ck_compare(uintmax_t, "%ju", a, <=, b)
#define ck_assert_uint_gt(a, b) ck_compare(uintmax_t, "%ju", a, >, b)
#define ck_assert_uint_ge(a, b) ck_compare(uintmax_t, "%ju", a, >=, b)
#define ck_assert_ptr_eq(a, b) ck_compare(const void *, "%p", a, ==, b)
#define ck_assert_ptr_ne(a, b) ck_compare(const void *, "%p", a, !=, b)
#define ck_assert_ptr_null(a) ck_assert_ptr_eq(a, NULL)
#define ck_assert_ptr_nonnull(a) ck_assert_ptr_ne(a, NULL)
#define ck_assert_mem_eq(a, b, size) ck_assert(memcmp(a, b, size) == 0)
#define ck_assert_pstr_eq ck_assert_str_eq
#define ck_assert_str_eq(a, b) ck_strings(a, ==, b)
#define ck_assert_str_ne(a, b) ck_strings(a, !=, b)
#define ck_strings(a, op, b) do { \
	const char *ck_a = (a); \
	const char *ck_b = (b); \
	ck_assert_msg((ck_a == NULL || ck_b == NULL ? ck_a != ck_b : strcmp(ck_a, ck_b)) op 0, \
	    "%s %s %s: \"%s\", \"%s\"", #a, #op, #b, ck_a ? ck_a : "(null)", ck_b ? ck_b : "(null)"); \
} while (0)

static pid_t check_child;

static inline TCase *
tcase_create(const char *name)
{
	TCase *t = calloc(1, sizeof(*t));

	(void)name;
	t->seconds = 4;
	return t;
}

static inline Suite *
suite_create(const char *name)
{
	(void)name;
	return calloc(1, sizeof(Suite));
}

static inline void
tcase_add_loop_test(TCase *t, const TTest *test, int from, int to)
{
	if (t->count == sizeof(t->all) / sizeof(t->all[0]))
		abort();
	t->all[t->count].test = test;
	t->all[t->count].from = from;
	t->all[t->count++].to = to;
}

#define tcase_add_test(t, test) tcase_add_loop_test(t, test, 0, 1)
#define tcase_set_timeout(t, timeout) ((t)->seconds = (timeout))
#define tcase_add_checked_fixture(t, before, after) ((t)->setup = (before), (t)->teardown = (after))
#define suite_add_tcase(s, t) (*(s) = (t))
#define srunner_create(s) (s)
#define srunner_ntests_failed(r) ((*(r))->failures)
#define srunner_free(r) (free(*(r)), free(r))

/* Too late, or the whole run is being ended: nothing is left of the test. */
static inline void
check_stop(int sig)
{
	kill(-check_child, SIGKILL);
	if (sig == SIGTERM)
		_exit(1);
}

static inline bool
check_one(const TCase *t, const TTest *test, int i)
{
	int status;

	fflush(NULL);
	if ((check_child = fork()) == 0) {
		setpgid(0, 0);
		signal(SIGALRM, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		if (t->setup != NULL)
			t->setup();
		test->fn(i);
		if (t->teardown != NULL)
			t->teardown();
		exit(0);
	}
	setpgid(check_child, check_child);
	signal(SIGALRM, check_stop);
	signal(SIGTERM, check_stop);
	alarm(t->seconds * (getenv("CK_SLOW") ? 10 : 1));
	while (waitpid(check_child, &status, 0) == -1)
		continue;
	alarm(0);
	kill(-check_child, SIGKILL);
	if (status != 0)
		fprintf(stderr, "FAILED %s:%d, status %#x\n", test->name, i, (unsigned)status);
	return status == 0;
}

static inline void
srunner_run_all(SRunner *runner, int how)
{
	TCase *t = *runner;

	(void)how;
	for (size_t n = 0; n < t->count; n++)
		for (int i = t->all[n].from; i < t->all[n].to; i++, t->checks++)
			t->failures += !check_one(t, t->all[n].test, i);
	printf("Checks: %d, Failures: %d\n", t->checks, t->failures);
}

#endif
