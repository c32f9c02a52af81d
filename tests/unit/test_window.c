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
	window_measure(&w, &pool, 100000, now);
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
			credit += window_credit(x, &pool, now);
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
	ck_assert_uint_eq(window_credit(&w, &pool, now + 10000000), WINDOW_FIRST / 4 + 1000);
	ck_assert_int_eq(window_came(&w, WINDOW_FIRST / 4 + 1001), -1);
	ck_assert_int_eq(window_came(&w, WINDOW_FIRST / 4 + 1000), 0);
	window_end(&w, &pool);
	window_end(&w, &pool);
	ck_assert_uint_eq(pool.sum + pool.count, 0);
}
END_TEST

/* A line on which nothing but the window limits gets all there is. */
START_TEST(test_grows)
{
	for (int i = 0; i < 60; i++)
		ck_assert_uint_ge(round_of(&w, 100000), w.size / 4);
	ck_assert_uint_eq(w.size, WINDOW_MAX);
	ck_assert_uint_eq(pool.sum, WINDOW_MAX);
	ck_assert_uint_le(w.open + w.taken, w.size);
}
END_TEST

/* Where the line or the reader is slower than the window allows, it stays. */
START_TEST(test_stays)
{
	for (int i = 0; i < 9; i++)
		round_of(&w, 2000000);
	ck_assert_uint_eq(w.size, WINDOW_FIRST);
}
END_TEST

#define TRIP_MOST 300

struct line {
	uint64_t under_way[TRIP_MOST / 2], credit[TRIP_MOST / 2]; /* by the millisecond */
	uint64_t queue, queue_most, moved;
};

/* What is sent comes after half a round trip, as does credit; what comes is read so many bytes in
 * a millisecond: the rest stands in a queue. */
static void
line_run(struct line *l, unsigned trip, uint64_t speed, unsigned ms)
{
	uint64_t allowed = w.open - l->queue, n;

	for (unsigned i = 0; i < ms; i++) {
		unsigned at = i % (trip / 2);

		l->queue += l->under_way[at];
		allowed += l->credit[at];
		l->under_way[at] = allowed;
		allowed = l->credit[at] = 0;
		n = l->queue < speed ? l->queue : speed;
		l->queue -= n;
		l->moved += n;
		if (l->queue > l->queue_most)
			l->queue_most = l->queue;
		now += 1000;
		ck_assert_int_eq(window_came(&w, n), 0);
		if (window_read(&w, n))
			l->credit[at] = window_credit(&w, &pool, now);
	}
}

/* From 25 to 300 ms: it fills a line of 150 MB/s, but for what 64 MiB do not, and no great queue is
 * made on the way there. */
START_TEST(test_line)
{
	const unsigned trip = (unsigned[]){ 26, 50, 100, 200, 300 }[_i], seconds = 20;
	const uint64_t speed = 150000, full = (uint64_t)WINDOW_MAX * 1000 / trip;
	struct line l = { .queue = 0 };

	pool.rtt_us = 0;
	window_measure(&w, &pool, trip * 1000, now);
	line_run(&l, trip, speed, seconds * 1000);
	ck_assert_uint_ge(l.moved, (speed * 1000 < full ? speed * 1000 : full) * seconds * 3 / 4);
	ck_assert_uint_le(l.queue_most, 8 * MIB);
	ck_assert_uint_le(w.size, speed * trip + 5 * MIB);
}
END_TEST

/* After five round trips, however long they are, it is full, or has 16 MiB under way. */
START_TEST(test_quick)
{
	const unsigned trip = (unsigned[]){ 26, 50, 100, 200, 300 }[_i];
	const uint64_t speed = 150000, full = speed * trip;
	struct line l = { .queue = 0 };

	pool.rtt_us = 0;
	window_measure(&w, &pool, trip * 1000, now);
	line_run(&l, trip, speed, 5 * trip);
	l.moved = 0;
	line_run(&l, trip, speed, 2 * trip);
	ck_assert_uint_ge(l.moved, 2 * (full < 16 * MIB ? full : 16 * MIB) * 95 / 100);
}
END_TEST

/* One who has it all gives back when another one wants some. */
START_TEST(test_shares)
{
	struct window other;
	uint64_t n;

	for (int i = 0; i < 60; i++)
		round_of(&w, 100000);
	ck_assert_uint_eq(window_begin(&other, &pool), WINDOW_LEAST);
	window_measure(&other, &pool, 100000, now);
	for (int i = 0; i < 40; i++) {
		round_of(&other, 100000);
		n = w.open;
		ck_assert_int_eq(window_came(&w, n), 0);
		window_read(&w, n);
		window_credit(&w, &pool, now);
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
		window_measure(&many[i], &pool, 100000, now);
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
	window_measure(&w, &pool, 100000, now);
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
	tcase_add_loop_test(t, test_line, 0, 5);
	tcase_add_loop_test(t, test_quick, 0, 5);
	tcase_add_test(t, test_shares);
	tcase_add_test(t, test_sum);
	tcase_add_test(t, test_small_pool);
}

int
main(void)
{
	return unit_run("window", tests);
}
