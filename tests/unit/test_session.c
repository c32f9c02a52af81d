/* FTP sessions by script: the control streams, the queue of pending commands, the end. */
#include "script.h"

#include <stdio.h>

#define FINAL_226 "<< 226 done\n"
#define DONE_226 "< 226 done\n"
#define HANGUPS "! hangup client\n! hangup server\n"
#define OPENS(n) "! open " n " client listen 4 server dial 1.2.3.4:1286\n"
#define LEAVES "! timer 0 1000\n"
#define HALF_CLOSED "! control-eof server\n! timer 0 30000\n"
#define GREETING_LEFT "<< 220 hi\n" HALF_CLOSED "< 220 hi\n"

START_TEST(greeting_comes_first)
{
	begin(MODE_AUTO);
	play("> USER joe\n>> USER joe\n"
	     "<< 120 in a minute\n< 120 in a minute\n"
	     "<< 220-hello\n< 220-hello\n"
	     "<< 220-again\n< 220-again\n"
	     "<< 220 there\n< 220 there\n"
	     "<< 331 and\n< 331 and\n");
	ck_assert_str_eq(session_facts(d->s)->user, "joe");
}
END_TEST

START_TEST(no_greeting)
{
	begin(MODE_AUTO);
	play("> USER joe\n>> USER joe\n<< 331 and\n< 331 and\n> PASS x\n>> PASS x\n<< 230 in\n< 230 in\n"
	    PASV_READY "> QUIT\n>> QUIT\n<< 221 bye\n< 221 bye\n? end server\n! close 1\n" HANGUPS);
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
	play(">> USER a\n>> PASV\n>> NOOP\n<< 331 b\n< 331 b\n<< 227 (1,2,3,4,5,6)\n" OPENS("1"));
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

/* One of more lines than are kept: whole, with no word of ours in the middle, and behind the data. */
START_TEST(last_word_of_many_lines)
{
	static char lines[92 * 1003], heard[90 * 1003 + 1];

	begin(MODE_AUTO);
	play(DOWNLOAD "<< 226-a\n");
	for (size_t i = 0; i < 90; i++) {
		char *line = heard + i * 1003;

		memset(line, 'x', 1003);
		memcpy(line, "< ", 2);
		line[1002] = '\n';
		ck_assert_uint_eq(dialogue_push(d, SERVER, line + 2, 1001), 1001);
	}
	play("! timer 1 5000\n");
	snprintf(lines, sizeof(lines), "? eof 1 server 9\n! eof 1 client\n< 226-a\n%s", heard);
	play(lines);
	play("? drained 1 client\n! timer 1 5000\n> AUTH TLS\n<< 226 b\n! close 1\n< 226 b\n"
	     "< 502 Not available here: ssh protects this connection.\n");
}
END_TEST

/* ---- ABOR ---- */

/* The server has one reply for both, or two; and the client goes on without waiting for them. */
#define ABORTED DOWNLOAD "> ABOR\n>> ABOR\n"
#define ENDS "? eof 1 server\n! eof 1 server\n! timer 1 5000\n"
#define PASSED "! timer 1 0\n! eof 1 client\n"
#define ABORTED_BY(reply) \
	ABORTED ENDS "<< " reply "\n" PASSED "< " reply "\n? drained 1 client\n! close 1\n"
#define ABORTED_BY_226 ABORTED_BY("226 aborted")

static const struct {
	const char *script;
} abors[] = {
	/* one each */
	{ ABORTED_BY("426 a") "<< 226 b\n< 226 b\n> NOOP\n>> NOOP\n<< 200 ok\n< 200 ok\n" },
	{ ABORTED_BY("426 a") "> NOOP\n>> NOOP\n<< 226 b\n< 226 b\n<< 200 ok\n< 200 ok\n" },
	{ ABORTED_BY("426 a") "<< 225 b\n< 225 b\n> PASV\n>> PASV\n<< 500 no\n< 500 no\n" },
	{ ABORTED_BY("226 a") "<< 502 b\n< 502 b\n" },
	/* one for both; no word of ours comes in between */
	{ ABORTED_BY_226 "> NOOP\n>> NOOP\n<< 200 ok\n< 200 ok\n" },
	{ ABORTED_BY_226 "> PASV\n>> PASV\n<< 227 (1,2,3,4,5,6)\n" OPENS("2") },
	{ ABORTED_BY_226 "> EPSV\n>> EPSV\n<< 229 (|||1286|)\n"
	  "! open 2 client listen 0 server dial :1286\n" },
	{ ABORTED_BY("225 a") "> PASV\n>> PASV\n<< 227 (1,2,3,4,5,6)\n" OPENS("2") },
	{ ABORTED_BY("426 a") "> RETR f\n>> RETR f\n<< 150 go\n< 150 go\n" },
	{ ABORTED_BY_226 "> PORT 1\n< 501 Syntax error in parameters.\n> NOOP\n>> NOOP\n<< 200 a\n< 200 a\n" },
	/* two replies, and the next command was said at once: neither is taken for it */
	{ ABORTED "> PASV\n>> PASV\n<< 426 a\n< 426 a\n<< 226 b\n< 226 b\n<< 227 (1,2,3,4,5,6)\n"
	  OPENS("2") },
	{ ABORTED "> PASV\n>> PASV\n<< 226 a\n< 226 a\n<< 226 b\n< 226 b\n<< 227 (1,2,3,4,5,6)\n"
	  OPENS("2") },
	{ ABORTED "> PASV\n>> PASV\n<< 226 a\n< 226 a\n<< 502-b\n< 502-b\n<< 502 c\n< 502 c\n"
	  "<< 227 (1,2,3,4,5,6)\n" OPENS("2") },
	/* three */
	{ ABORTED "> PASV\n>> PASV\n<< 426 a\n< 426 a\n<< 226 b\n< 226 b\n<< 225 c\n! timer 2 1000\n"
	  "< 225 c\n<< 227 (1,2,3,4,5,6)\n! timer 2 0\n" OPENS("2") },
	/* nothing runs: one reply, and nothing to find out */
	{ GREETING "> ABOR\n>> ABOR\n> PASV\n>> PASV\n<< 502 no\n< 502 no\n<< 227 (1,2,3,4,5,6)\n"
	  OPENS("1") },
	{ GREETING "> ABOR\n>> ABOR\n<< 225 nothing\n< 225 nothing\n" },
	/* too late: the transfer was complete */
	{ DOWNLOAD ENDS "> ABOR\n>> ABOR\n<< 226 done\n" PASSED
	  "< 226 done\n<< 225 nothing to abort\n< 225 nothing to abort\n" },
	/* the client closes its data connection first, as lftp does */
	{ ABORTED "? reset 1 client\n! abort 1 none\n<< 426 a\n< 426 a\n<< 226 b\n< 226 b\n" },
	/* one reply for both, and the end */
	{ ABORTED_BY_226 "> QUIT\n>> QUIT\n<< 221 bye\n< 221 bye\n? end server\n" HANGUPS },
	/* as urgent data, with Telnet's interrupt in front, in whatever order that has come */
	{ DOWNLOAD "> \377\364\377\362ABOR\n>> ABOR\n<< 426 a\n< 426 a\n" },
	{ DOWNLOAD "> \364\377\362abor\n>> abor\n<< 426 a\n< 426 a\n" },
	{ DOWNLOAD "> \364\377abor\n>> abor\n<< 426 a\n< 426 a\n" },
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
	play(PASSIVE "> STOU\n>> STOU\n! begin 1 up\n" BOTH_CONNECTED
	    "<< 150 FILE: x\n< 150 FILE: x\n<< 150 go\n< 150 go\n? eof 1 client lives\n"
	    "! eof 1 server\n<< 226 ok\n! check 1\n! timer 1 5000\n? alive 1\n! eof 1 client\n"
	    "? drained 1 client\n! close 1\n< 226 ok\n");
}
END_TEST

/* 226 may stand before the last of the data on the wire, but not at the client. */
START_TEST(final_reply_waits_for_the_data)
{
	begin(MODE_AUTO);
	play(DOWNLOAD FINAL_226 "! timer 1 5000\n> NOOP\n>> NOOP\n<< 200 ok\n"
	    "? eof 1 server 10\n! eof 1 client\n! timer 1 0\n" DONE_226 "< 200 ok\n"
	    "? drained 1 client\n! close 1\n");
	ck_assert(!session_busy(d->s));
}
END_TEST

START_TEST(rest_between_setup_and_transfer)
{
	struct channel_facts facts;

	begin(MODE_AUTO);
	play(PASSIVE "> REST 10\n>> REST 10\n<< 350 ok\n< 350 ok\n" RETR_SAID BOTH_CONNECTED);
	ck_assert(session_channel(d->s, 1, &facts));
	ck_assert_str_eq(facts.transfer, "RETR f");
	ck_assert_int_eq(facts.direction, DIR_DOWN);
}
END_TEST

static int told, told_so_often;

static void
tell(void *arg, unsigned channel, int code, bool ended)
{
	told = ended ? code : 0;
	told_so_often++;
}

static void
begin_telling(void)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	told = told_so_often = 0;
	config.answered = tell;
	begin_with(&config);
}

