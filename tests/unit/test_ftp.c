/* FTP's words: commands, addresses and replies as they are met in the wild. */
#include "ftp/address.h"
#include "ftp/command.h"
#include "ftp/reply.h"

#include <stdio.h>
#include <strings.h>

#include "unit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* "4 1.2.3.4 5": family, address and port, as one string to compare. */
static const char *
show(const struct ftp_address *a)
{
	static char text[80];
	int n = snprintf(text, sizeof(text), "%u", a->family);

	for (int i = 0; i < (a->family == 4 ? 4 : a->family == 6 ? 16 : 0); i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
		    a->family == 4 ? (i ? ".%u" : " %u") : (i ? "%02x" : " %02x"), a->bytes[i]);
	snprintf(text + n, sizeof(text) - (size_t)n, " %u", a->port);
	return text;
}

/* ---- commands ---- */

static enum ftp_verb
verb_of(const char *line)
{
	struct ftp_command c;

	ck_assert_msg(ftp_command_parse(&c, line, strlen(line)) == 0, "%s", line);
	return c.verb;
}

START_TEST(verbs)
{
	static const struct {
		const char *names;
		enum ftp_verb verb;
	} rows[] = {
		{ "PASV P@SW", FTP_PASV }, { "EPSV", FTP_EPSV }, { "LPSV", FTP_LPSV },
		{ "PORT", FTP_PORT }, { "EPRT", FTP_EPRT }, { "LPRT", FTP_LPRT },
		{ "RETR", FTP_RETR }, { "LIST NLST MLSD", FTP_LIST }, { "STOR STOU APPE", FTP_STOR },
		{ "ABOR", FTP_ABOR }, { "QUIT", FTP_QUIT }, { "FEAT", FTP_FEAT },
		{ "MODE", FTP_MODE }, { "USER", FTP_USER }, { "REIN", FTP_REIN },
		{ "AUTH", FTP_AUTH }, { "ADAT PBSZ PROT CCC MIC CONF ENC", FTP_SECURE },
		{ "CPSV SSCN", FTP_FXP_SECURE },
		{ "TYPE", FTP_TYPE }, { "STRU", FTP_STRU }, { "REST RANG", FTP_REST },
		{ "PORTS PAS PASVX HOST MLST NOOPS XYZ-1 XPWD", FTP_OTHER },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char names[64], *word, *rest = names;

		snprintf(names, sizeof(names), "%s", rows[i].names);
		while ((word = strsep(&rest, " ")) != NULL) {
			ck_assert_msg(verb_of(word) == rows[i].verb, "%s", word);
			for (char *p = word; *p; p++)
				*p |= *p >= 'A' && *p <= 'Z' ? 32 : 0;
			ck_assert_msg(verb_of(word) == rows[i].verb, "%s", word);
		}
	}
}
END_TEST

START_TEST(arguments)
{
	struct ftp_command c;

	ck_assert_int_eq(ftp_command_parse(&c, "RETR  \ta b ", 11), 0);
	ck_assert_uint_eq(c.name_len, 4);
	ck_assert_uint_eq(c.arg_len, 4);
	ck_assert_int_eq(memcmp(c.arg, "a b ", 4), 0);
	ck_assert_int_eq(ftp_command_parse(&c, "PASV", 4), 0);
	ck_assert_uint_eq(c.arg_len, 0);
	ck_assert_int_eq(ftp_command_parse(&c, "PASV ", 5), 0);
	ck_assert_uint_eq(c.arg_len, 0);
	ck_assert(ftp_argument_is(&c, "") && !ftp_argument_is(&c, "ALL"));
	ck_assert_int_eq(ftp_command_parse(&c, "epsv \t all\t ", 12), 0);
	ck_assert(ftp_argument_is(&c, "ALL") && !ftp_argument_is(&c, "AL") && !ftp_argument_is(&c, ""));
	ck_assert_int_eq(ftp_command_parse(&c, "PORTx", 4), 0); /* the length counts */
	ck_assert_int_eq(c.verb, FTP_PORT);
}
END_TEST

