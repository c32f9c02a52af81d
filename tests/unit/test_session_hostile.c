/* What hostile servers, clients and web pages try, and what becomes of it. */
#include "script.h"

#include <stdio.h>

#define ILLEGAL "< 500 Illegal PORT command.\n"
#define NO_TLS "< 502 Not available here: ssh protects this connection.\n"
#define UNEXPECTED "< 500 Unexpected reply from the FTP server.\n"
#define NO_PORT "< 425 Cannot open a data connection: the FTP server's passive reply names no " \
		"usable port.\n"
#define PUSH(side, text) dialogue_push(d, side, text, sizeof(text) - 1)
#define FAILS(why) "< 421 Closing the connection: " why ".\n! hangup server\n! hangup client\n"

/* Only the client's own address will do, and no system port. */
static const char *const bounces[] = {
	"> PORT 10,0,0,9,19,136\n" ILLEGAL,
	"> PORT 127,0,0,1,19,136\n" ILLEGAL,
	"> PORT 0,0,0,0,19,136\n" ILLEGAL,
	"> PORT 10,0,0,1,0,25\n" ILLEGAL,
	"> PORT 10,0,0,1,3,255\n" ILLEGAL,
	"> EPRT |1|10.0.0.9|5000|\n" ILLEGAL,
	"> EPRT |1|10.0.0.1|25|\n" ILLEGAL,
	"> EPRT |2|::1|5000|\n" ILLEGAL,
	"> EPRT |2|::ffff:10.0.0.9|5000|\n" ILLEGAL,
	"> LPRT 4,4,10,0,0,9,2,19,136\n" ILLEGAL,
	"> LPRT 6,16,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,2,19,136\n" ILLEGAL,
	"> PORT 10,0,0,1,19,136,1\n< 501 Syntax error in parameters.\n",
	"> PORT 10,0,0,1,19\n< 501 Syntax error in parameters.\n",
	"> PORT\n< 501 Syntax error in parameters.\n",
	"> EPRT |3|10.0.0.1|5000|\n< 522 Network protocol not supported, use (1,2)\n",
	"> LPRT 5,4,10,0,0,1,2,19,136\n< 521 Supported address families are (4, 6)\n",
	"> EPRT |1|10.0.0.1|1024|\n! open 1 server listen 4\n", /* the lowest that is allowed */
	"> EPRT |2|::ffff:10.0.0.1|5000|\n! open 1 server listen 4\n",
};

START_TEST(bounce_CVE_1999_0017_CVE_2001_0405)
{
	begin(MODE_AUTO);
	play(GREETING);
	play(bounces[_i]);
}
END_TEST

/* The client's PORT hidden from gateways by Telnet, or behind a line's end. */
START_TEST(telnet_hidden_port)
{
	begin(MODE_AUTO);
	play(GREETING "> PO\377\361RT 10,0,0,9,19,136\n" ILLEGAL
	    ">  PORT 10,0,0,9,19,136\n< 500 Syntax error, command unrecognized.\n"
	    "> port\t10,0,0,9,19,136\n" ILLEGAL
	    "> \377\377PORT 10,0,0,9,19,136\n" ILLEGAL
	    "> PO\377\377RT 10,0,0,9,19,136\n< 500 Syntax error, command unrecognized.\n"
	    "> PO\377RT 10,0,0,9,19,136\n< 500 Syntax error, command unrecognized.\n");
	dialogue_push(d, CLIENT, "RETR a\rPORT 10,0,0,9,19,136\r\n", 29);
	dialogue_push(d, CLIENT, "RETR a\r\0\nPORT 10,0,0,9,19,136\r\n", 31);
	dialogue_push(d, CLIENT, "NOOP\377\nPORT 10,0,0,9,19,136\r\n", 29);
	play("< 500 Illegal character in command.\n< 500 Illegal character in command.\n" ILLEGAL
	     "< 500 Illegal character in command.\n" ILLEGAL);
}
END_TEST

