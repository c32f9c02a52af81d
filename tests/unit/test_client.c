#include "client/ftp_client.h"

#include <sys/stat.h>

#include <stdio.h>
#include <unistd.h>

#include "unit.h"

static char base[64], why[256];
static const char *user; /* of argv_is() */

static const struct tokens nowhere = { "h", 1, NULL };

/* PATH holds only what a test puts there. */
static void
setup(void)
{
	unit_dir_make(base, "client");
	setenv("PATH", base, 1);
	unsetenv("FTP_OVER_SSH_CLIENT");
}

static void
teardown(void)
{
	unit_dir_remove(base);
}

static void
program(const char *name, mode_t mode)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", base, name);
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	fclose(f);
	ck_assert_int_eq(chmod(path, mode), 0);
}

/* The arguments joined by '|', to compare them at a glance. */
static void
argv_is(char *const *command, const char *host, unsigned port, const char *expected)
{
	char **argv = client_argv(command, &(struct tokens){ host, (uint16_t)port, user }, why,
	    sizeof(why));
	char joined[512] = "";

	ck_assert_msg(argv != NULL, "%s", why);
	for (size_t i = 0; argv[i] != NULL; i++) {
		strcat(joined, i > 0 ? "|" : "");
		strcat(joined, argv[i]);
	}
	client_argv_free(argv);
	ck_assert_str_eq(joined, expected);
}

#define COMMAND(...) ((char *const[]){ __VA_ARGS__, NULL })

START_TEST(command_expanded)
{
	argv_is(COMMAND("curl", "-T", "a b", "%u/incoming/"), "127.0.0.1", 2121,
	    "curl|-T|a b|ftp://127.0.0.1:2121/incoming/");
	argv_is(COMMAND("x", "%h", "%p", "%%h", "%d", ""), "::1", 21, "x|::1|21|%h|%d|");
	argv_is(COMMAND("lftp"), "127.0.0.1", 2121, "lftp");
	setenv("FTP_OVER_SSH_CLIENT", "other", 1);
	argv_is(COMMAND("sh", "-c", "echo $FTP_OVER_SSH_URL"), "h", 1,
	    "sh|-c|echo $FTP_OVER_SSH_URL");
}
END_TEST

START_TEST(named_client)
{
	static const char *const cases[][2] = {
		{ "lftp", "lftp|-p|2121|127.0.0.1" },
		{ "/usr/bin/lftp", "/usr/bin/lftp|-p|2121|127.0.0.1" },
		{ " ftp  -n\t", "ftp|-n|127.0.0.1|2121" },
		{ "tnftp", "tnftp|127.0.0.1|2121" },
		{ "ncftp", "ncftp|-P|2121|127.0.0.1" },
		{ "curl -s", "curl|-s|ftp://127.0.0.1:2121/" },
		{ "wget", "wget|ftp://127.0.0.1:2121/" },
		{ "unheard-of", "unheard-of|127.0.0.1|2121" },
		{ "lftp -e %%h %u", "lftp|-e|%h|ftp://127.0.0.1:2121" },
		{ "lftp 100%%", "lftp|100%|-p|2121|127.0.0.1" },
	};
	char *const none[] = { NULL };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		setenv("FTP_OVER_SSH_CLIENT", cases[i][0], 1);
		argv_is(NULL, "127.0.0.1", 2121, cases[i][1]);
		argv_is(none, "127.0.0.1", 2121, cases[i][1]);
	}
}
END_TEST

START_TEST(with_user)
{
	static const char *const cases[][2] = {
		{ "lftp", "lftp|ftp://a%2Cb%40c@127.0.0.1:2121" },
		{ "ftp", "ftp|a,b@c@127.0.0.1|2121" },
		{ "ncftp", "ncftp|-u|a,b@c|-P|2121|127.0.0.1" },
		{ "curl", "curl|-u|a,b@c|ftp://a%2Cb%40c@127.0.0.1:2121/" },
		{ "wget", "wget|--ask-password|--user=a,b@c|ftp://a%2Cb%40c@127.0.0.1:2121/" },
		{ "other -U%U %h", "other|-Ua,b@c|127.0.0.1" },
		{ "other %U", "other|a,b@c|127.0.0.1|2121" },
	};

	user = "a,b@c";
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		setenv("FTP_OVER_SSH_CLIENT", cases[i][0], 1);
		argv_is(NULL, "127.0.0.1", 2121, cases[i][1]);
	}
	argv_is(COMMAND("x", "%u", "%U"), "::1", 21, "x|ftp://a%2Cb%40c@[::1]:21|a,b@c");
	user = NULL;
	argv_is(COMMAND("x", "%u", "%U"), "::1", 21, "x|ftp://[::1]:21|");
}
END_TEST

START_TEST(found_client)
{
	char path[128];

	program("ncftp", 0755);
	argv_is(NULL, "::1", 2121, "ncftp|-P|2121|::1");
	program("ftp", 0755);
	argv_is(NULL, "::1", 2121, "ftp|::1|2121");
	program("lftp", 0644);
	argv_is(NULL, "::1", 2121, "ftp|::1|2121");
	snprintf(path, sizeof(path), "/nonexistent::%s", base);
	setenv("PATH", path, 1);
	argv_is(NULL, "::1", 2121, "ftp|::1|2121");
	/* an empty part of PATH is the current directory */
	setenv("PATH", "/nonexistent:", 1);
	ck_assert_ptr_null(client_argv(NULL, &nowhere, why, sizeof(why)));
	ck_assert_int_eq(chdir(base), 0);
	argv_is(NULL, "::1", 2121, "ftp|::1|2121");
	program("lftp", 0755);
	setenv("FTP_OVER_SSH_CLIENT", " \t", 1);
	argv_is(NULL, "::1", 2121, "lftp|-p|2121|::1");
}
END_TEST

START_TEST(none_found)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/lftp", base);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_ptr_null(client_argv(NULL, &nowhere, why, sizeof(why)));
		ck_assert_ptr_nonnull(strstr(why, "lftp, ftp, ncftp"));
		ck_assert_ptr_nonnull(strstr(why, "FTP_OVER_SSH_CLIENT"));
		unsetenv("PATH");
	}
	ck_assert_ptr_null(client_argv(NULL, &nowhere, why, 8));
	ck_assert_uint_lt(strlen(why), 8);
	client_argv_free(NULL);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, command_expanded);
	tcase_add_test(t, named_client);
	tcase_add_test(t, with_user);
	tcase_add_test(t, found_client);
	tcase_add_test(t, none_found);
}

int
main(void)
{
	return unit_run("client", add);
}