/* Its reply comes before its end is carried out, which then tells nothing more. */
START_TEST(answered_before_its_end)
{
	struct channel_facts facts;

	begin_telling();
	play(PASSIVE RETR_SAID BOTH_CONNECTED);
	session_event(d->s, &(struct event){ .kind = EV_RESET, .channel = 1, .end = SERVER });
	session_push(d->s, SERVER, "550 no\r\n", 8);
	ck_assert_int_eq(told, 550);
	ck_assert_int_eq(told_so_often, 1);
	ck_assert(session_channel(d->s, 1, &facts));
	ck_assert_str_eq(facts.transfer, "");
	ck_assert_int_eq(facts.final, 550);
}
END_TEST

/* A success that needed no connection: it is told with it when another command takes that. */
START_TEST(answered_without_its_connection)
{
	struct channel_facts facts;

	begin_telling();
	play(PASSIVE RETR_SAID BOTH_CONNECTED FINAL_226 "! check 1\n! timer 1 5000\n? alive 1\n" DONE_226
	    "! timer 1 0\n");
	ck_assert(session_channel(d->s, 1, &facts));
	ck_assert_int_eq(facts.final, 226);
	ck_assert_int_eq(facts.direction, DIR_DOWN);
	ck_assert_int_eq(told_so_often, 0);
	play("> LIST\n>> LIST\n! begin 1 down\n");
	ck_assert_int_eq(told_so_often, 1);
	ck_assert(session_channel(d->s, 1, &facts));
	ck_assert_str_eq(facts.transfer, "LIST");
	ck_assert_int_eq(facts.final, 0);
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
	    RETR_SAID BOTH_CONNECTED BEGUN FINAL_226 DONE_226
	    "> RETR g\n>> RETR g\n" BEGUN FINAL_226 DONE_226
	    "> QUIT\n>> QUIT\n? eof 1 server\n! eof 1 client\n<< 221 bye\n< 221 bye\n");
}
END_TEST

