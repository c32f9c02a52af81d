/* PASV, PORT and their kin: what is said to the server, what is opened, what the client
 * hears, in every mode and whatever the server refuses. */
#include "script.h"

#define OURS_227 "< 227 Entering Passive Mode (10,0,0,2,156,64)\n"
#define OURS_229 "< 229 Entering Extended Passive Mode (|||40000|)\n"
#define LISTENS_4 "! listen 1 client 4\n? listening 1 client 40000\n"
#define LISTENS_ANY "! listen 1 client 0\n? listening 1 client 40000\n"
#define SERVER_LISTENS "! listen 1 server 4\n? listening 1 server 50000\n"
#define SERVER_PORT SERVER_LISTENS ">> PORT 10,0,0,3,195,80\n"
#define SERVER_EPRT SERVER_LISTENS ">> EPRT |1|10.0.0.3|50000|\n"
#define SAY_227 "<< 227 x (1,2,3,4,5,6)\n"
#define SAY_229 "<< 229 x (|||1286|)\n"
#define PORT_SAID "> PORT 10,0,0,1,19,136\n"
#define EPRT_SAID "> EPRT |1|10.0.0.1|5000|\n"
#define PORT_DONE "< 200 PORT command successful.\n"
#define EPRT_DONE "< 200 EPRT command successful.\n"
#define NO_MODE "< 425 No way to open a data connection: this server mode is not allowed here.\n"
#define NO_PORT "! close 1\n" \
	"< 425 Cannot open a data connection: the FTP server's passive reply names no usable port.\n"
#define NO_LISTEN "< 425 Cannot open a data connection: the ssh server refuses to listen.\n"

