/* The bounded buffer of u32 and strings. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"

START_TEST(test_round)
{
	uint8_t buf[32];
	const uint8_t *s;
	struct wire w;
	uint32_t v;
	uint8_t byte;
	size_t len;

	wire_write_to(&w, buf, sizeof(buf));
	ck_assert_int_eq(wire_put_u32(&w, 0x01020304), 0);
	ck_assert_int_eq(wire_put_string(&w, "abc"), 0);
	ck_assert_int_eq(wire_put_bytes(&w, NULL, 0), 0);
	ck_assert_int_eq(memcmp(buf, "\1\2\3\4\0\0\0\3abc\0\0\0\0", 15), 0);
	ck_assert_uint_eq(wire_left(&w), 15);
	ck_assert_int_eq(wire_get_u32(&w, &v), 0);
	ck_assert_uint_eq(v, 0x01020304);
	ck_assert_int_eq(wire_get_bytes(&w, &s, &len), 0);
	ck_assert_uint_eq(len, 3);
	ck_assert_int_eq(memcmp(s, "abc", 3), 0);
	ck_assert_int_eq(wire_get_bytes(&w, &s, &len), 0);
	ck_assert_uint_eq(len, 0);
	ck_assert_uint_eq(wire_left(&w), 0);
	ck_assert_int_eq(wire_get_u32(&w, &v), -1);
	ck_assert_int_eq(wire_get_u8(&w, &byte), -1);
	ck_assert_int_eq(wire_put_u8(&w, 0xab), 0);
	ck_assert_int_eq(wire_get_u8(&w, &byte), 0);
	ck_assert_uint_eq(byte, 0xab);
	wire_write_to(&w, buf, 0);
	ck_assert_int_eq(wire_put_u8(&w, 1), -1);
}
END_TEST

/* No put writes past the room, whatever the room; a failed one changes nothing. */
START_TEST(test_no_room)
{
	uint8_t buf[16];
	struct wire w;

	memset(buf, 0xee, sizeof(buf));
	wire_write_to(&w, buf, (size_t)_i);
	ck_assert_int_eq(wire_put_string(&w, "abcd"), _i >= 8 ? 0 : -1);
	ck_assert_uint_eq(w.len, _i >= 8 ? 8 : 0);
	ck_assert_int_eq(wire_put_u32(&w, 7), _i >= 12 || (_i >= 4 && _i < 8) ? 0 : -1);
	for (size_t i = (size_t)_i; i < sizeof(buf); i++)
		ck_assert_uint_eq(buf[i], 0xee);
}
END_TEST

START_TEST(test_short)
{
	static const uint8_t data[] = { 0, 0, 0, 4, 'a', 'b', 'c', 'd' };
	struct wire w;
	const uint8_t *s;
	size_t len;
	uint32_t v;

	wire_read_from(&w, data, (size_t)_i);
	ck_assert_int_eq(wire_get_bytes(&w, &s, &len), _i == 8 ? 0 : -1);
	ck_assert_uint_eq(wire_left(&w), _i == 8 ? 0 : (size_t)_i);
	wire_read_from(&w, data, (size_t)_i);
	ck_assert_int_eq(wire_get_u32(&w, &v), _i >= 4 ? 0 : -1);
	ck_assert_int_eq(wire_put_u32(&w, 1), -1);
}
END_TEST

START_TEST(test_huge)
{
	static const uint8_t data[] = { 0xff, 0xff, 0xff, 0xff, 'a' };
	struct wire w;
	const uint8_t *s;
	size_t len;

	wire_read_from(&w, data, sizeof(data));
	ck_assert_int_eq(wire_get_bytes(&w, &s, &len), -1);
	wire_write_to(&w, (void *)(uintptr_t)data, 5);
	ck_assert_int_eq(wire_put_bytes(&w, data, UINT32_MAX), -1);
	ck_assert_uint_eq(wire_peek_u32(data), UINT32_MAX);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wire");
	TCase *t = tcase_create("wire");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(t, test_round);
	tcase_add_loop_test(t, test_no_room, 0, 16);
	tcase_add_loop_test(t, test_short, 0, 9);
	tcase_add_test(t, test_huge);
	suite_add_tcase(s, t);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
