/* FTP sessions by script: the control streams, the queue, what is never passed on. */
#include "script.h"

START_TEST(greeting_comes_first)
{
	begin(MODE_AUTO);
	play("> USER joe\n"
	     "<< 120 in a minute\n< 120 in a minute\n"
	     "<< 220-hello\n< 220-hello\n"
	     "<< 220 there\n< 220 there\n>> USER joe\n"
	     "<< 331 and\n< 331 and\n");
	ck_assert_str_eq(session_user(d->s), "joe");
}
END_TEST

START_TEST(plain_commands_pass)
{
	begin(MODE_AUTO);
	play(GREETING
	    "> HOST ftp.example.com\n>> HOST ftp.example.com\n<< 220 that one\n< 220 that one\n"
	    "> sYsT\n>> sYsT\n<< 215 UNIX\n< 215 UNIX\n"
	    "> SITE chmod 600  a b \n>> SITE chmod 600  a b \n<< 200 ok\n< 200 ok\n"
	    "> MODE Z\n>> MODE Z\n<< 200 ok\n< 200 ok\n"
	    "> STAT\n>> STAT\n<< 211-a\n< 211-a\n<<  b\n<  b\n<< 211-c\n< 211-c\n<< 211\n< 211\n");
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, NULL, finish);
	tcase_add_test(t, greeting_comes_first);
	tcase_add_test(t, plain_commands_pass);
}

int
main(void)
{
	return unit_run("session", add);
}