static const struct {
	enum server_mode mode;
	const char *script; /* behind the greeting */
} translations[] = {
	/* the client's own mode, where nothing is in the way */
	{ MODE_AUTO, "> PASV\n>> PASV\n" SAY_227 LISTENS_4 OURS_227 },
	{ MODE_AUTO, "> P@SW\n>> PASV\n" SAY_227 LISTENS_4 OURS_227 },
	{ MODE_AUTO, "> epsv\n>> EPSV\n" SAY_229 LISTENS_ANY OURS_229 },
	{ MODE_AUTO, "> EPSV 1\n>> EPSV\n" SAY_229 LISTENS_ANY OURS_229 },
	{ MODE_AUTO, "> LPSV\n>> LPSV\n<< 228 x (4,4,1,2,3,4,2,5,6)\n" LISTENS_ANY
		     "< 228 Entering Long Passive Mode (4,4,10,0,0,2,2,156,64)\n" },
	{ MODE_AUTO, PORT_SAID SERVER_PORT "<< 200 ok\n" PORT_DONE },
	{ MODE_AUTO, EPRT_SAID SERVER_EPRT "<< 200 ok\n" EPRT_DONE },
	{ MODE_AUTO, "> LPRT 4,4,10,0,0,1,2,19,136\n" SERVER_LISTENS
		     ">> LPRT 4,4,10,0,0,3,2,195,80\n<< 200 ok\n"
		     "< 200 LPRT command successful.\n" },
	/* blanks behind it, letters of any size */
	{ MODE_AUTO, "> pasv \t \n>> PASV\n" SAY_227 LISTENS_4 OURS_227 },
	{ MODE_AUTO, "> EPSV \n>> EPSV\n" SAY_229 LISTENS_ANY OURS_229 },
	{ MODE_AUTO, "> Epsv 1 \n>> EPSV\n" SAY_229 LISTENS_ANY OURS_229 },
	{ MODE_AUTO, "> EPSV\t2 \n< 522 Network protocol not supported, use (1)\n" },
	{ MODE_AUTO, "> epsv  All \t\n>> epsv  All\n<< 200 ok\n< 200 ok\n"
		     "> PASV\n< 501 Only EPSV is allowed after EPSV ALL.\n" },
	{ MODE_AUTO, "> port  10,0,0,1,19,136 \t\n" SERVER_PORT "<< 200 ok\n" PORT_DONE },
	{ MODE_AUTO, "> Eprt |1|10.0.0.1|5000| \n" SERVER_EPRT "<< 200 ok\n" EPRT_DONE },
	{ MODE_AUTO, "> auth tls \n< 502 Not available here: ssh protects this connection.\n" },
	{ MODE_AUTO, "> abor \n>> abor \n<< 225 no\n< 225 no\n> quit \n>> quit \n" },
	/* the server's dialect: 227 for EPSV, 229 for PASV, several lines, no address */
	{ MODE_AUTO, "> EPSV\n>> EPSV\n" SAY_227 LISTENS_ANY OURS_229 },
	{ MODE_AUTO, "> PASV\n>> PASV\n" SAY_229 LISTENS_4 OURS_227 },
	{ MODE_AUTO, "> PASV\n>> PASV\n<< 227-Passive\n<<  mode\n<< 227 =0,0,0,0,5,6\n" LISTENS_4
		     OURS_227 },
	{ MODE_AUTO, "> PASV\n>> PASV\n<< 227-(10,0,0,9,5,6)\n<< 227 End\n" LISTENS_4 OURS_227 },
	/* refusals, and the next best */
	{ MODE_AUTO, "> PASV\n>> PASV\n<< 502 no\n>> EPSV\n" SAY_229 LISTENS_4 OURS_227 },
	{ MODE_AUTO, "> EPSV\n>> EPSV\n<< 500 no\n>> PASV\n" SAY_227 LISTENS_ANY OURS_229 },
	{ MODE_AUTO, "> PASV\n>> PASV\n<< 227 (::1,5,6)\n>> EPSV\n" SAY_229 LISTENS_4 OURS_227 },
	{ MODE_AUTO, "> PASV\n>> PASV\n<< 227 (1,5,6)\n>> EPSV\n" SAY_229 LISTENS_4 OURS_227 },
	/* an address that is none: nothing is opened, in no other way either */
	{ MODE_AUTO, "> PASV\n>> PASV\n<< 227 (10,0,0,9,5,256)\n" NO_PORT },
	{ MODE_AUTO, "> PASV\n>> PASV\n<< 227 (10,0,0,9,0,22)\n" NO_PORT },
	{ MODE_AUTO, "> PASV\n>> PASV\n<< 227 Passive Mode\n" NO_PORT },
	{ MODE_AUTO, "> EPSV\n>> EPSV\n<< 229 (||1286|)\n" NO_PORT },
	{ MODE_PASSIVE, "> PORT 10,0,0,1,19,136\n>> PASV\n<< 227 (10,0,0,9,0,22)\n" NO_PORT },
	{ MODE_AUTO, "> EPSV\n>> EPSV\n<< 500-no\n<< 500 way\n>> PASV\n" SAY_227 LISTENS_ANY
		     OURS_229 },
	{ MODE_AUTO, "> LPSV\n>> LPSV\n<< 500 no\n>> EPSV\n" SAY_229 LISTENS_ANY
		     "< 228 Entering Long Passive Mode (4,4,10,0,0,2,2,156,64)\n" },
	{ MODE_AUTO, "> PASV\n>> PASV\n<< 502 no\n>> EPSV\n<< 502 nor\n" SERVER_PORT
		     "<< 200 ok\n" LISTENS_4 OURS_227 },
	{ MODE_AUTO, PORT_SAID SERVER_PORT "<< 500 no\n>> EPRT |1|10.0.0.3|50000|\n<< 500 no\n"
		     ">> PASV\n" SAY_227 "! cancel 1 server\n" PORT_DONE },
	{ MODE_AUTO, PORT_SAID SERVER_PORT "<< 500 Illegal PORT\n>> EPRT |1|10.0.0.3|50000|\n"
		     "<< 500 b\n>> PASV\n<< 500 c\n>> EPSV\n<< 500 d\n! close 1\n"
		     "< 500 Illegal PORT\n" }, /* the natural one's refusal */
	{ MODE_AUTO, "> PASV\n>> PASV\n<< 530 Please login with USER and PASS.\n! close 1\n"
		     "< 530 Please login with USER and PASS.\n" },
	{ MODE_AUTO, "> PASV\n>> PASV\n<< 530-Please\n<< 530 log in\n! close 1\n"
		     "< 530 Please\n" },
	/* sshd refuses to listen: passive towards the server */
	{ MODE_AUTO, PORT_SAID "! listen 1 server 4\n? failed 1 server\n>> PASV\n" SAY_227 PORT_DONE },
	{ MODE_AUTO, EPRT_SAID "! listen 1 server 4\n? failed 1 server\n>> EPSV\n" SAY_229 EPRT_DONE },
	{ MODE_ACTIVE, PORT_SAID "! listen 1 server 4\n? failed 1 server\n! close 1\n" NO_LISTEN },
	/* as the user wants it */
	{ MODE_SAME, "> PASV\n>> PASV\n<< 502 no\n>> EPSV\n<< 502 nor\n! close 1\n< 502 no\n" },
	{ MODE_SAME, PORT_SAID SERVER_PORT "<< 500 no\n>> EPRT |1|10.0.0.3|50000|\n<< 500 nor\n"
		     "! close 1\n< 500 no\n" },
	{ MODE_PASSIVE, PORT_SAID ">> PASV\n" SAY_227 PORT_DONE },
	{ MODE_PASSIVE, EPRT_SAID ">> EPSV\n" SAY_229 EPRT_DONE },
	{ MODE_PASSIVE, PORT_SAID ">> PASV\n<< 500 no\n>> EPSV\n<< 500 no\n! close 1\n< 500 no\n" },
	{ MODE_ACTIVE, "> PASV\n" SERVER_PORT "<< 200 ok\n" LISTENS_4 OURS_227 },
	{ MODE_ACTIVE, "> EPSV\n" SERVER_EPRT "<< 200 ok\n" LISTENS_ANY OURS_229 },
	{ MODE_ACTIVE, "> EPSV\n" SERVER_EPRT "<< 500 no\n>> PORT 10,0,0,3,195,80\n<< 200 ok\n"
		       LISTENS_ANY OURS_229 },
	{ MODE_ACTIVE, "> EPSV ALL\n"
		       "< 502 EPSV ALL is not possible here: the server side uses active mode.\n" },
	/* no listener for the client */
	{ MODE_AUTO, "> PASV\n>> PASV\n" SAY_227 "! listen 1 client 4\n? failed 1 client\n! close 1\n"
		     "< 425 Cannot open a data connection: no port to listen on.\n" },
};