/* What one server skips is another one's command. */
START_TEST(no_commands)
{
	static const char *const lines[] = { "", " PORT 1,2,3,4,5,6", "\tPASV", "\377\377PORT 1",
		"PO\377\377RT 1", "PORT(1)", "PORT\0131", ",", "PASV;", "\303\244" };

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct ftp_command c;

		ck_assert_msg(ftp_command_parse(&c, lines[i], strlen(lines[i])) == -1, "%s",
		    lines[i]);
	}
}
END_TEST

START_TEST(http)
{
	static const char *const yes[] = { "GET / HTTP/1.1", "get /", "POST /x HTTP/1.0", "HEAD / H",
		"PUT /a HTTP/1.1", "DELETE /", "CONNECT a:1 HTTP/1.1", "OPTIONS * HTTP/1.1", "TRACE /",
		"PATCH /", "PRI * HTTP/2.0", "PROPFIND / HTTP/1.1", "M-SEARCH * http/1.1" };
	static const char *const no[] = { "USER get", "GETX /", "", " HTTP/", "CWD HTTP/x",
		"OPTS UTF8 ON", "PORT 1" };

	for (size_t i = 0; i < COUNT(yes); i++)
		ck_assert_msg(ftp_is_http(yes[i], strlen(yes[i])), "%s", yes[i]);
	for (size_t i = 0; i < COUNT(no); i++)
		ck_assert_msg(!ftp_is_http(no[i], strlen(no[i])), "%s", no[i]);
}
END_TEST

/* ---- PORT, EPRT, LPRT ---- */

static void
active_is(enum ftp_verb verb, const char *arg, const char *want)
{
	struct ftp_address a;
	int r = ftp_parse_active(verb, arg, strlen(arg), &a);

	ck_assert_msg(r == 0, "%s: %d", arg, r);
	ck_assert_msg(strcmp(show(&a), want) == 0, "%s: %s", arg, show(&a));
}

static void
active_gives(int code, enum ftp_verb verb, const char *arg)
{
	struct ftp_address a;
	int r = ftp_parse_active(verb, arg, strlen(arg), &a);

	ck_assert_msg(r == code, "%s: %d", arg, r);
}

START_TEST(port_arguments)
{
	static const char *const bad[] = { "", "1,2,3,4,5", "1,2,3,4,5,6,7", "256,2,3,4,5,6",
		"1,2,3,4,5,256", "1,2,3,4,0,0", "-1,2,3,4,5,6", "+1,2,3,4,5,6", "1,2,3,4,5,6x",
		"1,2,3,4,5,6 x", "1, 2,3,4,5,6", "1,,3,4,5,6", ",1,2,3,4,5,6", "1,2,3,4,5,6,",
		"1.2.3.4.5.6", "(1,2,3,4,5,6)", "1,2,3,4,5,6)", "0x1,2,3,4,5,6", "a,b,c,d,e,f",
		"4294967297,2,3,4,5,6", "1,2,3,4,18446744073709551617,6", "1,2,3,4,5,6\r" };

	active_is(FTP_PORT, "1,2,3,4,5,6", "4 1.2.3.4 1286");
	active_is(FTP_PORT, "255,255,255,255,255,255", "4 255.255.255.255 65535");
	active_is(FTP_PORT, "010,002,003,004,05,06", "4 10.2.3.4 1286"); /* decimal all the same */
	active_is(FTP_PORT, "1,2,3,4,0,1", "4 1.2.3.4 1");
	active_is(FTP_PORT, "1,2,3,4,5,6 \t", "4 1.2.3.4 1286");
	for (size_t i = 0; i < COUNT(bad); i++)
		active_gives(501, FTP_PORT, bad[i]);
}
END_TEST

