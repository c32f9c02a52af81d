/* Receive windows: what they allow, when they grow, and what they may cost together. */
#include "proxy/window.h"

#include "unit.h"

#define MIB (1024 * 1024)

static struct window_pool pool;
static struct window w;
static uint64_t now;

static void
setup(void)
{
	pool = (struct window_pool){ .max = WINDOW_MAX };
	now = 1000000;
	ck_assert_uint_eq(window_begin(&w, &pool), WINDOW_FIRST);
	window_measure(&w, 100000, now);
}

/* A window's worth comes in pieces within us, and is read at once: the credit for it. */
static uint64_t
round_of(struct window *x, uint64_t us)
{
	uint64_t credit = 0, size = x->size;

	for (int i = 0; i < 64; i++) {
		now += us / 64;
		ck_assert_int_eq(window_came(x, size / 64), 0);
		if (window_read(x, size / 64))
			credit += window_credit(x, &pool, 0, now);
	}
	return credit;
}

START_TEST(test_bounds)
{
	ck_assert_int_eq(window_came(&w, WINDOW_FIRST + 1), -1);
	ck_assert_int_eq(window_came(&w, WINDOW_FIRST), 0);
	ck_assert_int_eq(window_came(&w, 1), -1);
	ck_assert(!window_read(&w, 1000));
	ck_assert(window_read(&w, WINDOW_FIRST / 4));
	ck_assert_uint_eq(window_credit(&w, &pool, 0, now + 10000000), WINDOW_FIRST / 4 + 1000);
	ck_assert_int_eq(window_came(&w, WINDOW_FIRST / 4 + 1001), -1);
	ck_assert_int_eq(window_came(&w, WINDOW_FIRST / 4 + 1000), 0);
	window_end(&w, &pool);
	window_end(&w, &pool);
	ck_assert_uint_eq(pool.sum + pool.count, 0);
}
END_TEST

/* A fast reader on a long line gets all there is, in few round trips; no more. */
START_TEST(test_grows)
{
	for (int i = 0; i < 5; i++)
		ck_assert_uint_ge(round_of(&w, 100000), w.size / 2);
	ck_assert_uint_eq(w.size, WINDOW_MAX);
	round_of(&w, 100000);
	ck_assert_uint_eq(w.size, WINDOW_MAX);
	ck_assert_uint_eq(pool.sum, WINDOW_MAX);
	ck_assert_uint_le(w.open + w.taken, w.size);
}
END_TEST

/* Where the line or the reader is slower than the window allows, it stays. */
START_TEST(test_stays)
{
	round_of(&w, 2000000);
	ck_assert_uint_eq(w.size, WINDOW_FIRST);
	w.began_us = now;
	ck_assert_int_eq(window_came(&w, WINDOW_FIRST), 0);
	ck_assert(window_read(&w, WINDOW_FIRST));
	window_credit(&w, &pool, WINDOW_FIRST, now); /* the reader does not keep up */
	ck_assert_uint_eq(w.size, WINDOW_FIRST);
}
END_TEST

/* One who has it all gives back when another one wants some. */
START_TEST(test_shares)
{
	struct window other;

	for (int i = 0; i < 6; i++)
		round_of(&w, 100000);
	ck_assert_uint_eq(window_begin(&other, &pool), WINDOW_LEAST);
	window_measure(&other, 100000, now);
	for (int i = 0; i < 40; i++) {
		round_of(&other, 100000);
		if (window_read(&w, 0) || window_came(&w, w.open / 2) == 0)
			window_read(&w, w.size / 4);
		window_credit(&w, &pool, 0, now);
	}
	ck_assert_uint_ge(other.size, 16 * MIB);
	ck_assert_uint_ge(w.size, 16 * MIB);
	ck_assert_uint_le(pool.sum, WINDOW_MAX + WINDOW_LEAST);
	ck_assert_uint_eq(pool.sum, w.size + other.size);
}
END_TEST

/* Many at a time, any order: the sum is kept to, but for the least that each one has. */
START_TEST(test_sum)
{
	struct window many[64];
	uint64_t state = 88172645463325252, sum = 0;

	for (int i = 0; i < 64; i++) {
		window_begin(&many[i], &pool);
		window_measure(&many[i], 100000, now);
	}
	for (int i = 0; i < 2000; i++)
		round_of(&many[unit_random(&state) % 64], unit_random(&state) % 1000000);
	for (int i = 0; i < 64; i++)
		sum += many[i].size;
	ck_assert_uint_eq(pool.sum, sum + w.size);
	ck_assert_uint_le(pool.sum, WINDOW_MAX + 64 * WINDOW_LEAST);
}
END_TEST

START_TEST(test_small_pool)
{
	window_end(&w, &pool);
	pool.max = MIB;
	ck_assert_uint_eq(window_begin(&w, &pool), MIB);
	window_measure(&w, 100000, now);
	round_of(&w, 1000);
	ck_assert_uint_eq(w.size, MIB);
}
END_TEST

static void
tests(TCase *t)
{
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_bounds);
	tcase_add_test(t, test_grows);
	tcase_add_test(t, test_stays);
	tcase_add_test(t, test_shares);
	tcase_add_test(t, test_sum);
	tcase_add_test(t, test_small_pool);
}

int
main(void)
{
	return unit_run("window", tests);
}