START_TEST(mode_b_refused)
{
	begin(MODE_AUTO);
	play(GREETING "> MODE B\n>> MODE B\n<< 504 no\n< 504 no\n" PASV_READY
	    RETR_SAID BOTH_CONNECTED BEGUN FINAL_226 "! timer 1 5000\n");
}
END_TEST

START_TEST(two_transfers_one_behind_the_other)
{
	begin(MODE_AUTO);
	play(DOWNLOAD ENDS FINAL_226 PASSED DONE_226 "? drained 1 client\n! close 1\n"
	    "> PASV\n>> PASV\n<< 227 (1,2,3,4,5,6)\n" OPENS("2") "? listening 2 client 40001\n"
	    "< 227 Entering Passive Mode (10,0,0,2,156,65)\n> NLST\n>> NLST\n! begin 2 down\n"
	    "<< 550 none\n< 550 none\n");
	ck_assert(!session_busy(d->s));
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
	/* it goes without a word, as direct */
	{ GREETING "? end server\n" HANGUPS },
	{ GREETING "<< 421 idle\n< 421 idle\n? end server\n" HANGUPS },
	/* 421 answers all that was asked */
	{ GREETING "> NOOP\n>> NOOP\n> PASV\n>> PASV\n<< 421 idle\n< 421 idle\n? end server\n" HANGUPS },
	{ GREETING "> QUIT\n>> QUIT\n<< 221 bye\n< 221 bye\n? end server\n" HANGUPS },
	{ GREETING "> QUIT\n>> QUIT\n? end server\n" HANGUPS },
	{ DOWNLOAD "<< 421 down\n< 421 down\n? end server\n! hangup client\n"
	  "! timer 0 30000\n? eof 1 server 9\n! abort 1 client\n! hangup server\n" },
	/* PORT was waiting for its listener */
	{ GREETING "> PORT 10,0,0,1,19,136\n! open 1 server listen 4\n? end server\n! close 1\n" HANGUPS },
	/* PASV was waiting for its */
	{ GREETING PASV_SAID PASV_OPENS "? end server\n? listening 1 client 40000\n" PASV_OURS
	  "! close 1\n" HANGUPS },
	/* the client ends: what it pipelined is still answered */
	{ GREETING "> NOOP\n>> NOOP\n? end client\n" LEAVES "<< 200 ok\n" HALF_CLOSED "< 200 ok\n"
	  "? end server\n" HANGUPS },
	{ GREETING "> QUIT\n>> QUIT\n? end client\n" LEAVES "<< 221 bye\n" HALF_CLOSED
	  "< 221 bye\n? end server\n" HANGUPS },
	/* ... or not: after a second the server sees it, and has half a minute */
	{ GREETING "> QUIT\n>> QUIT\n? end client\n" LEAVES "? timer 0\n" HALF_CLOSED "? timer 0\n"
	  "< 421 Closing the connection: the client has gone.\n! hangup server\n! hangup client\n" },
	{ "> USER a\n>> USER a\n> QUIT\n>> QUIT\n? end client\n" LEAVES GREETING
	  "<< 331 a\n< 331 a\n<< 221 bye\n" HALF_CLOSED "< 221 bye\n? end server\n" HANGUPS },
	/* ... before the greeting */
	{ "? end client\n" LEAVES "? end server\n< 421 No FTP server answers at ftp.example.org.\n"
	  HANGUPS },
	{ "? end client\n" LEAVES GREETING_LEFT "? end server\n" HANGUPS },
	/* ... while PORT waits for its listener, which a pipelined transfer still needs */
	{ GREETING "> PORT 10,0,0,1,19,136\n! open 1 server listen 4\n> LIST\n> QUIT\n? end client\n"
	  LEAVES "? listening 1 server 50000\n>> PORT 10,0,0,3,195,80\n<< 200 ok\n"
	  "! open 1 client dial 10.0.0.1:5000\n! begin 1 down\n< 200 ok\n>> LIST\n>> QUIT\n"
	  "? connected 1 server\n? connected 1 client\n" BEGUN ENDS FINAL_226 PASSED DONE_226
	  "<< 221 bye\n" HALF_CLOSED "< 221 bye\n? end server\n! close 1\n" HANGUPS },
	/* ... with a listener that nobody will use */
	{ PASSIVE "? end client\n! close 1\n" HALF_CLOSED "? end server\n" HANGUPS },
	/* ... for whose connection a server that sits in accept() may wait before it answers */
	{ PASSIVE "> NOOP\n>> NOOP\n? end client\n" LEAVES
	  "? connected 1 client\n? connected 1 server\n<< 200 ok\n" HALF_CLOSED "< 200 ok\n? end server\n"
	  "! abort 1 client\n" HANGUPS },
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
	play("< 200 a\n< 215 b\n" HANGUPS);
}
END_TEST