/* Somebody comes to the listener, and the server refuses its PORT. */
START_TEST(data_connection_theft_CVE_1999_0351)
{
	begin_unknown(MODE_AUTO);
	play(GREETING "> PASV\n>> PASV\n<< 500 no\n>> EPSV\n<< 500 no\n! open 1 server listen 4\n"
	    "? listening 1 server 50000\n>> PORT 10,0,0,3,195,80\n? connected 1 server\n"
	    "<< 500 no\n! close 1\n< 500 no\n");
	/* ... and comes a little later, while the next attempt is in hand */
	begin(MODE_AUTO);
	play(GREETING "> PORT 10,0,0,1,19,136\n! open 1 server listen 4\n? listening 1 server 50000\n"
	    ">> PORT 10,0,0,3,195,80\n<< 500 no\n>> EPRT |1|10.0.0.3|50000|\n<< 500 no\n"
	    ">> PASV\n? connected 1 server\n<< 227 (10,0,0,9,5,6)\n"
	    "! close 1\n< 425 Cannot open a data connection: somebody else came to it.\n");
}
END_TEST

/* The reply's address is the broker's to judge (policy.h); the client never gets to see it. */
START_TEST(pasv_redirect_CVE_2020_8284_CVE_2021_4189)
{
	begin(MODE_AUTO);
	play(GREETING "> PASV\n>> PASV\n<< 227 (192,168,0,1,5,6)\n"
	    "! open 1 client listen 4 server dial 192.168.0.1:1286\n"
	    "? listening 1 client 40000\n" PASV_OURS);
}
END_TEST

static const char *const passive_lies[] = {
	"227 x (10,0,0,9,0,22)", "227 x (10,0,0,9,0,0)", "227 x (10,0,0,9,5,999)", "227 none",
	"227 a (10,0,0,9,5,6) b (10,0,0,9,5,7)", "229 (|||22|)", "229 (||1286|)", "229 (|||99999|)",
	"229 (|||1286|) (|||1287|)",
	/* clients exist that read a port out of any 2xx */
	"200 (10,0,0,9,5,6)", "226 (10,0,0,9,5,6)", "250 x (|||1286|)",
};

START_TEST(no_port_no_channel)
{
	char line[512];

	begin(MODE_SAME);
	play(GREETING "> PASV\n>> PASV\n");
	snprintf(line, sizeof(line), "<< %s\n" NO_PORT, passive_lies[_i]);
	play(line);
}
END_TEST

