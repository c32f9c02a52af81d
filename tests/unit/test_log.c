#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "unit.h"

static char out[4096];

static const char *
escaped(const void *src, size_t len)
{
	return log_escape(out, sizeof(out), src, len);
}

static const char *
command(const char *line)
{
	return log_command(out, sizeof(out), line, strlen(line));
}

START_TEST(escapes)
{
	ck_assert_str_eq(escaped("plain ~!", 8), "plain ~!");
	ck_assert_str_eq(escaped("a\r\n\tb\\", 6), "a\\r\\n\\tb\\\\");
	ck_assert_str_eq(escaped("\0\033[2J\177\377", 7), "\\000\\033[2J\\177\\377");
	ck_assert_str_eq(escaped("", 0), "");
}
END_TEST

START_TEST(cuts)
{
	char small[8];

	ck_assert_str_eq(log_escape(small, 8, "1234567", 7), "1234567");
	ck_assert_str_eq(log_escape(small, 8, "12345678", 8), "1234...");
	ck_assert_str_eq(log_escape(small, 8, "123\001\001", 5), "123...");
	ck_assert_str_eq(log_escape(small, 8, "\001\001", 2), "\\001...");
	ck_assert_str_eq(log_escape(small, 3, "123", 3), "..");
	ck_assert_str_eq(log_escape(small, 1, "123", 3), "");
	small[0] = 'x';
	log_escape(small, 0, "123", 3);
	ck_assert_int_eq(small[0], 'x');
}
END_TEST

START_TEST(masks)
{
	ck_assert_str_eq(command("USER anna\r\n"), "USER anna");
	ck_assert_str_eq(command("PASS secret\r\n"), "PASS ****");
	ck_assert_str_eq(command("pAsS secret word"), "pAsS ****");
	ck_assert_str_eq(command("  PASS secret"), "  PASS ****");
	ck_assert_str_eq(command("\tPASS\tsecret"), "\\tPASS ****");
	ck_assert_str_eq(command("ACCT secret"), "ACCT ****");
	ck_assert_str_eq(command("ADAT c2VjcmV0"), "ADAT ****");
	ck_assert_str_eq(command("SITE PASS secret"), "SITE PASS ****");
	ck_assert_str_eq(command("site  pswd old new"), "site  pswd ****");
	ck_assert_str_eq(command("SITE\tPASSWORD x"), "SITE\\tPASSWORD ****");
	ck_assert_str_eq(command("SITE ADDUSER joe secret"), "SITE ADDUSER ****");
	ck_assert_str_eq(command("SITE GADDUSER group joe secret"), "SITE GADDUSER ****");
	ck_assert_str_eq(command("PASS\tsecret"), "PASS ****");
	ck_assert_str_eq(command("SITE CHMOD 600 f"), "SITE CHMOD 600 f");
	ck_assert_str_eq(command("\377\364\377\362PASS secret"), "\\377\\364\\377\\362PASS ****");
	ck_assert_str_eq(command("PASS"), "PASS");
	ck_assert_str_eq(command("PASS\r\n"), "PASS");
	ck_assert_str_eq(command("PASV"), "PASV");
	ck_assert_str_eq(command("PASSIVE x"), "PASSIVE x");
	ck_assert_str_eq(command("RETR PASS word"), "RETR PASS word");
	ck_assert_str_eq(command(""), "");
	ck_assert_str_eq(command("\r\n"), "");
	ck_assert_str_eq(command("SITE"), "SITE");
}
END_TEST

START_TEST(masks_with_nul_inside)
{
	ck_assert_str_eq(log_command(out, sizeof(out), "PASS\0secret", 11), "PASS ****");
	ck_assert_str_eq(log_command(out, sizeof(out), "\0PASS secret", 12), "\\000PASS ****");
	ck_assert_str_eq(log_command(out, sizeof(out), "NOOP\0", 5), "NOOP\\000");
}
END_TEST

/* What arrives at stderr while fn runs. */
static const char *
stderr_of(void (*fn)(void))
{
	int saved = dup(STDERR_FILENO), p[2];
	ssize_t n;

	ck_assert_int_eq(pipe(p), 0);
	dup2(p[1], STDERR_FILENO);
	close(p[1]);
	fn();
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(p[0], out, sizeof(out) - 1);
	close(p[0]);
	ck_assert_int_ge(n, 0);
	out[n] = '\0';
	return out;
}