START_TEST(eprt_arguments)
{
	static const char *const bad[] = { "", "|", "||||", "|1|1.2.3.4|5", "1|1.2.3.4|5000|",
		"|1|1.2.3.4|5000|x", "|1|1.2.3.4|5000||", "|1|1.2.3.4|0|", "|1|1.2.3.4|65536|",
		"|1|1.2.3.4|-5|", "|1|1.2.3.4|+5|", "|1|1.2.3.4|5000!", "|1|1.2.3|5000|",
		"|1|::1|5000|", "|2|1.2.3.4|5000|", "|1|localhost|5000|", "|1||5000|", "|1|1.2.3.4||",
		"|2|fe80::1%lo|5000|", "|2|::1::|5000|", "|1|01.2.3.4.5|5000|", "||1.2.3.4|5000|",
		"|x|1.2.3.4|5000|", "111.2.3.415000|", " |1|1.2.3.4|5000|", "|1|1.2.3.4 |5000|",
		"|1|1.2.3.4|5000 |", "|2|0000:0000:0000:0000:0000:0000:0000:0000:0000:0001|5000|" };

	active_is(FTP_EPRT, "|1|132.235.1.2|6275|", "4 132.235.1.2 6275");
	active_is(FTP_EPRT, "|2|1080::8:800:200C:417A|5282|",
	    "6 108000000000000000080800200c417a 5282");
	active_is(FTP_EPRT, "!1!1.2.3.4!5000!", "4 1.2.3.4 5000");
	active_is(FTP_EPRT, "~2~::1~65535~ ", "6 00000000000000000000000000000001 65535");
	active_is(FTP_EPRT, "|2|::ffff:1.2.3.4|5000|", "4 1.2.3.4 5000"); /* one host, one name */
	for (size_t i = 0; i < COUNT(bad); i++)
		active_gives(501, FTP_EPRT, bad[i]);
	active_gives(522, FTP_EPRT, "|3|1.2.3.4|5000|");
	active_gives(522, FTP_EPRT, "|12|1.2.3.4|5000|");
	active_gives(522, FTP_EPRT, "|0|1.2.3.4|5000|");
	active_gives(522, FTP_EPRT, "|123456|1.2.3.4|5000|");
}
END_TEST

#define V6 "32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,1"

START_TEST(lprt_arguments)
{
	static const char *const bad[] = { "", "4", "4,4,1,2,3,4,2,5", "4,4,1,2,3,4,2,5,6,7",
		"4,4,1,2,3,4,1,5,6", "4,4,1,2,3,4,3,5,6", "4,4,1,2,3,256,2,5,6", "4,4,1,2,3,4,2,0,0",
		"4,4,1,2,3,4,2,5,6x", "4,4," V6 ",2,5,6", "6,16,1,2,3,4,2,5,6", "6,16," V6 ",2,5",
		"6,16," V6 ",2,5,6,7", "6,16," V6 "," V6 ",2,5,6" };

	active_is(FTP_LPRT, "4,4,1,2,3,4,2,5,6", "4 1.2.3.4 1286");
	active_is(FTP_LPRT, "6,16," V6 ",2,5,6", "6 20010db8000000000000000000000001 1286");
	for (size_t i = 0; i < COUNT(bad); i++)
		active_gives(501, FTP_LPRT, bad[i]);
	active_gives(521, FTP_LPRT, "5,4,1,2,3,4,2,5,6");
	active_gives(521, FTP_LPRT, "6,4,1,2,3,4,2,5,6");
	active_gives(521, FTP_LPRT, "4,16,1,2,3,4,2,5,6");
}
END_TEST

/* ---- passive replies ---- */

static void
passive_is(int code, const char *text, const char *want)
{
	struct ftp_address a;

	ck_assert_msg(ftp_parse_passive(code, text, strlen(text), &a) == 0, "%d %s", code, text);
	ck_assert_msg(strcmp(show(&a), want) == 0, "%d %s: %s", code, text, show(&a));
}

static void
passive_bad(int code, const char *text)
{
	struct ftp_address a;

	ck_assert_msg(ftp_parse_passive(code, text, strlen(text), &a) == -1, "%d %s: %s", code,
	    text, show(&a));
}