/* A 227 that stands where no PASV was asked must reach nobody. */
static const char *const smuggled[] = {
	/* unasked, before and behind the greeting */
	"<< 227 x (6,6,6,6,6,6)\n" UNEXPECTED,
	GREETING "<< 227 x (6,6,6,6,6,6)\n<< 229 x (|||6666|)\n<< 228 (4,4,6,6,6,6,2,6,6)\n",
	GREETING "<< 227-x\n<< 227-(6,6,6,6,6,6)\n<< 227 x (6,6,6,6,6,6)\n",
	/* as the answer to something else */
	GREETING "> NOOP\n>> NOOP\n<< 227 x (6,6,6,6,6,6)\n" UNEXPECTED,
	GREETING "> EPSV ALL\n>> EPSV ALL\n<< 229 x (|||6666|)\n" UNEXPECTED "> PASV\n>> PASV\n",
	GREETING "> RETR f\n>> RETR f\n<< 227 x (6,6,6,6,6,6)\n" UNEXPECTED,
	PASSIVE RETR_SAID "<< 227 x (6,6,6,6,6,6)\n" UNEXPECTED,
	/* in the middle of a transfer it is nobody's */
	DOWNLOAD "<< 227 x (6,6,6,6,6,6)\n> NOOP\n>> NOOP\n<< 227 x (6,6,6,6,6,6)\n<< 200 ok\n< 200 ok\n",
	GREETING "> PORT 10,0,0,1,19,136\n! open 1 server listen 4\n<< 227 x (6,6,6,6,6,6)\n",
	/* within a reply: clients differ in where they see its end */
	"<< 220-a\n< 220-a\n<< 227 x (6,6,6,6,6,6)\n<  227 x (6,6,6,6,6,6)\n<< 220 b\n< 220 b\n",
	GREETING "> STAT\n>> STAT\n<< 211-a\n< 211-a\n<< 211-b\n< 211-b\n<< 227-c\n<  227-c\n"
	"<< 229 x (|||6666|)\n<  229 x (|||6666|)\n<< 2112\n< 2112\n<< 213\n< 213\n<< 21\n< 21\n"
	"<< 211 d\n< 211 d\n",
	DOWNLOAD "<< 226-a\n<< 227 x (6,6,6,6,6,6)\n<< 226 b\n! timer 1 5000\n? eof 1 server\n"
	"! eof 1 client\n! timer 1 0\n"
	"< 226-a\n<  227 x (6,6,6,6,6,6)\n< 226 b\n",
	/* almost a reply */
	GREETING "> PASV\n>> PASV\n<< 227\t(6,6,6,6,6,6)\n<  227\t(6,6,6,6,6,6)\n"
	"<< 227{6,6,6,6,6,6)\n<  227{6,6,6,6,6,6)\n<< 227(1,2,3,4,5,6)\n! open 1 client listen 4 server dial 1.2.3.4:1286\n",
	/* behind a CR that some clients take for the end of a line */
	"<< 220 a\r227 (6,6,6,6,6,6)\n< 220 a 227 (6,6,6,6,6,6)\n",
	"<< 220 a\r\377\361227 (6,6,6,6,6,6)\n< 220 a \377\361227 (6,6,6,6,6,6)\n",
	/* hidden by Telnet, which the BSD clients and lftp take out of replies */
	GREETING "> PASV\n>> PASV\n<< 2\377\36127 (6,6,6,6,6,6)\n<  2\377\36127 (6,6,6,6,6,6)\n"
	"<< \377\361227 (6,6,6,6,6,6)\n<  \377\361227 (6,6,6,6,6,6)\n"
	"<< 227\377\361 (6,6,6,6,6,6)\n<  227\377\361 (6,6,6,6,6,6)\n"
	"<< 227 (1,2,3,4,5,6)\n! open 1 client listen 4 server dial 1.2.3.4:1286\n",
	GREETING "> STAT\n>> STAT\n<< 211-a\n< 211-a\n<< 22\377\373\0017 (6,6,6,6,6,6)\n"
	"<  22\377\373\0017 (6,6,6,6,6,6)\n<< 211\377\361 b\n< 211\377\361 b\n<< 211 c\n< 211 c\n",
	DOWNLOAD "<< 226-a\n<< \377\361227 (6,6,6,6,6,6)\n<< 226 b\n! timer 1 5000\n? eof 1 server\n"
	"! eof 1 client\n! timer 1 0\n"
	"< 226-a\n<  \377\361227 (6,6,6,6,6,6)\n< 226 b\n",
};

START_TEST(response_smuggling_VU_328867)
{
	begin(MODE_AUTO);
	play(smuggled[_i]);
}
END_TEST

/* It can answer nothing but a setup: what stands before that was left out; and one is enough. */
START_TEST(early_227)
{
	begin(MODE_AUTO);
	play(GREETING "> NOOP\n>> NOOP\n> PASV\n>> PASV\n<< 227 (1,2,3,4,5,6)\n"
	    "! open 1 client listen 4 server dial 1.2.3.4:1286\n<< 227 x (6,6,6,6,6,6)\n"
	    "? listening 1 client 40000\n" PASV_OURS);
}
END_TEST

/* ... and one that began before the question is no answer to it. */
START_TEST(reply_that_began_before_the_command)
{
	begin(MODE_AUTO);
	play(GREETING "<< 230-a\n< 230-a\n> PASV\n>> PASV\n<< 230 b\n< 230 b\n"
	    "<< 227 (1,2,3,4,5,6)\n! open 1 client listen 4 server dial 1.2.3.4:1286\n");
	begin(MODE_AUTO);
	play(GREETING "<< 227-a\n> NOOP\n>> NOOP\n<< 227 b (6,6,6,6,6,6)\n<< 200 c\n< 200 c\n");
}
END_TEST

START_TEST(reply_flood)
{
	begin(MODE_AUTO);
	play(GREETING);
	for (int i = 0; i < 1000; i++)
		play("<< 200 unasked\n< 200 unasked\n");
	play("<< 200 unasked\n" FAILS("the FTP server floods replies that nobody asked for"));
}
END_TEST

START_TEST(flood_of_227)
{
	begin(MODE_AUTO);
	play(GREETING);
	for (int i = 0; i < 1000; i++)
		play("<< 227 (6,6,6,6,6,6)\n");
	play("<< 227 (6,6,6,6,6,6)\n" FAILS("the FTP server floods replies that nobody asked for"));
}
END_TEST

