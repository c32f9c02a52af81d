#include "options/spec.h"

#include <stdio.h>

#include "unit.h"

static char why[512];

static void
spec_is(const char *text, const char *listen, unsigned port, const char *host, unsigned hostport)
{
	struct tunnel_spec s;

	ck_assert_msg(spec_parse(&s, text, why, sizeof(why)) == 0, "%s: %s", text, why);
	ck_assert_str_eq(s.listen.host, listen);
	ck_assert_uint_eq(s.listen.port, port);
	ck_assert_str_eq(s.target.host, host);
	ck_assert_uint_eq(s.target.port, hostport);
}

/* The message names the fault and quotes what was given. */
static void
spec_fails(const char *text, const char *fault)
{
	struct tunnel_spec s;

	ck_assert_msg(spec_parse(&s, text, why, sizeof(why)) == -1, "%s accepted", text);
	ck_assert_msg(strstr(why, fault) != NULL, "%s: %s", text, why);
	ck_assert_msg(strstr(why, text) != NULL, "%s: %s", text, why);
	ck_assert_msg(strstr(why, "hostport") != NULL, "%s: %s", text, why);
}

START_TEST(specs)
{
	spec_is("1234:localhost:21", "", 1234, "localhost", 21);
	spec_is("ftp/1234:localhost:21", "", 1234, "localhost", 21);
	spec_is("FTP/0:ftp.example.org:65535", "", 0, "ftp.example.org", 65535);
	spec_is("127.0.0.1:1234:10.0.0.1:21", "127.0.0.1", 1234, "10.0.0.1", 21);
	spec_is("[::1]:1234:[2001:db8::1]:21", "::1", 1234, "2001:db8::1", 21);
	spec_is("[fe80::1%eth0]:1:[127.0.0.1]:21", "fe80::1%eth0", 1, "127.0.0.1", 21);
	spec_is("*:1234:localhost:21", "*", 1234, "localhost", 21);
	spec_is(":1234:localhost:21", "*", 1234, "localhost", 21);
	spec_is("ftp/:1234:localhost:21", "*", 1234, "localhost", 21);
}
END_TEST

START_TEST(bad_specs)
{
	spec_fails("", "wrong number of parts");
	spec_fails("21", "wrong number of parts");
	spec_fails("1234:21", "wrong number of parts");
	spec_fails("a:1:b:2:c", "wrong number of parts");
	spec_fails("a:1:b:2:", "wrong number of parts");
	spec_fails("::1:1234:localhost:21", "wrong number of parts");
	spec_fails("tcp/1234:localhost:21", "the port to listen on");
	spec_fails("[::1:1234:localhost:21", "unbalanced brackets");
	spec_fails("[::1]1234:localhost:21", "unbalanced brackets");
	spec_fails("1234:[:21", "unbalanced brackets");
	spec_fails("1234::21", "host missing");
	spec_fails("1234:[]:21", "host missing");
	spec_fails("[]:1234:localhost:21", "host missing");
	spec_fails("1234:-oProxyCommand=x:21", "begin with '-'");
	spec_fails("-x:1234:localhost:21", "begin with '-'");
	spec_fails("1234:local host:21", "blanks");
	spec_fails("1234:local\thost:21", "blanks");
	spec_fails("1234:a[b:21", "brackets");
	spec_fails("1234:local\001host:21", "control characters");
	spec_fails("1234:local\177host:21", "control characters");
	spec_fails("1234:/run/socket:21", "'/'");
	spec_fails("/run/socket:localhost:21", "port to listen on");
	spec_fails("1234:[::g]:21", "not an IPv6 address");
	spec_fails("1234:[::1%]:21", "not an IPv6 address");
	spec_fails("1234:[::1%e:0]:21", "not an IPv6 address");
	spec_fails("1234:[1:2]:21", "not an IPv6 address");
}
END_TEST

START_TEST(ports_are_strict)
{
	static const char *const bad[] = {
		"", " 1", "1 ", "+1", "-1", "65536", "0x15", "21a", "4294967317",
		"99999999999999999999", "[21]", "1.5"
	};
	char text[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text), "%s:localhost:21", bad[i]);
		spec_fails(text, "port to listen on must be 0 to 65535");
		snprintf(text, sizeof(text), "1234:localhost:%s", bad[i]);
		spec_fails(text, "host's port must be 1 to 65535");
	}
	spec_fails("1234:localhost:0", "host's port must be 1 to 65535");
	spec_is("65535:localhost:00021", "", 65535, "localhost", 21);
}
END_TEST

START_TEST(long_hosts)
{
	char text[700] = "1:", host[300];
	struct tunnel_spec s;

	memset(host, 'h', sizeof(host));
	host[SPEC_HOST_MAX - 1] = '\0';
	sprintf(text, "1:%s:21", host);
	spec_is(text, "", 1, host, 21);
	sprintf(text, "1:%sh:21", host);
	ck_assert_int_eq(spec_parse(&s, text, why, sizeof(why)), -1);
	ck_assert_ptr_nonnull(strstr(why, "host too long"));
}
END_TEST

static void
hostport_is(const char *text, unsigned default_port, const char *host, unsigned port)
{
	struct hostport hp;
	int result = hostport_parse(&hp, text, (uint16_t)default_port, why, sizeof(why));

	ck_assert_msg(result == 0, "%s: %s", text, why);
	ck_assert_str_eq(hp.host, host);
	ck_assert_uint_eq(hp.port, port);
}