START_TEST(reply_227)
{
	static const char *const good[] = {
		"Entering Passive Mode (10,2,3,4,5,6)", "Entering Passive Mode (10,2,3,4,5,6).",
		"Entering Passive Mode 10,2,3,4,5,6", "=10,2,3,4,5,6", "10,2,3,4,5,6",
		"Entering Passive Mode (10, 2, 3, 4, 5, 6)", "(010,002,003,004,005,006)",
		"Entering Passive Mode (10,2,3,4,5,6)\r\n", "Passive\r\n227 (10,2,3,4,5,6)\r\n",
		"Passive (10,2,3,4,5,6)\r\n227 (10,2,3,4,5,6)\r\n", "2 ways: (10,2,3,4,5,6) is 1",
		"Entering Passive Mode (10,2,3,4,5,6)!", "Passive <10,2,3,4,5,6>; no (1,2)",
		"text\r\n227-10,2,3,4,5,6\r\n227 end\r\n", "x\r\n227-y\r\n227 10,2,3,4,5,6",
	};

	for (size_t i = 0; i < COUNT(good); i++)
		passive_is(227, good[i], "4 10.2.3.4 1286");
	passive_is(227, "(0,0,0,0,5,6)", "4 0.0.0.0 1286");
	passive_is(227, "(192,168,0,1,255,255)", "4 192.168.0.1 65535");
	passive_is(227, "(1,2,3,4,4,0)", "4 1.2.3.4 1024");
	/* only the port counts; and where the host does, nobody can dial that */
	passive_is(227, "(999,0,0,1,5,6)", "4 255.255.255.255 1286");
	passive_is(227, "(4294967297,2,3,4,5,6)", "4 255.255.255.255 1286");
}
END_TEST

START_TEST(reply_227_refused)
{
	static const char *const bad[] = {
		"", "Entering Passive Mode", "(1,2,3,4,5)", "(1,2,3,4,5,6,7)",
		"(1,2,3,4,256,6)", "(1,2,3,4,5,256)", "(1,2,3,4,0,0)", "(1,2,3,4,0,80)",
		"(1,2,3,4,3,255)", "(-1,2,3,4,5,6)", "(+1,2,3,4,5,6)", "(1,2,3,4,5,-6)",
		"(1,2,3,4,-5,6)", "1,2,3,4,5,6,", ",1,2,3,4,5,6", "9 , 1,2,3,4,5,6",
		"9 ,1,2,3,4,5,6", "1,2,3,4,5,6 ,7", "1,2,3,4,5,6.7", "9.1,2,3,4,5,6", "1,2,3,4,5,6-7",
		"(1,2,3,4,5,6) (1,2,3,4,5,7)", "(1,2,3,4,5,6)\r\n227 (2,2,3,4,5,6)\r\n",
		"(1,2,3,4,5,6) (1,2,3,4,5)\r\n(1,2,3,4,5,6,7)", "1,2,3,\r\n4,5,6", "1 2 3 4 5 6",
		"1.2.3.4.5.6", "(1,2,3,4,65536,6)", "(1 ,2,3,4,5,6)",
		"(|||5000|)",
	};

	static const char *const six[] = { "(::1,5,6)", "(1,5,6)", "Entering (fe80::1,5,6)." };
	struct ftp_address a;

	for (size_t i = 0; i < COUNT(bad); i++)
		passive_bad(227, bad[i]);
	for (size_t i = 0; i < COUNT(six); i++)
		ck_assert_int_eq(ftp_parse_passive(227, six[i], strlen(six[i]), &a), FTP_PASSIVE_IPV6);
}
END_TEST

START_TEST(reply_229)
{
	static const char *const good[] = {
		"Entering Extended Passive Mode (|||6446|)", "Entering Extended Passive Mode (|||6446|).",
		"(!!!6446!)", "ok(###6446#)ok", "Extended (not that) (|||6446|)", "(|1|1.2.3.4|6446|)",
		"(|2|::1|6446|)", "(|||06446|)", "x\r\n229 (|||6446|)\r\n", "(|||6446|) (|||6446|)",
		"((((6446()", "(~~~6446~)",
	};
	static const char *const bad[] = {
		"", "(||6446|)", "(|!|6446|)", "(|||6446!)", "(|||65536|)", "(|||80|)", "(|||1023|)",
		"(|||0|)", "(|||-6446|)", "(|||+6446|)", "(|||64 46|)", "(|||6446|", "|||6446|",
		"(|||6446|x)", "(|||6446||)", "(11164461)", "(   6446 )", "(|||)", "(||||)",
		"(|||6446|) (|||6447|)", "(|||6446|)\r\n(|||80|)", "(1,2,3,4,5,6)", "(\200\200\2006446\200)",
		"(|||000000006446|)", "(|||4294973742|)",
	};

	for (size_t i = 0; i < COUNT(good); i++)
		passive_is(229, good[i], "0 6446");
	for (size_t i = 0; i < COUNT(bad); i++)
		passive_bad(229, bad[i]);
	passive_is(229, "(|||1024|)", "0 1024");
	passive_is(229, "(|||65535|)", "0 65535");
}
END_TEST