/* A web page makes a browser speak to us. */
static const char *const http[] = { "GET / HTTP/1.1", "POST /a HTTP/1.1", "CONNECT a:21 HTTP/1.1",
	"OPTIONS * HTTP/1.1", "PUT /PORT HTTP/1.1", "head / HTTP/1.0" };

START_TEST(http_verb_CVE_2020_16043)
{
	char script[512];

	begin(MODE_AUTO);
	snprintf(script, sizeof(script), GREETING "> \n> %s\n" FAILS("this is FTP, not HTTP")
	    "> Host: a\n> PORT 10,0,0,1,19,136\n", http[_i]);
	play(script);
	ck_assert(session_over(d->s));
}
END_TEST

/* The first line decides, whether the server has spoken or not. */
START_TEST(http_before_the_greeting)
{
	begin(MODE_AUTO);
	play("> POST / HTTP/1.1\n" FAILS("this is FTP, not HTTP") "> PORT 10,0,0,1,19,136\n");
}
END_TEST

/* ... in a first line that is too long to be read, or in TLS, or in TURN. */
START_TEST(no_command_first_CVE_2020_16043)
{
	static const char body[] = "\r\nPORT 10,0,0,1,19,136\r\nNOOP\r\n";
	static char line[20000];

	begin(MODE_AUTO);
	play(GREETING);
	memcpy(line, "POST /", 6);
	memset(line + 6, 'x', sizeof(line) - 6);
	memcpy(line + sizeof(line) - sizeof(body), body, sizeof(body));
	for (size_t at = 0; at < sizeof(line) && !d->hung_up[CLIENT];)
		at += dialogue_push(d, CLIENT, line + at, sizeof(line) - at);
	play(FAILS("this is FTP, not HTTP"));
	begin(MODE_AUTO);
	play(GREETING);
	PUSH(CLIENT, "\26\3\1\2\0\1\0\1\374\3\3\r\nPORT 10,0,0,1,19,136\r\n");
	play(FAILS("this is not FTP"));
	begin(MODE_AUTO);
	play(GREETING "> \26\3\1\n" FAILS("this is not FTP") "> PORT 10,0,0,1,19,136\n");
	begin(MODE_AUTO);
	play(GREETING);
	memset(line, 'y', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	dialogue_push(d, CLIENT, line, sizeof(line));
	play(FAILS("this is not FTP"));
}
END_TEST

START_TEST(http_verb_later_is_just_unknown)
{
	begin(MODE_AUTO);
	play(GREETING "> NOOP\n>> NOOP\n> GET x\n>> GET x\n<< 200 ok\n< 200 ok\n<< 500 no\n< 500 no\n");
}
END_TEST

/* Within TLS neither data ports nor data would be ours to carry. */
START_TEST(tls_is_refused)
{
	begin(MODE_AUTO);
	play(GREETING "> AUTH TLS\n" NO_TLS "> auth ssl\n" NO_TLS "> AUTH GSSAPI\n" NO_TLS
	    "> PBSZ 0\n" NO_TLS "> PROT P\n" NO_TLS "> CCC\n" NO_TLS "> ADAT x\n" NO_TLS
	    "> CPSV\n" NO_TLS "> SSCN ON\n" NO_TLS "> MIC x\n" NO_TLS "> ENC x\n" NO_TLS);
}
END_TEST

static void
begin_tls(void)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	config.tls_pass = true;
	begin_with(&config);
	play(GREETING);
}

START_TEST(tls_passes_when_told_so)
{
	size_t len;

	begin_tls();
	play("> CPSV\n" NO_TLS "> SSCN ON\n" NO_TLS "> AUTH X\n>> AUTH X\n<< 504 no\n< 504 no\n"
	     "> PBSZ 0\n>> PBSZ 0\n<< 503 no\n< 503 no\n"
	     "> AUTH TLS\n>> AUTH TLS\n<< 234 go\n< 234 go\n");
	session_push(d->s, CLIENT, "\26\3\1\0\n\377\361", 7);
	ck_assert_int_eq(memcmp(session_output(d->s, SERVER, &len), "\26\3\1\0\n\377\361", 7), 0);
	ck_assert_uint_eq(len, 7);
	session_push(d->s, SERVER, "\26\3\0", 3);
	ck_assert_int_eq(memcmp(session_output(d->s, CLIENT, &len), "\26\3\0", 3), 0);
	ck_assert_uint_eq(len, 3);
}
END_TEST

