/* The page that the broker writes and the session reads. */
#include "ask/counts.h"

#include <sys/wait.h>

#include <unistd.h>

#include "unit.h"

START_TEST(by_channel)
{
	struct counts *c = counts_new();
	struct session_count count = { { 5, 6 }, { 7, 8 } };
	int place = counts_begin(c, 9);

	counts_set(c, place, &count);
	memset(&count, 1, sizeof(count));
	counts_get(c, 9, &count);
	ck_assert(count.from[CLIENT] == 5 && count.from[SERVER] == 6);
	ck_assert(count.unsent[CLIENT] == 7 && count.unsent[SERVER] == 8);
	counts_get(c, 10, &count);
	ck_assert(count.from[CLIENT] == 0 && count.unsent[SERVER] == 0);
	counts_end(c, place);
	counts_get(c, 9, &count);
	ck_assert_uint_eq(count.from[CLIENT], 0);
}
END_TEST

START_TEST(no_place)
{
	struct counts *c = counts_new();
	int place = -1;

	for (unsigned i = 1; i <= COUNTS_MAX; i++)
		ck_assert_int_ne(place = counts_begin(c, i), -1);
	ck_assert_int_eq(counts_begin(c, 99), -1);
	counts_end(c, place);
	ck_assert_int_eq(counts_begin(c, 99), place);
}
END_TEST

/* A reader in another process sees both halves of one writing, or neither. */
START_TEST(no_half)
{
	struct counts *c = counts_new();
	struct session_count count = { { 0 }, { 0 } };
	int place = counts_begin(c, 1), status;
	pid_t pid = fork();

	if (pid == 0) {
		counts_protect(c);
		do {
			counts_get(c, 1, &count);
			if (count.from[CLIENT] != count.unsent[SERVER])
				_exit(1);
		} while (count.from[CLIENT] < 300000);
		_exit(0);
	}
	while (count.from[CLIENT]++ < 300000) {
		count.unsent[SERVER] = count.from[CLIENT];
		counts_set(c, place, &count);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, by_channel);
	tcase_add_test(t, no_place);
	tcase_add_test(t, no_half);
}

int
main(void)
{
	return unit_run("counts", add);
}
