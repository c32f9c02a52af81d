#include "ssh/sshcmd.h"

#include "unit.h"

START_TEST(commands)
{
	static const struct {
		const char *jump, *file, *command;
	} cases[] = {
		{ "jump", NULL, "'ssh' -W '[%h]:%p' -- 'jump'" },
		{ "jump", "/x y/it's 5%", "'ssh' -F '/x y/it'\\''s 5%%' -W '[%h]:%p' -- 'jump'" },
		{ "me@jump:2222", NULL, "'ssh' -l 'me' -p '2222' -W '[%h]:%p' -- 'jump'" },
		{ "me@dom@jump", NULL, "'ssh' -l 'me@dom' -W '[%h]:%p' -- 'jump'" },
		{ "[::1]", NULL, "'ssh' -W '[%h]:%p' -- '::1'" },
		{ "[192.0.2.1]:33", NULL, "'ssh' -p '33' -W '[%h]:%p' -- '192.0.2.1'" },
		{ "a,u@b:1,c:2", NULL, "'ssh' -J 'a,u@b:1' -p '2' -W '[%h]:%p' -- 'c'" },
	};
	char *command;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		command = sshjump_command("ssh", cases[i].file, cases[i].jump);
		ck_assert_str_eq(command + strlen("ProxyCommand="), cases[i].command);
		free(command);
	}
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, commands);
}

int
main(void)
{
	return unit_run("sshjump", add);
}