START_TEST(reply_228)
{
	passive_is(228, "Long (4,4,1,2,3,4,2,5,6)", "4 1.2.3.4 1286");
	passive_is(228, "(6,16," V6 ",2,5,6).", "6 20010db8000000000000000000000001 1286");
	passive_bad(228, "(4,4,1,2,3,4,2,0,80)");
	passive_bad(228, "(4,4,1,2,3,4,1,5)");
	passive_bad(228, "(6,4,1,2,3,4,2,5,6)");
	passive_bad(228, "(6,16," V6 "," V6 ",2,5,6)");
	passive_bad(228, "(1,2,3,4,5,6)");
	passive_bad(228, "(4,4,1,2,3,4,2,5,6) (4,4,1,2,3,4,2,5,7)");
	passive_bad(228, "");
}
END_TEST

/* ---- what we say ---- */

static const struct ftp_address v4 = { 4, { 127, 0, 0, 1 }, 1286 };
static const struct ftp_address v6 = { 6, { 0x20, 1, 0xd, 0xb8, [15] = 1 }, 65535 };

/* Written with exactly enough room, and not at all with one byte less. */
static void
formats(size_t (*format)(char *, size_t, enum ftp_verb, const struct ftp_address *),
    enum ftp_verb verb, const struct ftp_address *a, const char *want)
{
	char text[256];

	ck_assert_uint_eq(format(text, strlen(want) + 1, verb, a), strlen(want));
	ck_assert_str_eq(text, want);
	ck_assert_uint_eq(format(text, strlen(want), verb, a), 0);
}

START_TEST(canonical)
{
	char text[256];

	formats(ftp_format_active, FTP_PORT, &v4, "PORT 127,0,0,1,5,6");
	formats(ftp_format_active, FTP_EPRT, &v4, "EPRT |1|127.0.0.1|1286|");
	formats(ftp_format_active, FTP_EPRT, &v6, "EPRT |2|2001:db8::1|65535|");
	formats(ftp_format_active, FTP_LPRT, &v4, "LPRT 4,4,127,0,0,1,2,5,6");
	formats(ftp_format_active, FTP_LPRT, &v6, "LPRT 6,16," V6 ",2,255,255");
	formats(ftp_format_passive, FTP_PASV, &v4, "227 Entering Passive Mode (127,0,0,1,5,6)");
	formats(ftp_format_passive, FTP_EPSV, &v4, "229 Entering Extended Passive Mode (|||1286|)");
	formats(ftp_format_passive, FTP_EPSV, &v6, "229 Entering Extended Passive Mode (|||65535|)");
	formats(ftp_format_passive, FTP_LPSV, &v4,
	    "228 Entering Long Passive Mode (4,4,127,0,0,1,2,5,6)");
	formats(ftp_format_passive, FTP_LPSV, &v6,
	    "228 Entering Long Passive Mode (6,16," V6 ",2,255,255)");
	ck_assert_uint_eq(ftp_format_active(text, sizeof(text), FTP_PORT, &v6), 0);
	ck_assert_uint_eq(ftp_format_passive(text, sizeof(text), FTP_PASV, &v6), 0);
}
END_TEST

START_TEST(what_we_say_we_understand)
{
	const struct ftp_address *as[] = { &v4, &v6 };

	for (int i = 0; i < 2; i++)
		for (enum ftp_verb verb = FTP_PASV; verb <= FTP_LPRT; verb++) {
			char text[256];
			struct ftp_address a;
			bool active = verb >= FTP_PORT;
			size_t len = active ? ftp_format_active(text, sizeof(text), verb, as[i]) :
					      ftp_format_passive(text, sizeof(text), verb, as[i]);

			if (len == 0)
				continue;
			if (active)
				ck_assert_int_eq(ftp_parse_active(verb, text + 5, len - 5, &a), 0);
			else
				ck_assert_int_eq(ftp_parse_passive(atoi(text), text + 4, len - 4, &a), 0);
			ck_assert_uint_eq(a.port, as[i]->port);
			ck_assert(verb == FTP_EPSV || ftp_address_same_host(&a, as[i]));
		}
}
END_TEST