START_TEST(translation)
{
	begin(translations[_i].mode);
	play(GREETING);
	play(translations[_i].script);
}
END_TEST

/* Data in every combination of modes: who is dialled, and when. */
static const struct {
	enum server_mode mode;
	const char *script;
} transfers[] = {
	{ MODE_AUTO, PASV_READY "> RETR f\n>> RETR f\n" BOTH_CONNECTED BEGUN },
	{ MODE_AUTO, PASV_READY "? connected 1 client\n! dial 1 server 10.0.0.9:1286\n? connected 1 server\n"
				"> RETR f\n>> RETR f\n" BEGUN },
	{ MODE_AUTO, PORT_SAID SERVER_PORT "<< 200 ok\n" PORT_DONE "> STOR f\n>> STOR f\n"
		     "? connected 1 server\n! dial 1 client 10.0.0.1:5000\n? connected 1 client\n" BEGUN },
	/* both sides are dialled: the server with the command, the client when it begins */
	{ MODE_PASSIVE, PORT_SAID ">> PASV\n" SAY_227 PORT_DONE
			"> RETR f\n>> RETR f\n! dial 1 server 1.2.3.4:1286\n? connected 1 server\n" BEGUN
			"! dial 1 client 10.0.0.1:5000\n? connected 1 client\n" },
	/* refused: the client notices nothing */
	{ MODE_PASSIVE, PORT_SAID ">> PASV\n" SAY_227 PORT_DONE
			"> RETR f\n>> RETR f\n! dial 1 server 1.2.3.4:1286\n? failed 1 server\n"
			"! abort 1 client\n<< 550 none\n< 550 none\n" },
	/* nobody is dialled */
	{ MODE_ACTIVE, "> PASV\n" SERVER_PORT "<< 200 ok\n" LISTENS_4 OURS_227
		       "> RETR f\n>> RETR f\n? connected 1 server\n? connected 1 client\n" BEGUN },
};

START_TEST(who_is_dialled)
{
	begin(transfers[_i].mode);
	play(GREETING);
	play(transfers[_i].script);
}
END_TEST

/* A refused command is asked once in a session. */
START_TEST(learns_what_is_refused)
{
	begin(MODE_AUTO);
	play(GREETING "> EPSV\n>> EPSV\n<< 500 no\n>> PASV\n" SAY_227 LISTENS_ANY OURS_229
	    "> EPSV\n! close 1\n>> PASV\n" SAY_227
	    "! listen 2 client 0\n? listening 2 client 40001\n"
	    "< 229 Entering Extended Passive Mode (|||40001|)\n");
}
END_TEST

