#include "base/ratelimit.h"

#include "unit.h"

START_TEST(again_after_a_while)
{
	struct ratelimit s = { 0 };
	char text[16];

	ck_assert(ratelimit_due(&s, "a", 1000, NULL));
	ck_assert(!ratelimit_due(&s, "a", 1001, NULL));
	ck_assert(ratelimit_due(&s, "b", 1001, NULL));
	ck_assert(!ratelimit_due(&s, "a", 1000 + RATELIMIT_MS - 1, NULL));
	ck_assert(ratelimit_due(&s, "a", 1000 + RATELIMIT_MS, NULL));
	for (int i = 0; i < RATELIMIT_KEPT; i++) {
		snprintf(text, sizeof(text), "%d", i);
		ck_assert(ratelimit_due(&s, text, 200000, NULL));
	}
	ck_assert(ratelimit_due(&s, "a", 200001, NULL));
}
END_TEST

START_TEST(tells_how_many)
{
	struct ratelimit s = { 0 };
	unsigned missed = 77;

	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(ratelimit_due(&s, "user 501", 1000 + i, &missed), i == 0);
	ck_assert_uint_eq(missed, 0);
	ck_assert(ratelimit_due(&s, "user 502", 2000, &missed));
	ck_assert_uint_eq(missed, 0);
	ck_assert(ratelimit_due(&s, "user 501", 1000 + RATELIMIT_MS, &missed));
	ck_assert_uint_eq(missed, 999);
	ck_assert(ratelimit_due(&s, "user 501", 1000 + 2 * RATELIMIT_MS, &missed));
	ck_assert_uint_eq(missed, 0);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, again_after_a_while);
	tcase_add_test(t, tells_how_many);
}

int
main(void)
{
	return unit_run("ratelimit", add);
}
