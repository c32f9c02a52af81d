#include "options/cmdline.h"

#include <sys/socket.h>

#include <stdio.h>

#include "base/log.h"
#include "unit.h"

static struct cmdline c;
static char why[512];
static char *argv[512 / 2 + 2]; /* of the longest line, all of one letter and a blank */

/* Parse a line of words parted by blanks; "_" stands for an empty one. */
static int
parse(const char *line)
{
	static char text[512];
	int argc = 0;

	snprintf(text, sizeof(text), "ftp-over-ssh %s", line);
	for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = strcmp(word, "_") == 0 ? "" : word;
	argv[argc] = NULL;
	cmdline_free(&c);
	why[0] = '\0';
	return cmdline_parse(&c, argc, argv, why, sizeof(why));
}

/* The options for ssh, joined by blanks. */
static const char *
for_ssh(void)
{
	static char text[512];

	text[0] = '\0';
	for (size_t i = 0; i < c.ssh.count; i++) {
		strcat(text, i > 0 ? " " : "");
		strcat(text, c.ssh.item[i]);
	}
	return text;
}

static void
refused(const char *line, const char *part)
{
	ck_assert_msg(parse(line) == -1, "taken: %s", line);
	ck_assert_msg(strstr(why, part) != NULL, "%s: \"%s\" without \"%s\"", line, why, part);
	ck_assert_ptr_null(strchr(why, '\n'));
}

START_TEST(client_mode)
{
	ck_assert_int_eq(parse("me@host"), 0);
	ck_assert_int_eq(c.run, RUN_CLIENT);
	ck_assert_str_eq(c.destination, "me@host");
	ck_assert_ptr_null(c.command);
	ck_assert_ptr_null(c.ctl_path);
	ck_assert_str_eq(c.server.host, "localhost");
	ck_assert_int_eq(c.server.port, 21);
	ck_assert_int_eq(c.verbosity, LOG_NORMAL);
	ck_assert_int_eq(c.family, AF_UNSPEC);
	ck_assert_int_eq(parse("-t ftp.example host"), 0);
	ck_assert_str_eq(c.server.host, "ftp.example");
	ck_assert_int_eq(c.server.port, 21);
	ck_assert_int_eq(parse("-t[::1]:2121 host"), 0);
	ck_assert_str_eq(c.server.host, "::1");
	ck_assert_int_eq(c.server.port, 2121);
}
END_TEST

START_TEST(the_command_is_left_alone)
{
	ck_assert_int_eq(parse("host curl -T f -- -N"), 0);
	ck_assert_int_eq(c.run, RUN_CLIENT);
	ck_assert_str_eq(c.command[0], "curl");
	ck_assert_str_eq(c.command[1], "-T");
	ck_assert_str_eq(c.command[3], "--");
	ck_assert_str_eq(c.command[4], "-N");
	ck_assert_int_eq(parse("host -- -x"), 0);
	ck_assert_str_eq(c.command[0], "-x");
	ck_assert_int_eq(parse("-- host -- curl -N"), 0);
	ck_assert_str_eq(c.destination, "host");
	ck_assert_str_eq(c.command[0], "curl");
	ck_assert_int_eq(parse("-- host -N"), 0);
	ck_assert_str_eq(c.command[0], "-N");
	ck_assert_int_eq(parse("host --"), 0);
	ck_assert_ptr_null(c.command);
}
END_TEST

START_TEST(options_behind_the_destination)
{
	ck_assert_int_eq(parse("host -N -L 0:localhost:21 -v"), 0);
	ck_assert_int_eq(c.run, RUN_TUNNEL);
	ck_assert_int_eq(c.local.count, 1);
	ck_assert_int_eq(c.verbosity, 1);
	ck_assert_int_eq(parse("host -v curl -v"), 0);
	ck_assert_int_eq(c.verbosity, 1);
	ck_assert_str_eq(c.command[0], "curl");
	refused("host -N curl", "does not go with -N");
}
END_TEST

START_TEST(tunnels)
{
	ck_assert_int_eq(parse("-fNgL ftp/1234:localhost:21 -L [::1]:0:[2001:db8::1]:2121 "
	    "-R 2121:localhost:21 -S /a/b -y -E /log host"), 0);
	ck_assert_int_eq(c.run, RUN_TUNNEL);
	ck_assert(c.background && c.gateway && c.to_syslog);
	ck_assert_str_eq(c.log_file, "/log");
	ck_assert_str_eq(c.ctl_path, "/a/b");
	ck_assert_int_eq(c.local.count, 2);
	ck_assert_int_eq(c.remote.count, 1);
	ck_assert_int_eq(c.local.spec[0].listen.port, 1234);
	ck_assert_str_eq(c.local.spec[1].listen.host, "::1");
	ck_assert_str_eq(c.local.spec[1].target.host, "2001:db8::1");
	ck_assert_int_eq(c.remote.spec[0].target.port, 21);
}
END_TEST

