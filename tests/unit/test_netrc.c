#include "client/netrc.h"

#include "unit.h"

static const char *
password(const char *text, const char *user)
{
	static const char *const machines[] = { "127.0.0.1", "server", NULL };
	static char found[32];

	return netrc_password(text, machines, user, found, sizeof(found)) ? found : NULL;
}

START_TEST(entries)
{
	static const char text[] = "# machine server login me password comment\n"
	    "machine other login me password other\n"
	    "machine server\n\tlogin you\n\tpassword \"y o u\"\n"
	    "machine 127.0.0.1 login me account a password m\"e\n"
	    "default login me password last\n";

	ck_assert_str_eq(password(text, "me"), "m\"e");
	ck_assert_str_eq(password(text, "you"), "y o u");
	ck_assert_ptr_null(password(text, "he"));
	ck_assert_str_eq(password("default login he password \"\" machine server login he password x",
	    "he"), "x");
	ck_assert_str_eq(password("default password d login he", "he"), "d");
}
END_TEST

START_TEST(broken)
{
	static const char *const texts[] = { "", "machine", "machine server login", "\"", "#",
		"machine server login me password", "machine server password", "default \"" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		ck_assert_ptr_null(password(texts[i], "me"));
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, entries);
	tcase_add_test(t, broken);
}

int
main(void)
{
	return unit_run("netrc", add);
}