/* ... but a server that refuses everything is asked anew (it may have wanted a login). */
START_TEST(asks_anew_when_nothing_is_left)
{
	begin(MODE_PASSIVE);
	play(GREETING "> PASV\n>> PASV\n<< 500 no\n>> EPSV\n<< 500 no\n! close 1\n< 500 no\n"
	    "> PASV\n>> PASV\n<< 227 (1,2,3,4,5,6)\n! listen 2 client 4\n");
}
END_TEST

START_TEST(a_busy_server_is_asked_again)
{
	begin(MODE_SAME);
	play(GREETING "> PASV\n>> PASV\n<< 425 busy\n>> EPSV\n<< 425 busy\n! close 1\n< 425 busy\n"
	    "> PASV\n>> PASV\n");
}
END_TEST

START_TEST(sshd_that_refuses_to_listen_is_not_asked_again)
{
	begin(MODE_AUTO);
	play(GREETING PORT_SAID "! listen 1 server 4\n? failed 1 server\n>> PASV\n" SAY_227 PORT_DONE
	    PORT_SAID "! close 1\n>> PASV\n" SAY_227 PORT_DONE);
}
END_TEST

/* Another attempt must follow the first at once: nothing is sent behind what is unproven. */
START_TEST(first_setup_holds_later_commands)
{
	begin(MODE_AUTO);
	play(GREETING "> EPSV\n>> EPSV\n> RETR f\n> NOOP\n<< 500 no\n>> PASV\n" SAY_227
	    "! listen 1 client 0\n>> RETR f\n>> NOOP\n? listening 1 client 40000\n" OURS_229);
}
END_TEST

START_TEST(proven_setup_is_pipelined)
{
	begin(MODE_AUTO);
	play(PASSIVE "> PASV\n! close 1\n>> PASV\n> REST 5\n>> REST 5\n> RETR f\n>> RETR f\n"
	    "<< 227 (1,2,3,4,5,7)\n! listen 2 client 4\n<< 350 restart\n<< 150 go\n"
	    "? listening 2 client 40001\n< 227 Entering Passive Mode (10,0,0,2,156,65)\n"
	    "< 350 restart\n! timer 2 1000\n? connected 2 client\n! dial 2 server 1.2.3.4:1287\n"
	    "! timer 2 0\n< 150 go\n");
}
END_TEST

/* Both ends are dialled, and the server's port is not known yet when RETR is sent. */
START_TEST(port_and_retr_pipelined_to_a_passive_server)
{
	begin(MODE_PASSIVE);
	play(GREETING PORT_SAID ">> PASV\n" SAY_227 PORT_DONE
	    PORT_SAID "! close 1\n>> PASV\n> RETR f\n>> RETR f\n<< 227 x (1,2,3,4,5,7)\n"
	    "! dial 2 server 1.2.3.4:1287\n" PORT_DONE "? connected 2 server\n" BEGUN
	    "! dial 2 client 10.0.0.1:5000\n");
}
END_TEST

/* OpenBSD's ftp-proxy lets the 227 through here. */
START_TEST(noop_behind_pasv)
{
	begin(MODE_AUTO);
	play(PASSIVE "> PASV\n! close 1\n>> PASV\n> NOOP\n>> NOOP\n<< 227 (1,2,3,4,5,7)\n"
	    "! listen 2 client 4\n<< 200 noop\n? listening 2 client 40001\n"
	    "< 227 Entering Passive Mode (10,0,0,2,156,65)\n< 200 noop\n");
}
END_TEST

START_TEST(port_waiting_for_its_listener_holds_later_commands)
{
	begin(MODE_AUTO);
	play(GREETING PORT_SAID "! listen 1 server 4\n> RETR f\n> NOOP\n"
	    "? listening 1 server 50000\n>> PORT 10,0,0,3,195,80\n<< 200 ok\n" PORT_DONE
	    ">> RETR f\n>> NOOP\n");
}
END_TEST

START_TEST(pasv_again_replaces_the_old_one)
{
	begin(MODE_AUTO);
	play(PASSIVE "> PASV\n! close 1\n>> PASV\n" SAY_227
	    "! listen 2 client 4\n? listening 2 client 40001\n"
	    "< 227 Entering Passive Mode (10,0,0,2,156,65)\n> RETR f\n>> RETR f\n"
	    "? connected 2 client\n! dial 2 server 1.2.3.4:1286\n");
}
END_TEST