START_TEST(stdio_mode)
{
	ck_assert_int_eq(parse("-W ftp:2121 host"), 0);
	ck_assert_int_eq(c.run, RUN_STDIO);
	ck_assert_str_eq(c.server.host, "ftp");
	ck_assert_int_eq(c.server.port, 2121);
	refused("-W ftp host", "port missing");
	refused("-W ftp:21 host ls", "does not go with -W");
	refused("-W ftp:21 -L 0:a:21 host", "do not go with -W");
}
END_TEST

START_TEST(ssh_gets_its_options)
{
	ck_assert_int_eq(parse("-46C -F cfg -ikey -J jump -l me -o Port=3 -p 22 -q host"), 0);
	ck_assert_str_eq(for_ssh(),
	    "-4 -6 -C -F cfg -i key -J jump -l me -o Port=3 -p 22");
	ck_assert_int_eq(c.family, AF_INET6);
	ck_assert_int_eq(c.verbosity, LOG_QUIET);
	ck_assert_int_eq(parse("-NfgvyS /p -E l -L 0:a:21 -R 0:b:21 -o FtpTls=pass host"), 0);
	ck_assert_str_eq(for_ssh(), "");
	ck_assert_int_eq(parse("-S /p -S none host"), 0);
	ck_assert_ptr_null(c.ctl_path);
	ck_assert_str_eq(for_ssh(), "-o ControlPath=none");
}
END_TEST

START_TEST(ftp_options)
{
	ck_assert_int_eq(parse("-o FtpTls=pass -oFtpConnections=3 host"), 0);
	ck_assert(c.ftp.tls_pass);
	ck_assert_int_eq(c.ftp.connections, 3);
	ck_assert_int_eq(c.ftp_texts.count, 2);
	ck_assert_str_eq(c.ftp_texts.item[1], "FtpConnections=3");
	ck_assert_int_eq(c.ssh.count, 0);
	refused("-o FtpNothing=1 host", "FtpNothing");
	refused("-o FtpTls=maybe host", "FtpTls");
}
END_TEST

/* What a user of ssh types without thinking. */
START_TEST(known_from_ssh)
{
	ck_assert_int_eq(parse("-aTxKk -b 127.0.0.1 -c aes128-ctr -m hmac-sha2-256 host"), 0);
	ck_assert_str_eq(for_ssh(),
	    "-a -x -K -k -b 127.0.0.1 -c aes128-ctr -m hmac-sha2-256");
	ck_assert_int_eq(parse("-nN host"), 0);
	refused("-n host", "-n needs -N");
	refused("-A host", "-A is not taken: an agent");
	refused("-X host", "-X is not taken: X11");
	refused("-D 1080 host", "-D is not taken: SOCKS");
	refused("-P 22 host", "-P is not taken: -p is the port of the ssh server");
	refused("--verbose host", "unknown option --verbose");
}
END_TEST

START_TEST(ftp_user)
{
	ck_assert_int_eq(parse("-u bob host"), 0);
	ck_assert_str_eq(c.ftp_user, "bob");
	ck_assert_str_eq(for_ssh(), "");
	refused("-u bob:secret host", "-u takes no password");
	ck_assert_ptr_null(strstr(why, "secret"));
	refused("-u -x host", "may not be empty or begin with");
	refused("-u _ host", "may not be empty");
	refused("-u a\rb host", "control characters");
	refused("-u bob -N host", "-u does not go with -N");
}
END_TEST

START_TEST(from_the_environment)
{
	setenv("FTP_OVER_SSH_OPTIONS", " -v  -o FtpTls=pass -u me\t-p 22 -F f -o A=1 ", 1);
	ck_assert_int_eq(parse("-p 23 -F g -u you -o B=2 host"), 0);
	ck_assert(c.ftp.tls_pass);
	ck_assert_int_eq(c.verbosity, 1);
	ck_assert_str_eq(c.ftp_user, "you");
	/* ssh takes the first -p and -o, and the last -F */
	ck_assert_str_eq(for_ssh(), "-p 23 -F g -o B=2 -p 22 -o A=1");
	setenv("FTP_OVER_SSH_OPTIONS", "-v host", 1);
	refused("host", "options only, not \"host\"");
	setenv("FTP_OVER_SSH_OPTIONS", "-Z", 1);
	refused("host", "unknown option -Z");
	setenv("FTP_OVER_SSH_OPTIONS", "", 1);
	ck_assert_int_eq(parse("host"), 0);
	unsetenv("FTP_OVER_SSH_OPTIONS");
}
END_TEST

START_TEST(information)
{
	ck_assert_int_eq(parse("--help"), 0);
	ck_assert_int_eq(c.run, RUN_USAGE);
	ck_assert_int_eq(parse("--version"), 0);
	ck_assert_int_eq(c.run, RUN_VERSION);
	ck_assert_int_eq(parse("-h"), 0);
	ck_assert_int_eq(c.run, RUN_USAGE);
	ck_assert_int_eq(parse("-V"), 0);
	ck_assert_int_eq(c.run, RUN_VERSION);
	ck_assert_int_eq(parse("-o help"), 0);
	ck_assert_int_eq(c.run, RUN_OPTIONS);
}
END_TEST

