#include "seldom.h"

#include "unit.h"

START_TEST(again_after_a_while)
{
	struct seldom s = { 0 };
	char text[16];

	ck_assert(seldom_due(&s, "a", 1000));
	ck_assert(!seldom_due(&s, "a", 1001));
	ck_assert(seldom_due(&s, "b", 1001));
	ck_assert(!seldom_due(&s, "a", 1000 + SELDOM_MS - 1));
	ck_assert(seldom_due(&s, "a", 1000 + SELDOM_MS));
	for (int i = 0; i < SELDOM_KEPT; i++) {
		snprintf(text, sizeof(text), "%d", i);
		ck_assert(seldom_due(&s, text, 200000));
	}
	ck_assert(seldom_due(&s, "a", 200001));
}
END_TEST

START_TEST(some_and_a_sum)
{
	struct few f = { 0 };
	unsigned untold = 77;

	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(few_due(&f, 1, 501, 1000 + i, &untold), i < FEW_LINES);
	ck_assert_uint_eq(untold, 0);
	ck_assert(few_due(&f, 2, 501, 2000, &untold)); /* another kind */
	ck_assert(few_due(&f, 1, 502, 2000, &untold)); /* another user */
	ck_assert_uint_eq(untold, 0);
	ck_assert(few_due(&f, 1, 501, 1000 + FEW_MS, &untold));
	ck_assert_uint_eq(untold, 1000 - FEW_LINES);
	ck_assert(few_due(&f, 1, 501, 1000 + FEW_MS, &untold));
	ck_assert_uint_eq(untold, 0);
}
END_TEST

START_TEST(oldest_makes_room)
{
	struct few f = { 0 };
	unsigned untold;

	for (uint32_t user = 0; user < FEW_KEPT; user++)
		for (int i = 0; i <= FEW_LINES; i++)
			few_due(&f, 0, user, 1000 + user, &untold);
	ck_assert(few_due(&f, 0, FEW_KEPT, 2000, &untold));
	ck_assert(!few_due(&f, 0, 1, 2000, &untold)); /* is kept */
	ck_assert(few_due(&f, 0, 0, 2000, &untold)); /* was the oldest */
	ck_assert_uint_eq(untold, 0);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, again_after_a_while);
	tcase_add_test(t, some_and_a_sum);
	tcase_add_test(t, oldest_makes_room);
}

int
main(void)
{
	return unit_run("seldom", add);
}
