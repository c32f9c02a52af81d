/* Characters out of bytes: well-formed ones, and what looks like them. */
#include "base/utf8.h"

#include "unit.h"

static const struct {
	const char *text;
	uint32_t want[4]; /* 0 ends them */
} texts[] = {
	{ "a~\x7f", { 'a', '~', 0x7f } },
	{ "\xc2\x80\xdf\xbf", { 0x80, 0x7ff } },
	{ "\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf", { 0x800, 0xd7ff, 0xffff } },
	{ "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", { 0x10000, 0x10ffff } },
	{ "\x80", { UTF8_BAD } },
	{ "\xff" "a", { UTF8_BAD, 'a' } },
	{ "\xc3", { UTF8_BAD } },                                  /* cut */
	{ "\xe2\x82", { UTF8_BAD, UTF8_BAD } },
	{ "\xc3" "a", { UTF8_BAD, 'a' } },
	{ "\xc0\x9b", { UTF8_BAD, UTF8_BAD } },                   /* overlong */
	{ "\xe0\x82\x9b", { UTF8_BAD, UTF8_BAD, UTF8_BAD } },
	{ "\xed\xa0\x80", { UTF8_BAD, UTF8_BAD, UTF8_BAD } },     /* half of a pair */
	{ "\xf4\x90\x80", { UTF8_BAD, UTF8_BAD, UTF8_BAD } },     /* beyond the last */
};

START_TEST(decodes)
{
	const unsigned char *p = (const unsigned char *)texts[_i].text;

	for (int i = 0; i < 4 && texts[_i].want[i] != 0; i++)
		ck_assert_uint_eq(utf8_decode(&p), texts[_i].want[i]);
	ck_assert_uint_eq(*p, 0);
}
END_TEST

START_TEST(begins)
{
	static const char marks[] = "\xff\xfd\x18\xef\xbb\xbf" "220";

	ck_assert_uint_eq(ascii_begins("220", 3), 0);
	ck_assert_uint_eq(ascii_begins(marks, sizeof(marks) - 1), 6);
	ck_assert_uint_eq(ascii_begins(marks, 4), 4);
	ck_assert_uint_eq(ascii_begins("", 0), 0);
	ck_assert_uint_eq(ascii_begins("~", 1) + ascii_begins(" ", 1), 0);
	ck_assert_uint_eq(ascii_begins("\x7f\x1f!", 3), 2);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, begins);
	tcase_add_loop_test(t, decodes, 0, sizeof(texts) / sizeof(texts[0]));
}

int
main(void)
{
	return unit_run("utf8", add);
}