/* The first PASV's listener was being made when the second took its place. */
START_TEST(pasv_replaced_while_its_listener_is_made)
{
	begin(MODE_AUTO);
	play(PASSIVE "> PASV\n! close 1\n>> PASV\n<< 227 (1,2,3,4,5,7)\n! listen 2 client 4\n"
	    "> PASV\n! close 2\n>> PASV\n< 425 Cannot open a data connection: replaced or out of time.\n"
	    "? listening 2 client 40001\n<< 227 (1,2,3,4,5,8)\n! listen 3 client 4\n"
	    "? listening 3 client 40002\n< 227 Entering Passive Mode (10,0,0,2,156,66)\n");
}
END_TEST

START_TEST(pasv_replaced_before_its_answer)
{
	begin(MODE_AUTO);
	play(PASSIVE "> PASV\n! close 1\n>> PASV\n> PASV\n! close 2\n>> PASV\n"
	    "<< 227 (1,2,3,4,5,7)\n< 425 Cannot open a data connection: replaced or out of time.\n"
	    "<< 227 (1,2,3,4,5,8)\n! listen 3 client 4\n? listening 3 client 40002\n"
	    "< 227 Entering Passive Mode (10,0,0,2,156,66)\n");
}
END_TEST

/* The client has pipelined its RETR when no port is left to listen on. */
START_TEST(no_listener_for_a_pipelined_transfer)
{
	begin(MODE_AUTO);
	play(PASSIVE "> PASV\n! close 1\n>> PASV\n> RETR f\n>> RETR f\n<< 227 (1,2,3,4,5,7)\n"
	    "! listen 2 client 4\n? failed 2 client\n! close 2\n"
	    "< 425 Cannot open a data connection: no port to listen on.\n"
	    "<< 425 nobody came\n< 425 nobody came\n");
}
END_TEST

/* Nobody came to the listener: RETR still gets the server's own words. */
START_TEST(listener_expired_before_the_transfer)
{
	begin(MODE_AUTO);
	play(PASSIVE "? failed 1 client\n! abort 1 client\n> RETR f\n>> RETR f\n<< 425 no\n< 425 no\n");
}
END_TEST

START_TEST(epsv_all)
{
	begin(MODE_AUTO);
	play(GREETING "> EPSV ALL\n>> EPSV ALL\n<< 200 ok\n< 200 ok\n"
	    "> PASV\n< 501 Only EPSV is allowed after EPSV ALL.\n"
	    PORT_SAID "< 501 Only EPSV is allowed after EPSV ALL.\n"
	    EPRT_SAID "< 501 Only EPSV is allowed after EPSV ALL.\n"
	    "> LPSV\n< 501 Only EPSV is allowed after EPSV ALL.\n"
	    "> EPSV\n>> EPSV\n<< 500 no\n! close 1\n< 500 no\n"
	    "> REIN\n>> REIN\n<< 220 anew\n< 220 anew\n> PASV\n>> PASV\n");
}
END_TEST

/* What is pipelined behind it waits: may it still go to the server? */
START_TEST(epsv_all_holds_later_commands)
{
	begin(MODE_AUTO);
	play(GREETING "> EPSV ALL\n>> EPSV ALL\n" PORT_SAID "> NOOP\n<< 200 ok\n< 200 ok\n"
	    "< 501 Only EPSV is allowed after EPSV ALL.\n>> NOOP\n");
	begin(MODE_AUTO);
	play(GREETING "> EPSV ALL\n>> EPSV ALL\n> PASV\n<< 502 no\n< 502 no\n>> PASV\n");
}
END_TEST

/* The last word counts, whatever its kind. */
START_TEST(port_replaces_pasv_and_pasv_port)
{
	begin(MODE_AUTO);
	play(PASSIVE PORT_SAID "! close 1\n! listen 2 server 4\n? listening 2 server 50000\n"
	    ">> PORT 10,0,0,3,195,80\n<< 200 ok\n" PORT_DONE "> RETR f\n>> RETR f\n"
	    "? connected 2 server\n! dial 2 client 10.0.0.1:5000\n");
	begin(MODE_AUTO);
	play(GREETING PORT_SAID SERVER_PORT "<< 200 ok\n" PORT_DONE "> PASV\n! close 1\n>> PASV\n"
	    SAY_227 "! listen 2 client 4\n? listening 2 client 40000\n" OURS_227 "> RETR f\n>> RETR f\n"
	    "? connected 2 client\n! dial 2 server 1.2.3.4:1286\n");
}
END_TEST