/* Nor is one whose line has no end. */
START_TEST(last_reply_without_an_end)
{
	static const char *const last[] = { "421 no", "200 a\r\n421 no", "200 a\r\n421 no\r", "421 no\n" };

	begin(MODE_AUTO);
	play(GREETING "> NOOP\n>> NOOP\n");
	dialogue_push(d, SERVER, last[_i], strlen(last[_i]));
	session_eof(d->s, SERVER);
	play(_i == 1 || _i == 2 ? "< 200 a\n< 421 no\n" HANGUPS : "< 421 no\n" HANGUPS);
}
END_TEST

/* It is passed on behind the last command. */
START_TEST(client_end_waits_for_the_output)
{
	struct action a;

	begin(MODE_AUTO);
	play(GREETING);
	session_push(d->s, CLIENT, "NOOP\r\n", 6);
	session_push(d->s, SERVER, "200 ok\r\n", 8);
	session_eof(d->s, CLIENT);
	ck_assert(session_next(d->s, &a) && a.kind == ACT_CONTROL_EOF && a.end == SERVER);
	ck_assert(session_next(d->s, &a) && a.kind == ACT_TIMER && a.channel == 0);
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
	play(DOWNLOAD FINAL_226 "! timer 1 5000\n? count 1 server 7\n? timer 1\n! timer 1 5000\n? timer 1\n"
	    DONE_226 "? end server\n! hangup client\n! timer 0 30000\n? count 1 server 8\n? timer 0\n"
	    "! timer 0 30000\n? fail the ssh connection is gone\n! abort 1 client\n! hangup server\n");
	ck_assert(session_over(d->s));
}
END_TEST