static void
say_all(void)
{
	log_error("what: %s", "why");
	for (int level = LOG_NORMAL; level <= LOG_DETAIL; level++)
		log_at(level, "level %d", level);
}

START_TEST(levels)
{
	log_open("prog", LOG_QUIET, false);
	ck_assert_str_eq(stderr_of(say_all), "prog: what: why\n");
	log_open("prog", LOG_NORMAL, false);
	ck_assert_str_eq(stderr_of(say_all), "prog: what: why\nprog: level 0\n");
	log_open("prog", LOG_DIALOGUE, false);
	ck_assert_int_eq(log_level(), LOG_DIALOGUE);
	ck_assert_str_eq(stderr_of(say_all),
	    "prog: what: why\nprog: level 0\nprog: level 1\nprog: level 2\n");
}
END_TEST

static void
say_nasty(void)
{
	errno = ENOENT;
	log_error("one\ntwo\033[2J %s", strerror(errno));
	ck_assert_int_eq(errno, ENOENT);
}

static void
say_long(void)
{
	char text[5000];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_error("%s", text);
}

/* Whole characters stay, C1 controls as bytes or as characters do not. */
static void
say_eight_bits(void)
{
	log_error("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xc2\xa0");
	log_error("\x9b" "2J \xc2\x9b" "2J \x7f \xe9 \xc3 \xe2\x82");
}

START_TEST(log_injection)
{
	const char *text;

	log_open("prog", LOG_NORMAL, false);
	text = stderr_of(say_nasty);
	ck_assert_str_eq(text, "prog: one?two?[2J No such file or directory\n");
	text = stderr_of(say_long);
	ck_assert_uint_gt(strlen(text), 1000);
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	ck_assert_str_eq(text + strlen(text) - 6, "xx...\n");
	ck_assert_str_eq(stderr_of(say_eight_bits),
	    "prog: \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xc2\xa0\nprog: ?2J ??2J ? ? ? ??\n");
}
END_TEST

/* Always printable, always terminated in time, and never the secret. */
START_TEST(mutants)
{
	static const char *const seeds[] = {
		"RETR some file", "PASS qqqsecretqqq", "SITE PASS qqqsecretqqq", "USER anna"
	};
	uint64_t state = 20260103;
	char text[200], dst[64];

	for (int i = 0; i < 20000; i++) {
		size_t size = unit_random(&state) % 60;

		strcpy(text, seeds[i % 4]);
		unit_mutate(text, sizeof(text), &state);
		memset(dst, 0x7f, sizeof(dst));
		log_command(dst, size, text, strlen(text));
		for (size_t j = size; j < sizeof(dst); j++)
			ck_assert_int_eq(dst[j], 0x7f);
		if (size == 0)
			continue;
		ck_assert(memchr(dst, '\0', size) != NULL);
		for (const char *p = dst; *p != '\0'; p++)
			ck_assert(*p >= 0x20 && *p <= 0x7e);
		if (strncmp(text, "PASS ", 5) == 0)
			ck_assert_ptr_null(strstr(dst, "secret"));
	}
}
END_TEST

/* A standard error that is full and that nobody reads stops nobody. */
START_TEST(full_stderr)
{
	int fds[2], saved = dup(STDERR_FILENO);
	char line[1024], *at;
	ssize_t n;

	ck_assert_int_eq(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	log_open("prog", LOG_NORMAL, false);
	for (int i = 0; i < 1000; i++)
		log_error("%s", line);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	while ((n = read(fds[0], out, sizeof(out))) > 0)
		;
	log_error("again");
	dup2(saved, STDERR_FILENO);
	ck_assert_int_gt(n = read(fds[0], out, sizeof(out) - 1), 0);
	out[n] = '\0';
	ck_assert_ptr_nonnull(at = strstr(out, " messages were lost: nobody has read them\n"));
	ck_assert_str_eq(strchr(at, '\n') + 1, "prog: again\n");
	ck_assert_int_gt(atoi(out + strlen("prog: ")), 900);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, escapes);
	tcase_add_test(t, cuts);
	tcase_add_test(t, masks);
	tcase_add_test(t, masks_with_nul_inside);
	tcase_add_test(t, levels);
	tcase_add_test(t, log_injection);
	tcase_add_test(t, mutants);
	tcase_add_test(t, full_stderr);
}

int
main(void)
{
	return unit_run("log", add);
}
