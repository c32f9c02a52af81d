/* A master that cannot be had is asked for less and less often. */
#include "master/master.c"

#include "unit.h"

static unsigned
next_backoff(struct master *m)
{
	uint64_t before = loop_now();

	master_back_off(m);
	ck_assert_int_eq(m->state, MASTER_DOWN);
	ck_assert(m->next_attempt >= before + m->backoff && m->next_attempt <= loop_now() + m->backoff);
	ck_assert_int_eq(master_want(m, false), MASTER_DOWN); /* too early */
	ck_assert_uint_le(master_next_attempt(m), m->backoff);
	return m->backoff;
}

START_TEST(backs_off)
{
	const struct master_settings settings = { .ctl_path = "/none" };
	struct master m;
	unsigned before = 0, now;

	master_begin(&m, NULL, &settings, NULL, NULL);
	for (int i = 0; i < 20; i++, before = now) {
		now = next_backoff(&m);
		ck_assert_uint_eq(now, before == 0 ? BACKOFF_FIRST_MS :
		    before * 2 < BACKOFF_MOST_MS ? before * 2 : BACKOFF_MOST_MS);
	}
	ck_assert_uint_eq(now, BACKOFF_MOST_MS);
	master_up(&m);
	ck_assert_int_eq(m.state, MASTER_UP);
	ck_assert_uint_eq(next_backoff(&m), BACKOFF_FIRST_MS);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, backs_off);
}

int
main(void)
{
	return unit_run("master", add);
}