static void
hostport_fails(const char *text, unsigned default_port, const char *fault)
{
	struct hostport hp;
	int result = hostport_parse(&hp, text, (uint16_t)default_port, why, sizeof(why));

	ck_assert_msg(result == -1, "%s accepted", text);
	ck_assert_msg(strstr(why, fault) != NULL, "%s: %s", text, why);
}

START_TEST(hostports)
{
	hostport_is("localhost", 21, "localhost", 21);
	hostport_is("localhost:2121", 21, "localhost", 2121);
	hostport_is("localhost:2121", 0, "localhost", 2121);
	hostport_is("2001:db8::1", 21, "2001:db8::1", 21);
	hostport_is("[2001:db8::1]", 21, "2001:db8::1", 21);
	hostport_is("[2001:db8::1]:2121", 0, "2001:db8::1", 2121);
	hostport_is("fe80::1%eth0", 21, "fe80::1%eth0", 21);
	hostport_fails("localhost", 0, "port missing");
	hostport_fails("::1", 0, "port missing");
	hostport_fails("localhost:", 21, "port must be");
	hostport_fails("localhost:0", 21, "port must be");
	hostport_fails("localhost: 21", 21, "port must be");
	hostport_fails("localhost:21:22", 21, "too many colons");
	hostport_fails("", 21, "host missing");
	hostport_fails("2121", 21, "a port without its host");
	hostport_fails("2121", 0, "a port without its host");
	hostport_fails("ftp://nas", 21, "no URL");
	hostport_fails("bob@nas", 21, "'@'");
	hostport_fails(":21", 21, "host missing");
	hostport_fails("-h", 21, "begin with '-'");
	hostport_fails("a/b", 21, "'/'");
	hostport_fails("[::1", 21, "unbalanced brackets");
	hostport_fails("[::1]x", 21, "unbalanced brackets");
}
END_TEST

START_TEST(formatted)
{
	char text[64], tiny[4];

	ck_assert_str_eq(hostport_format(text, sizeof(text), "localhost", 21), "localhost:21");
	ck_assert_str_eq(hostport_format(text, sizeof(text), "::1", 65535), "[::1]:65535");
	ck_assert_str_eq(hostport_format(text, sizeof(text), "", 2121), "localhost:2121");
	ck_assert_str_eq(hostport_format(tiny, sizeof(tiny), "::1", 21), "[::");
}
END_TEST

START_TEST(destinations)
{
	static const char *const good[] = {
		"host", "user@host", "us@er@host", "10.0.0.1", "::1", "user@::1", "ssh://host",
		"ssh://user@host:2222", "ssh://user@[::1]:2222/", "SSH://host/", "us-er@ho-st",
		"DOMAIN\\user@host", "alias_1"
	};
	static const char *const bad[] = {
		"", "-oProxyCommand=x", "-l", "user@-host", "-user@host", "user@", "@host",
		"ssh://-host", "ssh://-user@host", "ssh://user@-host", "ssh://%2duser@host",
		"ssh://%2Duser@host", "ssh://", "ssh://host:0", "ssh://host:x", "ssh://host/path",
		"host/path", "ho st", "host\n", "us\ner@host", "host\t", "ssh://host:22:23"
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ck_assert_msg(destination_check(good[i], why, sizeof(why)) == 0, "%s: %s", good[i],
		    why);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		why[0] = '\0';
		ck_assert_msg(destination_check(bad[i], why, sizeof(why)) == -1, "%s accepted",
		    bad[i]);
		ck_assert_msg(strstr(why, "expected [user@]host") != NULL, "%s: %s", bad[i], why);
	}
}
END_TEST

static void
expands_to(const char *argument, const char *host, unsigned port, const char *expected)
{
	char *result = token_expand(argument, &(struct tokens){ host, (uint16_t)port, NULL });

	ck_assert_ptr_nonnull(result);
	ck_assert_str_eq(result, expected);
	free(result);
}

START_TEST(tokens)
{
	expands_to("", "h", 1, "");
	expands_to("plain", "h", 1, "plain");
	expands_to("%h", "127.0.0.1", 1, "127.0.0.1");
	expands_to("%h:%p", "::1", 65535, "::1:65535");
	expands_to("%u/incoming/%%h", "127.0.0.1", 2121, "ftp://127.0.0.1:2121/incoming/%h");
	expands_to("%u%u", "::1", 21, "ftp://[::1]:21ftp://[::1]:21");
	expands_to("100%", "h", 1, "100%");
	expands_to("%{http_code}%s%", "h", 1, "%{http_code}%s%");
	expands_to("%%%p%%", "h", 7, "%7%");
}
END_TEST

START_TEST(token_is_present)
{
	ck_assert_int_eq(token_present("%h"), 1);
	ck_assert_int_eq(token_present("-p%p"), 1);
	ck_assert_int_eq(token_present("%%%u"), 1);
	ck_assert_int_eq(token_present("%%h"), 0);
	ck_assert_int_eq(token_present("%x"), 0);
	ck_assert_int_eq(token_present("%"), 0);
	ck_assert_int_eq(token_present("h p u"), 0);
	ck_assert_int_eq(token_present(""), 0);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, specs);
	tcase_add_test(t, bad_specs);
	tcase_add_test(t, ports_are_strict);
	tcase_add_test(t, long_hosts);
	tcase_add_test(t, hostports);
	tcase_add_test(t, formatted);
	tcase_add_test(t, destinations);
	tcase_add_test(t, tokens);
	tcase_add_test(t, token_is_present);
}

int
main(void)
{
	return unit_run("spec", add);
}