/* ---- replies ---- */

/* A letter for each line of text (they are separated by '/'). */
static const char *
replies(const char *text)
{
	static char got[64];
	int open = 0, code, n = 0;

	for (;;) {
		size_t len = strcspn(text, "/");

		got[n++] = "FfiJ"[ftp_reply_parse(text, len, &open, &code)];
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	got[n] = '\0';
	return got;
}

START_TEST(reply_lines)
{
	ck_assert_str_eq(replies("220 hello"), "F");
	ck_assert_str_eq(replies("220"), "F");
	ck_assert_str_eq(replies("220 "), "F");
	ck_assert_str_eq(replies("150 open/226 done"), "FF");
	ck_assert_str_eq(replies("220-a/b/220 c/230 d"), "fiFF");
	ck_assert_str_eq(replies("220-a/220-b/220-c/220 d"), "fiiF");
	ck_assert_str_eq(replies("211-a/ MDTM/211"), "fiF");
	ck_assert_str_eq(replies("220-a/ 220 b/2200/221 c/220x/220 d"), "fiiiiF");
	ck_assert_str_eq(replies("227-a/226 b/229 c/227 d"), "fiiF");
	ck_assert_str_eq(replies("226-/226 "), "fF");
	ck_assert_str_eq(replies("631 protected"), "F"); /* RFC 2228 */
	ck_assert_str_eq(replies("/22/22a b/2200 b/220_b/hello/ 220 b/099 a/730 a/227\ta/227(a"),
	    "JJJJJJJJJJF");
}
END_TEST

START_TEST(reply_codes)
{
	int open = 0, code = 0;

	ftp_reply_parse("227 x", 5, &open, &code);
	ck_assert(code == 227 && open == 0);
	ftp_reply_parse("229-x", 5, &open, &code);
	ck_assert(code == 229 && open == 229);
	ftp_reply_parse("227 x", 5, &open, &code);
	ck_assert(code == 229 && open == 229);
	ftp_reply_parse("229xx", 3, &open, &code);
	ck_assert(code == 229 && open == 0);
}
END_TEST

START_TEST(hidden_features)
{
	static const char *const hidden[] = { " AUTH TLS", " AUTH SSL;TLS", " PBSZ", " PROT", " prot",
		"AUTH TLS", "\tAUTH", "211-AUTH TLS", "211- PBSZ", " CCC", " SSCN", " CPSV" };
	static const char *const shown[] = { " EPSV", " MDTM", " REST STREAM", " AUTHX", " MLST type*;",
		"211 End", "", " ", " UTF8 AUTH", "211-Features:" };

	for (size_t i = 0; i < COUNT(hidden); i++)
		ck_assert_msg(ftp_feature_hidden(hidden[i], strlen(hidden[i])), "%s", hidden[i]);
	for (size_t i = 0; i < COUNT(shown); i++)
		ck_assert_msg(!ftp_feature_hidden(shown[i], strlen(shown[i])), "%s", shown[i]);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, verbs);
	tcase_add_test(t, arguments);
	tcase_add_test(t, no_commands);
	tcase_add_test(t, http);
	tcase_add_test(t, port_arguments);
	tcase_add_test(t, eprt_arguments);
	tcase_add_test(t, lprt_arguments);
	tcase_add_test(t, reply_227);
	tcase_add_test(t, reply_227_refused);
	tcase_add_test(t, reply_229);
	tcase_add_test(t, reply_228);
	tcase_add_test(t, canonical);
	tcase_add_test(t, what_we_say_we_understand);
	tcase_add_test(t, reply_lines);
	tcase_add_test(t, reply_codes);
	tcase_add_test(t, hidden_features);
}

int
main(void)
{
	return unit_run("ftp", add);
}
