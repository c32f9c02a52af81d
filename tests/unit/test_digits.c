#include "base/digits.h"

#include <string.h>

#include "unit.h"

START_TEST(numbers)
{
	static const struct {
		const char *text;
		unsigned long max, value;
		bool good;
	} all[] = { { "0", 9, 0, true }, { "65535", 65535, 65535, true }, { "0021", 65535, 21, true },
		{ "65536", 65535, 0, false }, { "", 9, 0, false }, { "-1", 9, 0, false },
		{ "+1", 9, 0, false }, { " 1", 9, 0, false }, { "1 ", 9, 0, false }, { "4x", 9, 0, false },
		{ "99999999999999999999999", 1000000, 0, false } };
	unsigned long value;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		ck_assert_int_eq(decimal(all[i].text, strlen(all[i].text), all[i].max, &value), all[i].good);
		if (all[i].good)
			ck_assert_uint_eq(value, all[i].value);
	}
	ck_assert(decimal("12345", 3, 999, &value) && value == 123);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, numbers);
}

int
main(void)
{
	return unit_run("digits", add);
}