START_TEST(epsv_all_refused_changes_nothing)
{
	begin(MODE_AUTO);
	play(GREETING "> epsv all\n>> epsv all\n<< 500 no\n< 500 no\n> PASV\n>> PASV\n");
}
END_TEST

START_TEST(epsv_of_a_family)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	begin_with(&config);
	play(GREETING "> EPSV 2\n< 522 Network protocol not supported, use (1)\n"
	    "> EPSV 3\n< 522 Network protocol not supported, use (1,2)\n"
	    "> EPSV x\n< 522 Network protocol not supported, use (1,2)\n");
	config.family[CLIENT] = 6;
	config.listen4[CLIENT].family = 0;
	config.listen6[CLIENT] = (struct ftp_address){ 6, { 0xfd, [15] = 2 }, 0 };
	begin_with(&config);
	play(GREETING "> EPSV 1\n< 522 Network protocol not supported, use (2)\n"
	    "> EPSV 2\n>> EPSV\n" SAY_229 LISTENS_ANY OURS_229);
}
END_TEST

/* A PASV over IPv6 cannot be answered: EPSV is the word, as the reply says. */
START_TEST(pasv_over_ipv6)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	config.family[CLIENT] = 6;
	config.listen4[CLIENT].family = 0;
	begin_with(&config);
	play(GREETING PASV_SAID "! listen 1 client 4\n? listening 1 client 40000\n! close 1\n"
	    "< 425 Cannot open a passive connection over IPv6: use EPSV.\n");
}
END_TEST

START_TEST(ipv6_listener_at_the_server_end)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	config.listen4[SERVER].family = 0;
	config.listen6[SERVER] = (struct ftp_address){ 6, { 0xfd, [15] = 3 }, 0 };
	begin_with(&config);
	play(GREETING PORT_SAID "! listen 1 server 6\n? listening 1 server 50000\n"
	    ">> EPRT |2|fd00::3|50000|\n<< 200 ok\n" PORT_DONE);
}
END_TEST

START_TEST(no_active_mode_where_it_cannot_work)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	config.active_possible = false;
	begin_with(&config);
	play(GREETING PORT_SAID ">> PASV\n" SAY_227 PORT_DONE);
	config = dialogue_config(MODE_ACTIVE);
	config.listen4[SERVER].family = 0;
	begin_with(&config);
	play(GREETING PORT_SAID "! close 1\n" NO_MODE);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, NULL, finish);
	tcase_add_loop_test(t, translation, 0, sizeof(translations) / sizeof(translations[0]));
	tcase_add_loop_test(t, who_is_dialled, 0, sizeof(transfers) / sizeof(transfers[0]));
	tcase_add_test(t, learns_what_is_refused);
	tcase_add_test(t, asks_anew_when_nothing_is_left);
	tcase_add_test(t, a_busy_server_is_asked_again);
	tcase_add_test(t, sshd_that_refuses_to_listen_is_not_asked_again);
	tcase_add_test(t, first_setup_holds_later_commands);
	tcase_add_test(t, proven_setup_is_pipelined);
	tcase_add_test(t, port_and_retr_pipelined_to_a_passive_server);
	tcase_add_test(t, noop_behind_pasv);
	tcase_add_test(t, port_waiting_for_its_listener_holds_later_commands);
	tcase_add_test(t, pasv_again_replaces_the_old_one);
	tcase_add_test(t, pasv_replaced_while_its_listener_is_made);
	tcase_add_test(t, pasv_replaced_before_its_answer);
	tcase_add_test(t, no_listener_for_a_pipelined_transfer);
	tcase_add_test(t, listener_expired_before_the_transfer);
	tcase_add_test(t, epsv_all);
	tcase_add_test(t, epsv_all_holds_later_commands);
	tcase_add_test(t, port_replaces_pasv_and_pasv_port);
	tcase_add_test(t, epsv_all_refused_changes_nothing);
	tcase_add_test(t, epsv_of_a_family);
	tcase_add_test(t, pasv_over_ipv6);
	tcase_add_test(t, ipv6_listener_at_the_server_end);
	tcase_add_test(t, no_active_mode_where_it_cannot_work);
}

int
main(void)
{
	return unit_run("session_setup", add);
}