/* A service that is none of ours says so soon. */
START_TEST(not_ftp)
{
	begin(MODE_AUTO);
	play("<< SSH-2.0-OpenSSH_9.2\n! timer 0 5000\n< SSH-2.0-OpenSSH_9.2\n> USER a\n>> USER a\n"
	    "<< 220x\n< 220x\n? timer 0\n< 421 No FTP server is there, but one that says "
	    "\"SSH-2.0-OpenSSH_9.2\": this is an ssh server.\n" HANGUPS);
	begin(MODE_AUTO);
	play("<< \n< \n<< RTSP/1.0 400 \001\n! timer 0 5000\n< RTSP/1.0 400 \001\n? end client\n" LEAVES
	    "? timer 0\n" HALF_CLOSED "? end server\n< 421 No FTP server is there, but one that says "
	    "\"RTSP/1.0 400 ?\".\n" HANGUPS);
	begin(MODE_AUTO);
	play("<< hello\n! timer 0 5000\n< hello\n<< you\n< you\n? end server\n"
	    "< 421 No FTP server is there, but one that says \"hello\".\n" HANGUPS);
	begin(MODE_AUTO);
	dialogue_push(d, SERVER, "\377\375\030", 3);
	play("! timer 0 5000\n? timer 0\n< 421 No FTP server is there, but one that says \"???\".\n" HANGUPS);
}
END_TEST

/* ... or is one, behind other words. */
START_TEST(words_before_the_greeting)
{
	begin(MODE_AUTO);
	play("<< hello\n! timer 0 5000\n< hello\n<< 220-hi\n! timer 0 0\n< 220-hi\n<< you\n< you\n<< 220 hi\n"
	    "< 220 hi\n<< you\n< you\n> USER a\n>> USER a\n");
	begin(MODE_AUTO);
	play("<< \357\273\277" "220 hi\n! timer 0 5000\n! timer 0 0\n< \357\273\277" "220 hi\n"
	    PASV_READY);
	begin(MODE_AUTO);
	play("<< \377\373\001" "227 (1,2,3,4,5,6)\n! timer 0 5000\n! timer 0 0\n"
	    "< 500 Unexpected reply from the FTP server.\n");
}
END_TEST

/* There is no word of ours between a client's commands, and none of another in one piece with ours. */
START_TEST(who_is_asked)
{
	begin(MODE_AUTO);
	play(DOWNLOAD "> ABOR\n>> ABOR\n> QUIT\n>> QUIT\n");
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
	play("<< 227 (1,2,3,4,5,6)\n" OPENS("1"));
}
END_TEST

START_TEST(endless_final_reply)
{
	begin(MODE_AUTO);
	play(DOWNLOAD "<< 226-x\n");
	fill(SERVER, " many words\r\n", 50000);
	ck_assert_uint_lt(session_room(d->s, SERVER), 16);
	play("! timer 1 5000\n");
	dialogue_happen(d, "eof 1 server");
	ck_assert_uint_gt(strlen(d->heard[CLIENT]), 66000);
	ck_assert_uint_lt(strlen(d->heard[CLIENT]), 100000);
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
	tcase_add_test(t, no_greeting);
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
	tcase_add_test(t, answered_before_its_end);
	tcase_add_test(t, answered_without_its_connection);
	tcase_add_test(t, transfer_without_a_setup);
	tcase_add_test(t, mode_b);
	tcase_add_test(t, mode_b_refused);
	tcase_add_test(t, two_transfers_one_behind_the_other);
	tcase_add_test(t, feat_hides_what_ssh_does_already);
	tcase_add_loop_test(t, end, 0, sizeof(ends) / sizeof(ends[0]));
	tcase_add_test(t, replies_before_the_end_are_not_lost);
	tcase_add_loop_test(t, last_reply_without_an_end, 0, 4);
	tcase_add_test(t, client_end_waits_for_the_output);
	tcase_add_test(t, failing);
	tcase_add_test(t, failing_after_the_control_connections);
	tcase_add_test(t, not_ftp);
	tcase_add_test(t, last_word_of_many_lines);
	tcase_add_test(t, words_before_the_greeting);
	tcase_add_test(t, who_is_asked);
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