START_TEST(verbosity_has_an_end)
{
	ck_assert_int_eq(parse("-vvvvvv host"), 0);
	ck_assert_int_eq(c.verbosity, LOG_DETAIL);
}
END_TEST

START_TEST(bad_usage)
{
	refused("", "destination missing");
	refused("-N", "destination missing");
	refused("-Z host", "unknown option -Z");
	refused("---help host", "unknown option ---help");
	refused("-L", "-L needs an argument");
	refused("-L 1:2 host", "1:2");
	refused("-t a:b host", "a:b");
	refused("-S _ host", "-S needs");
	refused("-f host", "-f needs -N");
	refused("-- -oProxyCommand=x", "-oProxyCommand");
	refused("me@-x", "me@-x");
	refused("-l -oProxyCommand=x host", "-oProxyCommand");
	refused("-l-x host", "\"-x\"");
}
END_TEST

START_TEST(others_only_with_g)
{
	refused("-N -L *:0:localhost:21 host", "add -g");
	refused("-N -L :0:localhost:21 host", "add -g");
	refused("-N -R *:0:localhost:21 host", "add -g");
	refused("-N -R 192.0.2.1:0:localhost:21 host", "add -g");
	ck_assert_int_eq(parse("-gN -L *:0:localhost:21 -R *:0:localhost:21 host"), 0);
	/* as with ssh */
	ck_assert_int_eq(parse("-gN -L 0:localhost:21 -L 127.0.0.1:0:localhost:21 host"), 0);
	ck_assert_str_eq(c.local.spec[0].listen.host, "*");
	ck_assert_str_eq(c.local.spec[1].listen.host, "127.0.0.1");
	ck_assert_int_eq(parse("-N -R localhost:0:a:21 -R 127.0.0.2:0:a:21 -R [::1]:0:a:21 "
	    "host"), 0);
}
END_TEST

/* In "[-46Cf...]", or with its argument. */
static bool
in_synopsis(char option)
{
	const char *synopsis = cmdline_synopsis(), *flags = strstr(synopsis, "[-") + 2;
	char with_argument[] = { '-', option, ' ', '\0' };

	return memchr(flags, option, strcspn(flags, "]")) != NULL ||
	    strstr(synopsis, with_argument) != NULL;
}

/* Every option is in the help, and those of the help are taken. */
START_TEST(help_is_complete)
{
	char *help, *options, line[64];
	size_t size;
	FILE *f = open_memstream(&help, &size);
	int count = 0;

	cmdline_help(f);
	fclose(f);
	cmdline_ftp_options(f = open_memstream(&options, &size));
	fclose(f);
	ck_assert_ptr_nonnull(help);
	ck_assert_ptr_nonnull(options);
	for (const char *p = help; (p = strstr(p, "\n  -")) != NULL; p += 4, count++) {
		bool takes = p[6] != ' ';

		snprintf(line, sizeof(line), "-%c%s host", p[4], takes ? "1:a:21" : "");
		if (parse(line) == -1)
			ck_assert_msg(strstr(why, "unknown option") == NULL, "%s", why);
		ck_assert_msg(p[4] == 'h' || in_synopsis(p[4]), "-%c", p[4]);
	}
	ck_assert_int_gt(count, 20);
	for (const struct option_info *o = ftp_option_table; o->name != NULL; o++) {
		ck_assert_ptr_nonnull(strstr(help, o->name));
		ck_assert_ptr_nonnull(strstr(options, o->help));
	}
	free(help);
	free(options);
}
END_TEST

/* Whatever comes: an answer, and a message if it is no. */
START_TEST(mutations)
{
	static const char *const lines[] = { "-fNL ftp/1234:localhost:21 me@host -- curl -T f %u",
		"-o FtpTls=pass -46Cqv -S /a/b -t h:21 host ls", "-W ftp:21 -R 0:a:21 host -gy" };
	uint64_t state = 88172645463325252ULL;
	char line[256];

	for (int i = 0; i < 20000; i++) {
		strcpy(line, lines[i % 3]);
		unit_mutate(line, sizeof(line), &state);
		if (parse(line) == -1)
			ck_assert(why[0] != '\0');
	}
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, client_mode);
	tcase_add_test(t, the_command_is_left_alone);
	tcase_add_test(t, options_behind_the_destination);
	tcase_add_test(t, tunnels);
	tcase_add_test(t, stdio_mode);
	tcase_add_test(t, ssh_gets_its_options);
	tcase_add_test(t, ftp_options);
	tcase_add_test(t, known_from_ssh);
	tcase_add_test(t, ftp_user);
	tcase_add_test(t, from_the_environment);
	tcase_add_test(t, information);
	tcase_add_test(t, verbosity_has_an_end);
	tcase_add_test(t, bad_usage);
	tcase_add_test(t, others_only_with_g);
	tcase_add_test(t, help_is_complete);
	tcase_add_test(t, mutations);
}

int
main(void)
{
	return unit_run("cmdline", add);
}