/* Plaintext injected around the start of TLS. */
START_TEST(starttls_injection_CVE_2021_22947)
{
	begin_tls();
	PUSH(CLIENT, "AUTH TLS\r\nUSER evil\r\n");
	play(FAILS("data behind AUTH"));
	begin_tls();
	play("> AUTH TLS\n>> AUTH TLS\n> USER evil\n<< 234 go\n< 234 go\n"
	     FAILS("data around the start of TLS"));
	begin_tls();
	play("> AUTH TLS\n>> AUTH TLS\n");
	PUSH(SERVER, "234 go\r\n230 logged in\r\n");
	ck_assert(strstr(d->heard[CLIENT], "421 ") != NULL);
	ck_assert(strstr(d->heard[CLIENT], "230 ") == NULL);
	ck_assert(d->hung_up[CLIENT] && d->hung_up[SERVER]);
}
END_TEST

/* A line for a line: whatever a client sends, the server gets no more lines than that. */
START_TEST(crlf_injection)
{
	static const char text[] = "RETR a\r\nUSER b%0d%0aPORT 1\nSIZE \377\376\r\n";

	begin(MODE_AUTO);
	play(GREETING);
	PUSH(CLIENT, text);
	play(">> RETR a\n>> USER b%0d%0aPORT 1\n>> SIZE \n");
}
END_TEST

/* Data that a client never takes keeps its channel, but not without bound. */
START_TEST(channels_are_bounded)
{
	char script[1024];

	begin(MODE_AUTO);
	play(GREETING);
	for (int i = 1; i <= 16; i++) {
		snprintf(script, sizeof(script), "> PASV\n>> PASV\n<< 227 (1,2,3,4,5,6)\n"
		    "! open %d client listen 4 server dial 1.2.3.4:1286\n? listening %d client %d\n"
		    "< 227 Entering Passive Mode (10,0,0,2,156,%d)\n> RETR f\n>> RETR f\n"
		    "! begin %d down\n? connected %d client\n? connected %d server\n"
		    "<< 150 go\n< 150 go\n<< 226 done\n! timer %d 5000\n? timer %d\n< 226 done\n",
		    i, i, 40000 + i, 64 + i, i, i, i, i, i);
		play(script);
	}
	play("> PASV\n< 425 Cannot open a data connection: too many of them.\n"
	     "? reset 7 client\n! abort 7 none\n> PASV\n>> PASV\n");
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, NULL, finish);
	tcase_add_loop_test(t, bounce_CVE_1999_0017_CVE_2001_0405, 0,
	    sizeof(bounces) / sizeof(bounces[0]));
	tcase_add_test(t, telnet_hidden_port);
	tcase_add_test(t, data_connection_theft_CVE_1999_0351);
	tcase_add_test(t, pasv_redirect_CVE_2020_8284_CVE_2021_4189);
	tcase_add_loop_test(t, no_port_no_channel, 0,
	    sizeof(passive_lies) / sizeof(passive_lies[0]));
	tcase_add_loop_test(t, response_smuggling_VU_328867, 0,
	    sizeof(smuggled) / sizeof(smuggled[0]));
	tcase_add_test(t, early_227);
	tcase_add_test(t, reply_that_began_before_the_command);
	tcase_add_test(t, reply_flood);
	tcase_add_test(t, flood_of_227);
	tcase_add_loop_test(t, http_verb_CVE_2020_16043, 0, sizeof(http) / sizeof(http[0]));
	tcase_add_test(t, http_before_the_greeting);
	tcase_add_test(t, no_command_first_CVE_2020_16043);
	tcase_add_test(t, http_verb_later_is_just_unknown);
	tcase_add_test(t, tls_is_refused);
	tcase_add_test(t, tls_passes_when_told_so);
	tcase_add_test(t, starttls_injection_CVE_2021_22947);
	tcase_add_test(t, crlf_injection);
	tcase_add_test(t, channels_are_bounded);
}

int
main(void)
{
	return unit_run("session_hostile", add);
}
