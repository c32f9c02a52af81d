/* FTP sessions by script: the control streams, the queue of pending commands, the end. */
#include "script.h"

#include <stdio.h>

#define FINAL_226 "<< 226 done\n"
#define DONE_226 "< 226 done\n"
#define REPLACED "< 425 Cannot open a data connection: replaced or out of time.\n"
#define CLOSED_421 "< 421 The FTP server at ftp.example.org has closed the connection.\n"
#define HANGUPS "! hangup client\n! hangup server\n"

START_TEST(greeting_comes_first)
{
	begin(MODE_AUTO);
	play("> USER joe\n"
	     "<< 120 in a minute\n< 120 in a minute\n"
	     "<< 220-hello\n< 220-hello\n"
	     "<< 220-again\n< 220-again\n"
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

START_TEST(bytes_of_names_pass)
{
	static const char name[] = "RETR a\xff\xff\xc3\xa4\x01\r\n", reply[] = "550 a\0b\xff\xff\r\n";
	const char *out;
	size_t len;

	begin(MODE_AUTO);
	play(GREETING);
	session_push(d->s, CLIENT, name, sizeof(name) - 1);
	out = session_output(d->s, SERVER, &len);
	ck_assert(len == sizeof(name) - 1 && memcmp(out, name, len) == 0);
	session_push(d->s, SERVER, reply, sizeof(reply) - 1);
	out = session_output(d->s, CLIENT, &len);
	ck_assert(len == sizeof(reply) - 1 && memcmp(out, reply, len) == 0);
}
END_TEST

START_TEST(empty_lines_are_swallowed)
{
	begin(MODE_AUTO);
	play(GREETING "> \n> \n> NOOP\n>> NOOP\n<< 200 ok\n< 200 ok\n");
}
END_TEST

/* One command a push, and many: the same session. */
START_TEST(one_byte_at_a_time)
{
	static const char text[] = "USER a\r\nPASV\nNOOP\r\n";

	begin(MODE_AUTO);
	play(GREETING);
	for (const char *p = text; *p; p++)
		dialogue_push(d, CLIENT, p, 1);
	play(">> USER a\n>> PASV\n<< 331 b\n< 331 b\n<< 227 (1,2,3,4,5,6)\n! listen 1 client 4\n"
	     ">> NOOP\n");
}
END_TEST

START_TEST(own_replies_in_their_place)
{
	begin(MODE_AUTO);
	play(GREETING "> NOOP\n>> NOOP\n> PORT 1\n> AUTH TLS\n> ~\n> SYST\n>> SYST\n"
	    "<< 200-a\n< 200-a\n<< 200 b\n< 200 b\n< 501 Syntax error in parameters.\n"
	    "< 502 Not available here: ssh protects this connection.\n"
	    "< 500 Syntax error, command unrecognized.\n<< 215 c\n< 215 c\n");
}
END_TEST

START_TEST(bad_lines_get_their_500)
{
	char line[20000];

	begin(MODE_AUTO);
	play(GREETING "> NOOP\n>> NOOP\n");
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	dialogue_push(d, CLIENT, line, sizeof(line));
	dialogue_push(d, CLIENT, "NO\0OP\r\n", 7);
	dialogue_push(d, CLIENT, "NO\rOP\r\n", 7);
	dialogue_push(d, CLIENT, "NOOP\xff\n", 6);
	play("> SYST\n>> SYST\n<< 200 ok\n< 200 ok\n< 500 Command line too long.\n"
	     "< 500 Illegal character in command.\n< 500 Illegal character in command.\n"
	     "< 500 Illegal character in command.\n<< 215 x\n< 215 x\n");
}
END_TEST

/* lftp asks in such heaps; each command gets its own reply, however few the queue holds. */
START_TEST(ten_thousand_commands)
{
	static char text[10000 * 16], heard[DIALOGUE_TEXT];
	size_t len = 0, at = 0;
	int asked = 0, answered = 0;

	begin(MODE_AUTO);
	play(GREETING);
	for (int i = 0; i < 10000; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    i % 3 == 2 ? "PORT x\r\n" : "SIZE %d\r\n", i);
	while (answered < 10000) {
		char *line, reply[64];

		at += dialogue_push(d, CLIENT, text + at, len - at);
		ck_assert_str_eq(d->broken, "");
		strcpy(heard, d->heard[SERVER]);
		d->heard[SERVER][0] = '\0';
		for (line = strtok(heard, "\n"); line; line = strtok(NULL, "\n")) {
			asked += asked % 3 == 2;
			ck_assert_int_eq(atoi(line + 5), asked++);
			snprintf(reply, sizeof(reply), "213 %s\r\n", line + 5);
			dialogue_push(d, SERVER, reply, strlen(reply));
		}
		ck_assert(d->heard[CLIENT][0] != '\0');
		for (line = strtok(d->heard[CLIENT], "\n"); line; line = strtok(NULL, "\n")) {
			if (answered % 3 == 2)
				ck_assert_str_eq(line, "501 Syntax error in parameters.");
			else
				ck_assert_int_eq(atoi(line + 4), answered);
			answered++;
		}
		d->heard[CLIENT][0] = '\0';
	}
	ck_assert_uint_eq(at, len);
}
END_TEST

/* ---- ABOR ---- */

#define ABORTED DOWNLOAD "> ABOR\n>> ABOR\n"
#define SERVER_ENDS "? eof 1 server\n! eof 1 server\n! timer 1 10000\n"
#define CLIENT_DRAINS "? drained 1 client\n! close 1\n"
/* The server has one reply for both, or two; and one who goes on without waiting for them. */
#define ABORTED_BY(reply) \
	ABORTED SERVER_ENDS "<< " reply "\n! timer 1 5000\n! eof 1 client\n< " reply "\n" CLIENT_DRAINS
#define ABORTED_BY_226 ABORTED_BY("226 aborted")
#define ABORTED_BY_426 ABORTED_BY("426 broken off")
#define PROBED ">> PWD\n"
#define PROBE_ANSWERED "<< 257 \"/\"\n"

static const struct {
	const char *script;
} abors[] = {
	/* the usual: the transfer's 426, then ABOR's 226 */
	{ ABORTED SERVER_ENDS "<< 426 broken off\n! timer 1 5000\n! eof 1 client\n< 426 broken off\n"
	  "<< 226 aborted\n< 226 aborted\n" CLIENT_DRAINS },
	/* a client that reads no data any more is not kept waiting */
	{ ABORTED "<< 426 broken off\n! timer 1 5000\n< 426 broken off\n<< 226 aborted\n"
	  "< 226 aborted\n? eof 1 server\n! eof 1 server\n! eof 1 client\n" CLIENT_DRAINS },
	/* 226 alone for both: a PWD of ours in front of the next command shows it */
	{ ABORTED_BY_226 "> PWD\n" PROBED ">> PWD\n" PROBE_ANSWERED PROBE_ANSWERED "< 257 \"/\"\n" },
	{ ABORTED_BY_226 "> PASV\n" PROBED ">> PASV\n" PROBE_ANSWERED "<< 227 (1,2,3,4,5,6)\n"
	  "! listen 2 client 4\n" },
	/* ... whatever that is answered with */
	{ ABORTED_BY_226 "> CWD x\n" PROBED ">> CWD x\n" PROBE_ANSWERED "<< 550 no\n< 550 no\n"
	  "> PASV\n>> PASV\n<< 227 (1,2,3,4,5,6)\n! listen 2 client 4\n" },
	{ ABORTED_BY_426 "> PASV\n" PROBED ">> PASV\n" PROBE_ANSWERED "<< 502 no\n>> EPSV\n"
	  "<< 229 (|||1286|)\n! listen 2 client 4\n" },
	{ ABORTED_BY_426 "> RETR f\n" PROBED ">> RETR f\n" PROBE_ANSWERED "<< 550 no\n< 550 no\n"
	  "> NOOP\n>> NOOP\n<< 200 ok\n< 200 ok\n" },
	/* ... or when it is ours to answer */
	{ ABORTED_BY_226 "> PORT 1\n" PROBED PROBE_ANSWERED "< 501 Syntax error in parameters.\n" },
	{ ABORTED_BY_226 "> ~\n" PROBED PROBE_ANSWERED "< 500 Syntax error, command unrecognized.\n" },
	/* ... or another ABOR */
	{ ABORTED_BY_226 "> ABOR\n" PROBED ">> ABOR\n" PROBE_ANSWERED "<< 226 b\n< 226 b\n"
	  "> NOOP\n>> NOOP\n<< 200 ok\n< 200 ok\n" },
	/* two replies, and the next command was said at once: neither is taken for it */
	{ ABORTED "> PASV\n" PROBED ">> PASV\n<< 426 a\n! timer 1 5000\n< 426 a\n<< 226 b\n< 226 b\n"
	  PROBE_ANSWERED "<< 227 (1,2,3,4,5,6)\n! listen 2 client 4\n" },
	{ ABORTED "> PASV\n" PROBED ">> PASV\n<< 226 a\n! timer 1 5000\n< 226 a\n<< 226 b\n< 226 b\n"
	  PROBE_ANSWERED "<< 227 (1,2,3,4,5,6)\n! listen 2 client 4\n" },
	/* ... and ABOR's is a refusal, its words in many lines */
	{ ABORTED "> PASV\n" PROBED ">> PASV\n<< 226 a\n! timer 1 5000\n< 226 a\n<< 502-b\n< 502-b\n"
	  "<< 502 c\n< 502 c\n<< 257-d\n<< 257 e\n<< 500 no\n>> EPSV\n" },
	{ ABORTED "> PASV\n" PROBED ">> PASV\n<< 226 a\n! timer 1 5000\n< 226 a\n<< 200 b\n< 200 b\n"
	  PROBE_ANSWERED "<< 227 (1,2,3,4,5,6)\n! listen 2 client 4\n" },
	/* three replies, and a server that does not know PWD */
	{ ABORTED "> PASV\n" PROBED ">> PASV\n<< 426 a\n! timer 1 5000\n< 426 a\n<< 226 b\n< 226 b\n"
	  "<< 225 c\n< 225 c\n<< 502 PWD?\n<< 227 (1,2,3,4,5,6)\n! listen 2 client 4\n" },
	/* a reply too many answers no command that is not sent yet */
	{ ABORTED_BY_226 "> PORT 10,0,0,1,19,136\n" PROBED "! listen 2 server 4\n<< 350 x\n< 350 x\n"
	  "? listening 2 server 50000\n>> PORT 10,0,0,3,195,80\n<< 200 ok\n"
	  "< 200 PORT command successful.\n" },
	/* a server that drops what comes together with ABOR */
	{ ABORTED "> NOOP\n" PROBED ">> NOOP\n<< 426 a\n! timer 1 5000\n< 426 a\n<< 226 b\n< 226 b\n"
	  "> SYST\n>> SYST\n<< 215 ok\n< 215 ok\n" },
	/* a server with another code for PWD */
	{ ABORTED_BY_226 "> PASV\n" PROBED ">> PASV\n<< 250 x\n<< 502 no\n>> EPSV\n" },
	{ ABORTED "> PASV\n" PROBED ">> PASV\n<< 426 a\n! timer 1 5000\n< 426 a\n<< 226 b\n< 226 b\n"
	  "<< 200 x\n<< 227 (1,2,3,4,5,6)\n! listen 2 client 4\n" },
	/* one reply for both, and the end */
	{ ABORTED_BY_226 "> QUIT\n" PROBED ">> QUIT\n" PROBE_ANSWERED "<< 221 bye\n< 221 bye\n"
	  "? end server\n" HANGUPS },
	/* nothing runs: one reply, and nothing to find out */
	{ GREETING "> ABOR\n>> ABOR\n> PASV\n>> PASV\n<< 502 no\n< 502 no\n<< 227 (1,2,3,4,5,6)\n"
	  "! listen 1 client 4\n" },
	/* too late: the transfer was complete */
	{ DOWNLOAD SERVER_ENDS "> ABOR\n>> ABOR\n<< 226 done\n! timer 1 5000\n! eof 1 client\n"
	  "< 226 done\n<< 225 nothing to abort\n< 225 nothing to abort\n" CLIENT_DRAINS },
	{ GREETING "> ABOR\n>> ABOR\n<< 225 nothing\n< 225 nothing\n" },
	/* the client closes its data connection first, as lftp does */
	{ ABORTED "? reset 1 client\n! close 1\n<< 426 a\n< 426 a\n<< 226 b\n< 226 b\n" },
	/* as urgent data, with Telnet's interrupt in front */
	{ DOWNLOAD "> \377\364\377\362ABOR\n>> ABOR\n<< 426 a\n! timer 1 5000\n< 426 a\n" },
};

START_TEST(abor)
{
	begin(MODE_AUTO);
	play(abors[_i].script);
}
END_TEST

/* ---- transfers on the control connection ---- */

START_TEST(stou_with_two_150)
{
	begin(MODE_AUTO);
	play(PASSIVE "> STOU\n>> STOU\n" BOTH_CONNECTED
	    "<< 150 FILE: x\n< 150 FILE: x\n<< 150 go\n< 150 go\n? eof 1 client\n! timer 1 3\n"
	    "? timer 1\n! eof 1 server\n<< 226 ok\n! timer 1 5000\n< 226 ok\n"
	    "? eof 1 server\n! eof 1 client\n! close 1\n");
}
END_TEST

/* 226 may stand before the last of the data on the wire, but not at the client. */
START_TEST(final_reply_waits_for_the_data)
{
	begin(MODE_AUTO);
	play(DOWNLOAD FINAL_226 "! timer 1 5000\n> NOOP\n>> NOOP\n<< 200 ok\n"
	    "? eof 1 server 10\n! eof 1 server\n! eof 1 client\n"
	    "? drained 1 client\n! close 1\n" DONE_226 "< 200 ok\n");
	ck_assert(!session_busy(d->s));
}
END_TEST

START_TEST(rest_between_setup_and_transfer)
{
	begin(MODE_AUTO);
	play(PASSIVE "> REST 10\n>> REST 10\n<< 350 ok\n< 350 ok\n> RETR f\n>> RETR f\n" BOTH_CONNECTED);
	ck_assert_str_eq(session_transfer(d->s, 1), "RETR f");
	ck_assert_str_eq(session_direction(d->s, 1), "down");
}
END_TEST

/* A transfer command without a setup is the server's to refuse. */
START_TEST(transfer_without_a_setup)
{
	begin(MODE_AUTO);
	play(GREETING "> RETR f\n>> RETR f\n<< 425 Use PORT or PASV\n< 425 Use PORT or PASV\n");
	ck_assert(!session_busy(d->s));
}
END_TEST

/* In MODE B the data connection outlives the transfer. */
START_TEST(mode_b)
{
	begin(MODE_AUTO);
	play(GREETING "> mode b \n>> mode b \n<< 200 ok\n< 200 ok\n" PASV_READY
	    "> RETR f\n>> RETR f\n" BOTH_CONNECTED BEGUN FINAL_226 DONE_226
	    "> RETR g\n>> RETR g\n" BEGUN FINAL_226 DONE_226
	    "> QUIT\n>> QUIT\n? eof 1 server\n! eof 1 server\n! eof 1 client\n"
	    "? drained 1 client\n! close 1\n<< 221 bye\n< 221 bye\n");
}
END_TEST

START_TEST(mode_b_refused)
{
	begin(MODE_AUTO);
	play(GREETING "> MODE B\n>> MODE B\n<< 504 no\n< 504 no\n" PASV_READY
	    "> RETR f\n>> RETR f\n" BOTH_CONNECTED BEGUN FINAL_226 "! timer 1 5000\n");
}
END_TEST

START_TEST(two_transfers_one_behind_the_other)
{
	begin(MODE_AUTO);
	play(DOWNLOAD SERVER_ENDS FINAL_226 "! timer 1 5000\n! eof 1 client\n"
	    "? drained 1 client\n! close 1\n" DONE_226
	    "> PASV\n>> PASV\n<< 227 (1,2,3,4,5,7)\n! listen 2 client 4\n? listening 2 client 40001\n"
	    "< 227 Entering Passive Mode (10,0,0,2,156,65)\n> NLST\n>> NLST\n<< 550 none\n! timer 2 5000\n! close 2\n"
	    "< 550 none\n");
}
END_TEST

START_TEST(feat_hides_what_ssh_does_already)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	begin_with(&config);
	play(GREETING "> FEAT\n>> FEAT\n<< 211-Features:\n< 211-Features:\n<<  AUTH TLS\n"
	    "<<  EPSV\n<  EPSV\n<<  PBSZ\n<< 211-PROT\n<< 211 End\n< 211 End\n"
	    "> HELP\n>> HELP\n<< 214-x\n< 214-x\n<<  AUTH\n<  AUTH\n<< 214 y\n< 214 y\n"
	    /* on the lines that carry the code, too */
	    "> FEAT\n>> FEAT\n<< 211-AUTH TLS\n< 211-\n<<  EPSV\n<  EPSV\n<< 211 PROT\n< 211 \n"
	    "> FEAT\n>> FEAT\n<< 211 AUTH TLS\n< 211 \n");
	config.tls_pass = true;
	begin_with(&config);
	play(GREETING "> FEAT\n>> FEAT\n<< 211-F\n< 211-F\n<<  AUTH TLS\n<  AUTH TLS\n");
}
END_TEST

/* ---- 421, and the end ---- */

static const struct {
	const char *script;
} ends[] = {
	{ "? end server\n< 421 No FTP server answers at ftp.example.org.\n" HANGUPS },
	{ "<< 421 full\n< 421 full\n? end server\n" HANGUPS },
	{ "<< 220-hel\n< 220-hel\n? end server\n"
	  "< 421 No FTP server answers at ftp.example.org.\n" HANGUPS },
	{ GREETING "? end server\n" CLOSED_421 HANGUPS },
	{ GREETING "<< 421 idle\n< 421 idle\n? end server\n" HANGUPS },
	{ GREETING "> NOOP\n>> NOOP\n<< 421 idle\n< 421 idle\n? end server\n" HANGUPS },
	{ GREETING "> PASV\n>> PASV\n<< 421 idle\n! close 1\n< 421 idle\n? end server\n" HANGUPS },
	{ GREETING "> QUIT\n>> QUIT\n<< 221 bye\n< 221 bye\n? end server\n" HANGUPS },
	{ GREETING "> QUIT\n>> QUIT\n? end server\n" CLOSED_421 HANGUPS },
	{ GREETING "> NOOP\n>> NOOP\n? end server\n" CLOSED_421 HANGUPS },
	{ DOWNLOAD "<< 421 down\n! timer 1 5000\n? end server\n? eof 1 server\n! eof 1 server\n"
	  "! abort 1 client\n< 421 down\n" HANGUPS },
	/* PORT was waiting for its listener */
	{ GREETING "> PORT 10,0,0,1,19,136\n! listen 1 server 4\n? end server\n? failed 1 server\n"
	  ">> PASV\n! close 1\n" CLOSED_421 HANGUPS },
	/* PASV was waiting for its */
	{ GREETING PASV_SAID "! listen 1 client 4\n? end server\n? listening 1 client 40000\n" PASV_OURS
	  "! close 1\n" CLOSED_421 HANGUPS },
	/* the client ends: what it pipelined is still answered */
	{ GREETING "> NOOP\n>> NOOP\n? end client\n! eof 0 server\n<< 200 ok\n< 200 ok\n? end server\n"
	  CLOSED_421 HANGUPS },
	{ GREETING "> QUIT\n>> QUIT\n? end client\n<< 221 bye\n< 221 bye\n! eof 0 server\n? end server\n"
	  HANGUPS },
	{ "> USER a\n> QUIT\n? end client\n" GREETING ">> USER a\n>> QUIT\n"
	  "<< 331 a\n< 331 a\n<< 221 bye\n< 221 bye\n! eof 0 server\n? end server\n" HANGUPS },
	/* ... before the greeting */
	{ "? end client\n? end server\n< 421 No FTP server answers at ftp.example.org.\n" HANGUPS },
	{ "? end client\n" GREETING "! eof 0 server\n? end server\n" CLOSED_421 HANGUPS },
	/* ... while PORT waits for its listener */
	{ GREETING "> PORT 10,0,0,1,19,136\n! listen 1 server 4\n? end client\n! close 1\n" REPLACED
	  "! eof 0 server\n? end server\n" CLOSED_421 HANGUPS },
	/* ... which a pipelined transfer still needs */
	{ GREETING "> PORT 10,0,0,1,19,136\n! listen 1 server 4\n> LIST\n> QUIT\n? end client\n"
	  "? listening 1 server 50000\n>> PORT 10,0,0,3,195,80\n<< 200 ok\n"
	  "< 200 PORT command successful.\n>> LIST\n>> QUIT\n"
	  "? connected 1 server\n! dial 1 client 10.0.0.1:5000\n? connected 1 client\n" BEGUN
	  SERVER_ENDS FINAL_226 "! timer 1 5000\n! eof 1 client\n? drained 1 client\n! close 1\n"
	  DONE_226 "<< 221 bye\n< 221 bye\n! eof 0 server\n? end server\n" HANGUPS },
	/* ... with a listener that nobody will use */
	{ PASSIVE "? end client\n! close 1\n! eof 0 server\n? end server\n" CLOSED_421 HANGUPS },
	{ GREETING "> PASV\n>> PASV\n? end client\n! close 1\n! eof 0 server\n<< 227 (1,2,3,4,5,6)\n"
	  REPLACED "? end server\n" CLOSED_421 HANGUPS },
};

START_TEST(end)
{
	begin(MODE_AUTO);
	play(ends[_i].script);
	ck_assert(session_over(d->s));
	ck_assert_uint_eq(session_room(d->s, CLIENT), 0);
	ck_assert_uint_eq(session_room(d->s, SERVER), 0);
}
END_TEST

START_TEST(replies_before_the_end_are_not_lost)
{
	begin(MODE_AUTO);
	play(GREETING "> NOOP\n>> NOOP\n> SYST\n>> SYST\n");
	dialogue_push(d, SERVER, "200 a\r\n215 b\r\n", 14);
	session_eof(d->s, SERVER);
	play("< 200 a\n< 215 b\n" CLOSED_421 HANGUPS);
}
END_TEST

/* The last command must have left before its end is told. */
START_TEST(client_end_waits_for_the_output)
{
	struct action a;
	size_t len;

	begin(MODE_AUTO);
	play(GREETING);
	session_push(d->s, CLIENT, "NOOP\r\n", 6);
	session_eof(d->s, CLIENT);
	ck_assert(!session_next(d->s, &a));
	session_output(d->s, SERVER, &len);
	session_sent(d->s, SERVER, len - 1);
	ck_assert(!session_next(d->s, &a));
	session_sent(d->s, SERVER, 1);
	ck_assert(session_next(d->s, &a) && a.kind == ACT_EOF && a.channel == 0);
}
END_TEST

START_TEST(failing)
{
	begin(MODE_AUTO);
	play(DOWNLOAD "> NOOP\n>> NOOP\n? fail the ssh connection is gone\n! abort 1 client\n"
	    "< 421 Closing the connection: the ssh connection is gone.\n! hangup server\n"
	    "! hangup client\n? fail twice\n? end server\n? end client\n");
	ck_assert(session_over(d->s));
}
END_TEST

/* The server said goodbye, but its data was still on its way when ssh died. */
START_TEST(failing_after_the_control_connections)
{
	begin(MODE_AUTO);
	play(DOWNLOAD FINAL_226 "! timer 1 5000\n? timer 1 7\n! timer 1 5000\n? timer 1 7\n" DONE_226
	    "? end server\n" CLOSED_421 HANGUPS "? fail the ssh connection is gone\n! abort 1 client\n");
	ck_assert(session_over(d->s));
}
END_TEST

/* ---- what is bounded ---- */

static void
fill(enum side side, const char *line, int times)
{
	for (int i = 0; i < times && session_room(d->s, side) > strlen(line); i++)
		dialogue_push(d, side, line, strlen(line));
	ck_assert_str_eq(d->broken, "");
}

/* Output that nobody takes stops the input that makes it. */
START_TEST(clients_that_do_not_read)
{
	static const char *const lines[] = { "~\n", "PORT 1\n", "AUTH TLS\r\n", "NOOP\r\n", "RETR f\n",
		"PASV\n", "EPSV 3\n", "x\xff\n" };

	begin(MODE_AUTO);
	play(GREETING "> SYST\n>> SYST\n<< 215 a\n< 215 a\n");
	d->unread[CLIENT] = d->unread[SERVER] = true;
	fill(CLIENT, lines[_i], 200000);
	ck_assert(!d->hung_up[CLIENT]);
	ck_assert_uint_le(session_room(d->s, CLIENT), strlen(lines[_i]));
}
END_TEST

START_TEST(clients_that_do_not_read_replies)
{
	begin(MODE_AUTO);
	play(GREETING);
	d->unread[CLIENT] = true;
	fill(SERVER, "200 a reply that nobody has asked for\r\n", 900);
	fill(SERVER, "junk that is no reply at all\r\n", 200000);
	ck_assert_uint_lt(session_room(d->s, SERVER), 32);
}
END_TEST

START_TEST(endless_reply_to_a_setup)
{
	begin(MODE_AUTO);
	play(GREETING "> PASV\n>> PASV\n");
	fill(SERVER, "227-x\r\n", 1);
	fill(SERVER, "(1,2,3,4,5,6) and again\r\n", 50000);
	play("<< 227 (1,2,3,4,5,6)\n! listen 1 client 4\n");
}
END_TEST

/* What is cut keeps its end: the client would wait for it for ever. */
START_TEST(endless_final_reply)
{
	begin(MODE_AUTO);
	play(DOWNLOAD SERVER_ENDS);
	fill(SERVER, "226-x\r\n", 1);
	fill(SERVER, " many words\r\n", 50000);
	dialogue_push(d, SERVER, "226 end\r\n", 9);
	dialogue_happen(d, "drained 1 client");
	ck_assert_uint_lt(strlen(d->heard[CLIENT]), 66000);
	ck_assert_str_eq(d->heard[CLIENT] + strlen(d->heard[CLIENT]) - 8, "226 end\n");
}
END_TEST

START_TEST(endless_reply_passes)
{
	begin(MODE_AUTO);
	play(GREETING "> STAT\n>> STAT\n<< 211-x\n< 211-x\n");
	for (int i = 0; i < 50000; i++) {
		fill(SERVER, "  line\r\n", 1);
		play("<   line\n");
	}
	play("<< 211 x\n< 211 x\n");
}
END_TEST

START_TEST(reply_line_over_64_kib)
{
	char text[1000];

	begin(MODE_AUTO);
	play(GREETING);
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 70; i++)
		dialogue_push(d, SERVER, text, sizeof(text));
	dialogue_push(d, SERVER, "\n", 1);
	play("< 421 Closing the connection: the FTP server sent a line of over 64 KiB.\n"
	     "! hangup server\n! hangup client\n");
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, NULL, finish);
	tcase_add_test(t, greeting_comes_first);
	tcase_add_test(t, plain_commands_pass);
	tcase_add_test(t, bytes_of_names_pass);
	tcase_add_test(t, empty_lines_are_swallowed);
	tcase_add_test(t, one_byte_at_a_time);
	tcase_add_test(t, own_replies_in_their_place);
	tcase_add_test(t, bad_lines_get_their_500);
	tcase_add_test(t, ten_thousand_commands);
	tcase_add_loop_test(t, abor, 0, sizeof(abors) / sizeof(abors[0]));
	tcase_add_test(t, stou_with_two_150);
	tcase_add_test(t, final_reply_waits_for_the_data);
	tcase_add_test(t, rest_between_setup_and_transfer);
	tcase_add_test(t, transfer_without_a_setup);
	tcase_add_test(t, mode_b);
	tcase_add_test(t, mode_b_refused);
	tcase_add_test(t, two_transfers_one_behind_the_other);
	tcase_add_test(t, feat_hides_what_ssh_does_already);
	tcase_add_loop_test(t, end, 0, sizeof(ends) / sizeof(ends[0]));
	tcase_add_test(t, replies_before_the_end_are_not_lost);
	tcase_add_test(t, client_end_waits_for_the_output);
	tcase_add_test(t, failing);
	tcase_add_test(t, failing_after_the_control_connections);
	tcase_add_loop_test(t, clients_that_do_not_read, 0, 8);
	tcase_add_test(t, clients_that_do_not_read_replies);
	tcase_add_test(t, endless_reply_to_a_setup);
	tcase_add_test(t, endless_final_reply);
	tcase_add_test(t, endless_reply_passes);
	tcase_add_test(t, reply_line_over_64_kib);
}

int
main(void)
{
	return unit_run("session", add);
}
