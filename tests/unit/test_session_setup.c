/* PASV, PORT and their kin: what is said to the server, what is opened, what the client
 * hears, in every mode and whatever the server refuses. */
#include "script.h"

#define OURS_227 "< 227 Entering Passive Mode (10,0,0,2,156,64)\n"
#define OURS_229 "< 229 Entering Extended Passive Mode (|||40000|)\n"
#define LISTENING "? listening 1 client 40000\n"
#define LISTENS(n, family) "! open " n " client listen " family "\n? listening " n " client 40000\n"
#define OPENS(n, family, to) "! open " n " client listen " family " server dial " to "\n"
#define OPENS_4 OPENS("1", "4", "1.2.3.4:1286") LISTENING
#define OPENS_ANY OPENS("1", "0", "1.2.3.4:1286") LISTENING
#define PORT_4 OPENS("1", "4", ":1286") LISTENING  /* a reply without an address */
#define PORT_ANY OPENS("1", "0", ":1286") LISTENING
#define DIALS_SERVER "! open 1 server dial 1.2.3.4:1286\n"
#define DIALS_CLIENT "! open 1 client dial 10.0.0.1:5000\n"
#define SERVER_LISTENS "! open 1 server listen 4\n? listening 1 server 50000\n"
#define SERVER_PORT SERVER_LISTENS ">> PORT 10,0,0,3,195,80\n"
#define SERVER_EPRT SERVER_LISTENS ">> EPRT |1|10.0.0.3|50000|\n"
#define SAY_227 "<< 227 (1,2,3,4,5,6)\n"
#define SAY_229 "<< 229 (|||1286|)\n"
#define PORT_SAID "> PORT 10,0,0,1,19,136\n"
#define EPRT_SAID "> EPRT |1|10.0.0.1|5000|\n"
#define PORT_DONE "< 200 PORT command successful.\n"
#define EPRT_DONE "< 200 EPRT command successful.\n"
#define NO_MODE "< 425 No way to open a data connection: this server mode is not allowed here.\n"
#define NO_PORT \
	"< 425 Cannot open a data connection: the FTP server's passive reply names no usable port.\n"
#define NO_LISTEN "< 425 Cannot open a data connection: the ssh server refuses to listen.\n"

static const struct {
	enum server_mode mode;
	uint8_t family; /* of the control connection to the server; 0 = not known */
	const char *script; /* behind the greeting */
} translations[] = {
	/* the client's own mode, where nothing is in the way */
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n" SAY_227 OPENS_4 OURS_227 },
	{ MODE_AUTO, 4, "> P@SW\n>> PASV\n" SAY_227 OPENS_4 OURS_227 },
	{ MODE_AUTO, 4, "> epsv\n>> EPSV\n" SAY_229 PORT_ANY OURS_229 },
	{ MODE_AUTO, 4, "> EPSV 1\n>> EPSV 1\n" SAY_229 PORT_ANY OURS_229 },
	{ MODE_AUTO, 4, "> pasv  foo bar\n>> PASV foo bar\n" SAY_227 OPENS_4 OURS_227 },
	{ MODE_AUTO, 0, "> PASV foo\n>> PASV foo\n<< 501 no\n< 501 no\n" },
	{ MODE_AUTO, 0, "> LPSV 4\n>> LPSV 4\n<< 501 no\n< 501 no\n" },
	{ MODE_ACTIVE, 4, "> PASV foo\n" SERVER_PORT "<< 200 ok\n" LISTENS("1", "4") OURS_227 },
	{ MODE_AUTO, 4, "> EPSV 12345678\n>> EPSV 12345678\n<< 522 no\n< 522 no\n" },
	{ MODE_AUTO, 4, "> LPSV\n>> LPSV\n<< 228 (4,4,1,2,3,4,2,5,6)\n" OPENS_ANY
			"< 228 Entering Long Passive Mode (4,4,10,0,0,2,2,156,64)\n" },
	/* in the server's words, in which there is nothing but words */
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n<< 227 ok, go to (1,2,3,4,5,6).\n" OPENS_4
			"< 227 ok, go to (10,0,0,2,156,64)\n" },
	{ MODE_AUTO, 4, "> EPSV\n>> EPSV\n<< 229 There you are (|||1286|)\n" PORT_ANY
			"< 229 There you are (|||40000|)\n" },
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n<< 227 1 way (1,2,3,4,5,6)\n" OPENS_4 OURS_227 },
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n<< 227 \377\361 (1,2,3,4,5,6)\n" OPENS_4 OURS_227 },
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n<< 227-a (1,2,3,4,5,6)\n<< 227 b\n" OPENS_4 OURS_227 },
	{ MODE_AUTO, 4, "> EPSV\n>> EPSV\n<< 227 a (1,2,3,4,5,6)\n" OPENS_ANY OURS_229 },
	/* what the server says to the client's own verb is the client's to read */
	{ MODE_AUTO, 4, PORT_SAID SERVER_PORT "<< 200 a\n" DIALS_CLIENT "< 200 a\n" },
	{ MODE_AUTO, 4, PORT_SAID SERVER_PORT "<< 200-a\n<< 200 b\n" DIALS_CLIENT "< 200-a\n< 200 b\n" },
	{ MODE_AUTO, 4, EPRT_SAID SERVER_EPRT "<< 200 ok\n" DIALS_CLIENT "< 200 ok\n" },
	{ MODE_AUTO, 4, "> LPRT 4,4,10,0,0,1,2,19,136\n" SERVER_LISTENS
			">> LPRT 4,4,10,0,0,3,2,195,80\n<< 200 ok\n" DIALS_CLIENT "< 200 ok\n" },
	/* blanks behind it, letters of any size */
	{ MODE_AUTO, 4, "> pasv \t \n>> PASV\n" SAY_227 OPENS_4 OURS_227 },
	{ MODE_AUTO, 4, "> EPSV \n>> EPSV\n" SAY_229 PORT_ANY OURS_229 },
	{ MODE_AUTO, 4, "> epsv  All \t\n>> epsv  All\n<< 200 ok\n< 200 ok\n"
			"> PASV\n< 501 Only EPSV is allowed after EPSV ALL.\n" },
	{ MODE_AUTO, 4, "> port  10,0,0,1,19,136 \t\n" SERVER_PORT "<< 200 ok\n" DIALS_CLIENT
			"< 200 ok\n" },
	{ MODE_AUTO, 4, "> Eprt |1|10.0.0.1|5000| \n" SERVER_EPRT "<< 200 ok\n" DIALS_CLIENT
			"< 200 ok\n" },
	{ MODE_AUTO, 4, "> auth tls \n< 502 Not available here: ssh protects this connection.\n" },
	{ MODE_AUTO, 4, "> abor \n>> abor \n<< 225 no\n< 225 no\n> quit \n>> quit \n" },
	/* a family: the server says what it thinks of it, if it is where the client is */
	{ MODE_AUTO, 4, "> EPSV 2\n>> EPSV 2\n" SAY_229 PORT_ANY OURS_229 },
	{ MODE_AUTO, 4, "> EPSV 2\n>> EPSV 2\n<< 522 no\n< 522 no\n> EPSV 1\n>> EPSV 1\n" },
	{ MODE_AUTO, 4, "> EPSV x\n>> EPSV x\n<< 501 no\n< 501 no\n" },
	{ MODE_AUTO, 6, "> EPSV 1\n>> EPSV\n" SAY_229 PORT_ANY OURS_229 },
	{ MODE_AUTO, 6, "> EPSV 2\n< 522 Network protocol not supported, use (1)\n" },
	{ MODE_AUTO, 6, "> EPSV x\n< 522 Network protocol not supported, use (1,2)\n" },
	{ MODE_AUTO, 0, "> EPSV 1\n>> EPSV\n" SAY_229 PORT_ANY OURS_229 },
	{ MODE_AUTO, 0, "> EPSV 2\n>> EPSV 2\n" SAY_229 PORT_ANY OURS_229 },
	{ MODE_ACTIVE, 4, "> EPSV 2\n< 522 Network protocol not supported, use (1)\n" },
	/* the server's dialect: 227 for EPSV, 229 for PASV, several lines, no address */
	{ MODE_AUTO, 4, "> EPSV\n>> EPSV\n" SAY_227 OPENS_ANY OURS_229 },
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n" SAY_229 PORT_4 OURS_227 },
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n<< 227-Passive\n<<  mode\n<< 227 =0,0,0,0,5,6\n"
			OPENS("1", "4", "0.0.0.0:1286") LISTENING OURS_227 },
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n<< 227-(10,0,0,9,5,6)\n<< 227 End\n" PASV_OPENS LISTENING
			OURS_227 },
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n<< 227 (999,0,0,1,5,6)\n"
			OPENS("1", "4", "255.255.255.255:1286") LISTENING OURS_227 },
	/* refused: the client sees that, as direct */
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n<< 502 no\n< 502 no\n> PASV\n>> PASV\n" },
	{ MODE_AUTO, 4, "> EPSV\n>> EPSV\n<< 500-no\n<< 500 way\n< 500-no\n< 500 way\n" },
	/* ... unless that may lie in us: the next best */
	{ MODE_AUTO, 0, "> PASV\n>> PASV\n<< 502 no\n>> EPSV\n" SAY_229 PORT_4 OURS_227 },
	{ MODE_AUTO, 6, "> EPSV\n>> EPSV\n<< 500 no\n>> PASV\n" SAY_227 OPENS_ANY OURS_229 },
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n<< 227 (::1,5,6)\n>> EPSV\n" SAY_229 PORT_4 OURS_227 },
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n<< 227 (1,5,6)\n>> EPSV\n" SAY_229 PORT_4 OURS_227 },
	/* an address that is none: nothing is opened, in no other way either */
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n<< 227 (10,0,0,9,5,256)\n" NO_PORT },
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n<< 227 (10,0,0,9,0,22)\n" NO_PORT },
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n<< 227 Passive Mode\n" NO_PORT },
	{ MODE_AUTO, 4, "> EPSV\n>> EPSV\n<< 229 (||1286|)\n" NO_PORT },
	{ MODE_PASSIVE, 4, "> PORT 10,0,0,1,19,136\n>> PASV\n<< 227 (10,0,0,9,0,22)\n" NO_PORT },
	{ MODE_AUTO, 0, "> EPSV\n>> EPSV\n<< 500-no\n<< 500 way\n>> PASV\n" SAY_227 OPENS_ANY
			OURS_229 },
	{ MODE_AUTO, 0, "> LPSV\n>> LPSV\n<< 500 no\n>> EPSV\n" SAY_229 PORT_ANY
			"< 228 Entering Long Passive Mode (4,4,10,0,0,2,2,156,64)\n" },
	{ MODE_AUTO, 0, "> PASV\n>> PASV\n<< 502 no\n>> EPSV\n<< 502 nor\n" SERVER_PORT
			"<< 200 ok\n" LISTENS("1", "4") OURS_227 },
	{ MODE_AUTO, 4, PORT_SAID SERVER_PORT "<< 500 no\n>> EPRT |1|10.0.0.3|50000|\n<< 500 no\n"
			">> PASV\n" SAY_227 "! cancel 1 server\n" DIALS_SERVER PORT_DONE },
	{ MODE_AUTO, 4, PORT_SAID SERVER_PORT "<< 500 Illegal PORT\n>> EPRT |1|10.0.0.3|50000|\n"
			"<< 500 b\n>> PASV\n<< 500 c\n>> EPSV\n<< 500 d\n! close 1\n"
			"< 500 Illegal PORT\n" }, /* the natural one's refusal */
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n<< 530-Please\n<< 530 log in\n"
			"< 530-Please\n< 530 log in\n" },
	/* sshd refuses to listen: passive towards the server */
	{ MODE_AUTO, 4, PORT_SAID "! open 1 server listen 4\n? failed 1 server\n>> PASV\n" SAY_227
			DIALS_SERVER PORT_DONE },
	{ MODE_AUTO, 4, EPRT_SAID "! open 1 server listen 4\n? failed 1 server\n>> EPSV\n" SAY_229
			"! open 1 server dial :1286\n" EPRT_DONE },
	{ MODE_ACTIVE, 4, PORT_SAID "! open 1 server listen 4\n? failed 1 server\n! close 1\n" NO_LISTEN },
	/* as the user wants it */
	{ MODE_SAME, 0, "> PASV\n>> PASV\n<< 502 no\n>> EPSV\n<< 502 nor\n< 502 no\n" },
	{ MODE_SAME, 4, PORT_SAID SERVER_PORT "<< 500 no\n>> EPRT |1|10.0.0.3|50000|\n<< 500 nor\n"
			"! close 1\n< 500 no\n" },
	{ MODE_PASSIVE, 4, PORT_SAID ">> PASV\n" SAY_227 DIALS_SERVER PORT_DONE },
	{ MODE_PASSIVE, 4, EPRT_SAID ">> EPSV\n" SAY_229 "! open 1 server dial :1286\n" EPRT_DONE },
	{ MODE_PASSIVE, 4, PORT_SAID ">> PASV\n<< 500 no\n>> EPSV\n<< 500 no\n< 500 no\n" },
	{ MODE_ACTIVE, 4, "> PASV\n" SERVER_PORT "<< 200 ok\n" LISTENS("1", "4") OURS_227 },
	{ MODE_ACTIVE, 4, "> EPSV\n" SERVER_EPRT "<< 200 ok\n" LISTENS("1", "0") OURS_229 },
	{ MODE_ACTIVE, 4, "> EPSV\n" SERVER_EPRT "<< 500 no\n>> PORT 10,0,0,3,195,80\n<< 200 ok\n"
			  LISTENS("1", "0") OURS_229 },
	{ MODE_ACTIVE, 4, "> EPSV ALL\n"
			  "< 502 EPSV ALL is not possible here: the server side uses active mode.\n" },
	/* no listener for the client */
	{ MODE_AUTO, 4, "> PASV\n>> PASV\n" SAY_227 OPENS("1", "4", "1.2.3.4:1286")
			"? failed 1 client\n! close 1\n"
			"< 425 Cannot open a data connection: no port to listen on.\n" },
};

START_TEST(translation)
{
	struct session_config config = dialogue_config(translations[_i].mode);

	config.family[SERVER] = translations[_i].family;
	if (translations[_i].family != 4) /* else it would be known from that */
		config.listen6[SERVER] = (struct ftp_address){ 6, { 0xfd, [15] = 3 }, 0 };
	begin_with(&config);
	play(GREETING);
	play(translations[_i].script);
}
END_TEST

/* A client behind the ssh server may use either family: it reads what the server refuses, as direct. */
START_TEST(refused_to_a_far_client)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	config.family[CLIENT] = 0;
	begin_with(&config);
	play(GREETING "> PASV\n>> PASV\n<< 502 no\n< 502 no\n> EPSV\n>> EPSV\n<< 500 nor\n"
	    "< 500 nor\n");
}
END_TEST

/* EPSV has no address that could be wrong: over IPv6 on both sides the no is for the client, and holds nothing. */
START_TEST(refused_over_ipv6)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	config.family[CLIENT] = config.family[SERVER] = 6;
	begin_with(&config);
	play(GREETING "> EPSV\n>> EPSV\n> NOOP\n>> NOOP\n<< 500 no\n< 500 no\n<< 200 ok\n< 200 ok\n");
}
END_TEST

/* Data in every combination of modes: who is dialled, and when. */
static const struct {
	enum server_mode mode;
	const char *script;
} transfers[] = {
	{ MODE_AUTO, PASV_READY RETR_SAID BOTH_CONNECTED BEGUN },
	{ MODE_AUTO, PASV_READY BOTH_CONNECTED RETR_SAID BEGUN },
	{ MODE_AUTO, PORT_SAID SERVER_PORT "<< 200 ok\n" DIALS_CLIENT "< 200 ok\n" STOR_SAID
		     "? connected 1 server\n? connected 1 client\n" BEGUN },
	/* both sides are dialled: the server at once, the client when the transfer begins */
	{ MODE_PASSIVE, PORT_SAID ">> PASV\n" SAY_227 DIALS_SERVER PORT_DONE RETR_SAID
			"? connected 1 server\n" BEGUN DIALS_CLIENT "? connected 1 client\n" },
	/* refused: the client notices nothing */
	{ MODE_PASSIVE, PORT_SAID ">> PASV\n" SAY_227 DIALS_SERVER PORT_DONE RETR_SAID
			"? failed 1 server\n! abort 1 client\n<< 550 none\n< 550 none\n" },
	/* nobody is dialled */
	{ MODE_ACTIVE, "> PASV\n" SERVER_PORT "<< 200 ok\n" LISTENS("1", "4") OURS_227 RETR_SAID
		       "? connected 1 server\n? connected 1 client\n" BEGUN },
	/* STOU before its PORT, and the 150 that names the file before both */
	{ MODE_AUTO, "> STOU\n>> STOU\n<< 150 FILE: x\n< 150 FILE: x\n" PORT_SAID SERVER_PORT "<< 200 ok\n"
		     DIALS_CLIENT "! begin 1 up\n< 200 ok\n? connected 1 server\n? connected 1 client\n"
		     "? eof 1 client lives\n! eof 1 server\n<< 226 ok\n! eof 1 client\n! timer 1 5000\n"
		     "? drained 1 client\n! close 1\n< 226 ok\n" },
};

START_TEST(who_is_dialled)
{
	begin(transfers[_i].mode);
	play(GREETING);
	play(transfers[_i].script);
}
END_TEST

/* curl -P with the address of this machine's network, through a listener on loopback. */
START_TEST(another_address_of_the_client)
{
	static const struct own_addresses own = { 2, { { 4, { 10, 0, 0, 1 }, 0 }, { 4, { 10, 0, 0, 7 }, 0 } } };
	struct session_config config = dialogue_config(MODE_AUTO);

	config.own = &own;
	begin_with(&config);
	play(GREETING "> PORT 10,0,0,8,19,136\n< 500 Illegal PORT command.\n"
	    "> PORT 10,0,0,7,0,80\n< 500 Illegal PORT command.\n> PORT 10,0,0,7,19,136\n" SERVER_PORT
	    "<< 200 ok\n! open 1 client dial 10.0.0.7:5000\n< 200 ok\n");
}
END_TEST

/* ---- a port that is dead ---- */

#define DEAD "? connected 1 client\n? failed 1 server Connection refused\n! abort 1 client\n"
#define FORBIDDEN "? connected 1 client\n? failed 1 server administratively prohibited\n"
#define UNSURE "? connected 1 client\n? connected 1 server\n? failed 1 server administratively prohibited\n"
#define PROHIBITED "< 425 Cannot open a data connection: administratively prohibited.\n"
#define NO_WAY "< 425 Cannot open a data connection: the ssh server allows no way to it.\n"
#define AGAIN_227 "<< 227 (1,2,3,4,5,7)\n" OPENS("2", "4", "1.2.3.4:1287")
#define AGAIN_229 "<< 229 (|||1287|)\n" OPENS("2", "0", ":1287")

static const struct {
	enum server_mode mode;
	const char *script;
} dead[] = {
	/* another verb, then another mode */
	{ MODE_AUTO, "> EPSV\n>> EPSV\n" SAY_229 PORT_ANY OURS_229 DEAD
		     "> EPSV\n>> PASV\n<< 227 (1,2,3,4,5,7)\n" OPENS("2", "0", "1.2.3.4:1287")
		     "? listening 2 client 40001\n< 229 Entering Extended Passive Mode (|||40001|)\n"
		     "? connected 2 client\n? failed 2 server Connection refused\n! abort 2 client\n"
		     "> EPSV\n! open 3 server listen 4\n" },
	/* sshd permits the FTP port alone: the client does not notice, and it is not tried again */
	{ MODE_AUTO, "> EPSV\n>> EPSV\n" SAY_229 PORT_ANY OURS_229 FORBIDDEN SERVER_EPRT
		     "> RETR f\n<< 200 ok\n>> RETR f\n! begin 1 down\n? connected 1 server\n" BEGUN
		     "> PASV\n! open 2 server listen 4\n" },
	{ MODE_AUTO, PASV_READY UNSURE SERVER_PORT "<< 200 ok\n" STOR_SAID },
	/* ... nor may it listen, or the server wants no active mode: then the server, which would wait,
	 * is asked nothing */
	{ MODE_AUTO, PASV_READY UNSURE "! open 1 server listen 4\n? failed 1 server\n! abort 1 client\n"
		     "> RETR f\n" NO_WAY "> NOOP\n>> NOOP\n" },
	{ MODE_AUTO, PASV_READY FORBIDDEN SERVER_PORT "<< 500 no\n>> EPRT |1|10.0.0.3|50000|\n"
		     "<< 500 no\n! abort 1 client\n> STOR f\n" NO_WAY },
	{ MODE_PASSIVE, PASV_READY FORBIDDEN "! abort 1 client\n> RETR f\n" PROHIBITED },
	/* ... unless it was asked already, or is to forget REST: then it is not waited for */
	{ MODE_AUTO, PASV_READY RETR_SAID FORBIDDEN "! abort 1 client\n" PROHIBITED
		     "> NOOP\n>> NOOP\n<< 425 no\n<< 200 ok\n< 200 ok\n> PASV\n! open 2 server listen 4\n" },
	{ MODE_PASSIVE, PASV_READY FORBIDDEN "! abort 1 client\n> REST 9\n>> REST 9\n<< 350 ok\n"
			"< 350 ok\n> RETR f\n>> RETR f\n" PROHIBITED },
	/* ... and everything is dead: anew */
	{ MODE_PASSIVE, "> PASV\n>> PASV\n" SAY_227 OPENS_4 OURS_227 DEAD "> PASV\n>> EPSV\n"
			"<< 229 (|||1287|)\n" OPENS("2", "4", ":1287") "? listening 2 client 40001\n"
			"< 227 Entering Passive Mode (10,0,0,2,156,65)\n"
			"? connected 2 client\n? failed 2 server Connection refused\n! abort 2 client\n"
			"> PASV\n>> PASV\n" },
	{ MODE_AUTO, "> EPSV ALL\n>> EPSV ALL\n<< 200 ok\n< 200 ok\n> EPSV\n>> EPSV\n" SAY_229 PORT_ANY
		     OURS_229 DEAD "> EPSV\n>> EPSV\n" },
	/* a server that has refused the command may have closed it */
	{ MODE_AUTO, PASV_READY RETR_SAID "<< 550 no\n< 550 no\n" DEAD "> PASV\n>> PASV\n" },
	/* nor is one dead that was there, and reset */
	{ MODE_AUTO, PASV_READY RETR_SAID "? connected 1 client\n? failed 1 server Connection reset by peer\n"
		     "! abort 1 client\n<< 425 no\n< 425 no\n> PASV\n>> PASV\n" },
	{ MODE_AUTO, PASV_READY RETR_SAID DEAD BEGUN "<< 426 broken\n< 426 broken\n> PASV\n>> PASV\n" },
	/* the other verb is not the client's word: its refusal is not for it */
	{ MODE_AUTO, PASV_READY RETR_SAID DEAD "<< 425 no\n< 425 no\n> PASV\n>> EPSV\n"
		     "<< 502 no\n! open 2 server listen 4\n" },
	/* ... or refuses it now */
	{ MODE_AUTO, PASV_READY RETR_SAID DEAD "<< 550 no\n< 550 no\n> PASV\n>> PASV\n" },
	{ MODE_AUTO, PASV_READY RETR_SAID DEAD "<< 425 no\n< 425 no\n> PASV\n>> EPSV\n" },
	{ MODE_AUTO, PASV_READY RETR_SAID DEAD BEGUN "<< 551 no\n< 551 no\n> PASV\n>> EPSV\n" },
	/* what is no success passes, a success becomes one that is none */
	{ MODE_AUTO, PASV_READY RETR_SAID DEAD "<< 425 no\n< 425 no\n" },
	{ MODE_AUTO, PASV_READY RETR_SAID DEAD BEGUN "<< 226 lies\n"
		     "< 425 Cannot open a data connection: Connection refused.\n" },
	{ MODE_AUTO, PASV_READY STOR_SAID DEAD BEGUN "<< 226 lies\n"
		     "< 425 Cannot open a data connection: Connection refused.\n" },
	/* ... also when it comes before the word that the client is there */
	{ MODE_AUTO, PASV_READY STOR_SAID BEGUN "<< 226 lies\n! check 1\n! timer 1 5000\n"
		     "? connected 1 client\n? alive 1\n? failed 1 server Connection refused\n"
		     "! abort 1 client\n"
		     "< 425 Cannot open a data connection: Connection refused.\n" },
	{ MODE_AUTO, PASV_READY DEAD "> RETR f\n>> RETR f\n" BEGUN "<< 226 lies\n"
		     "< 425 Cannot open a data connection: Connection refused.\n" },
};

START_TEST(dead_port)
{
	begin(dead[_i].mode);
	play(GREETING);
	play(dead[_i].script);
}
END_TEST

/* ---- the first transfer, before it is known whether ssh dials data ports at all ---- */

#define THERE "? connected 1 client\n"
#define REACHED "? connected 1 server\n"
#define PROHIBITS "? failed 1 server administratively prohibited\n"
#define HELD "! timer 1 3000\n"
#define FREED "! timer 1 0\n"
#define TURNS "! open 1 server listen 4\n"
#define TURNED "? listening 1 server 50000\n>> PORT 10,0,0,3,195,80\n<< 200 ok\n"
#define STRANGER "? stranger 1 client 1\n"
#define STOR_GOES ">> STOR f\n! begin 1 up\n"
#define RETR_GOES ">> RETR f\n! begin 1 down\n"

static const char *const first[] = {
	/* the client waits until that is known, */
	THERE "> RETR f\n" HELD REACHED FREED RETR_GOES,
	THERE "> RETR f\n" HELD PROHIBITS TURNS FREED TURNED RETR_GOES,
	THERE PROHIBITS TURNS TURNED "> RETR f\n" RETR_GOES,
	THERE "> RETR f\n" HELD "? failed 1 server Connection refused\n"
		     "! abort 1 client\n>> RETR f\n",
	/* ... or for so long */
	THERE "> RETR f\n" HELD "? timer 1\n" RETR_GOES PROHIBITS "! abort 1 client\n" PROHIBITED,
	/* its word may come before that about its connection */
	"> RETR f\n! check 1\n" HELD THERE "? alive 1\n" PROHIBITS TURNS FREED TURNED RETR_GOES,
	"> RETR f\n! check 1\n" HELD THERE REACHED FREED RETR_GOES "? alive 1\n",
	/* but where it is not there yet nothing is on its way; each of its words is asked about */
	"> RETR f\n! check 1\n" HELD "? alive 1\n" FREED RETR_GOES THERE,
	"> NOOP\n! check 1\n" HELD "? alive 1\n" FREED ">> NOOP\n> RETR f\n! check 1\n" HELD
		     THERE "? alive 1\n" REACHED FREED RETR_GOES,
	/* who cannot be told apart is taken for an upload before that is said */
	STRANGER "> STOR f\n! check 1\n! timer 1 200\n? alive 1\n? timer 1\n! take 1 client\n" HELD
		     THERE PROHIBITS TURNS FREED TURNED STOR_GOES,
	STRANGER "> STOU\n! check 1\n! timer 1 200\n? timer 1\n! take 1 client\n" HELD "? alive 1\n" THERE REACHED
		     FREED ">> STOU\n! begin 1 up\n",
	STRANGER "> STOR f\n! check 1\n! timer 1 200\n? alive 1\n" THERE FREED HELD REACHED FREED STOR_GOES,
	STRANGER "> STOR f\n! check 1\n! timer 1 200\n? timer 1\n! take 1 client\n" HELD "? alive 1\n"
		     "? failed 1 client\n! abort 1 client\n>> STOR f\n",
	STRANGER "> STOR f\n! check 1\n! timer 1 200\n? stranger 1 client 2\n? alive 1\n" STOR_GOES "! timer 1 200\n",
	STRANGER "> RETR f\n! check 1\n" HELD "? alive 1\n" FREED RETR_GOES "! timer 1 200\n",
	/* afterwards nobody waits */
	THERE REACHED "> PASV\n! close 1\n>> PASV\n<< 227 (1,2,3,4,5,7)\n"
		     OPENS("2", "4", "1.2.3.4:1287") "? listening 2 client 40001\n"
		     "< 227 Entering Passive Mode (10,0,0,2,156,65)\n? connected 2 client\n"
		     "> RETR f\n>> RETR f\n! begin 2 down\n",
};

START_TEST(first_transfer)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	config.dials = false;
	begin_with(&config);
	play(PASSIVE);
	play(first[_i]);
}
END_TEST

/* Where it cannot listen, an active client's is dialled when the server has named a port. */
START_TEST(first_transfer_translated)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	config.dials = false;
	begin_with(&config);
	play(GREETING EPRT_SAID "! open 1 server listen 4\n? failed 1 server\n>> EPSV\n" SAY_229
	    "! open 1 server dial :1286\n" EPRT_DONE "> RETR f\n" HELD PROHIBITS "! abort 1 client\n" PROHIBITED
	    "> NOOP\n>> NOOP\n");
}
END_TEST

/* ---- somebody whose owner cannot be told ---- */

#define NOBODY_S "< 425 Cannot open a data connection: whose connection came to it cannot be told.\n"

static const char *const strangers[] = {
	/* one, and an upload */
	PASSIVE STOR_SAID "? stranger 1 client 1\n! timer 1 200\n? timer 1\n! take 1 client\n"
	"? connected 1 client\n? connected 1 server\n" BEGUN,
	PASSIVE "? stranger 1 client 1\n" STOR_SAID "! timer 1 200\n? timer 1\n! take 1 client\n",
	/* the client itself comes */
	PASSIVE "? stranger 1 client 1\n" STOR_SAID "! timer 1 200\n? connected 1 client\n! timer 1 0\n"
	"? connected 1 server\n" BEGUN,
	/* two */
	PASSIVE "? stranger 1 client 1\n" STOR_SAID "! timer 1 200\n? stranger 1 client 2\n"
	"? timer 1\n! abort 1 both\n" NOBODY_S "> NOOP\n>> NOOP\n<< 425 nobody\n<< 200 ok\n< 200 ok\n",
	/* a download */
	PASSIVE "? stranger 1 client 1\n" RETR_SAID "! timer 1 200\n? timer 1\n! abort 1 both\n" NOBODY_S
	"<< 150 go\n<< 226 lies\n> NOOP\n>> NOOP\n<< 200 ok\n< 200 ok\n",
	/* a success does not come before it is known who it was: it may not have gone there */
	PASSIVE "? stranger 1 client 1\n" STOR_SAID "! timer 1 200\n<< 226 lies\n! check 1\n"
	"? alive 1\n? timer 1\n"
	"! take 1 client\n! timer 1 5000\n? connected 1 client\n? failed 1 server refused\n"
	"! abort 1 client\n< 425 Cannot open a data connection: refused.\n",
	PASSIVE "? stranger 1 client 1\n" RETR_SAID "! timer 1 200\n<< 226 lies\n? timer 1\n"
	"! abort 1 both\n" NOBODY_S,
	/* it is not there any more */
	PASSIVE "? stranger 1 client 1\n" STOR_SAID "! timer 1 200\n? timer 1\n! take 1 client\n"
	"? failed 1 client gone\n! abort 1 client\n<< 226 lies\n"
	"< 425 Cannot open a data connection: gone.\n",
};

START_TEST(stranger)
{
	begin(MODE_AUTO);
	play(strangers[_i]);
}
END_TEST

/* ---- in which order ---- */

/* A refused command is asked once in a session. */
START_TEST(learns_what_is_refused)
{
	begin_unknown(MODE_AUTO);
	play(GREETING "> EPSV\n>> EPSV\n<< 500 no\n>> PASV\n" SAY_227 OPENS_ANY OURS_229
	    "> EPSV\n! close 1\n>> PASV\n" SAY_227 OPENS("2", "0", "1.2.3.4:1286")
	    "? listening 2 client 40001\n"
	    "< 229 Entering Extended Passive Mode (|||40001|)\n");
}
END_TEST

/* ... but a server that refuses everything is asked anew (it may have wanted a login). */
START_TEST(asks_anew_when_nothing_is_left)
{
	begin_unknown(MODE_PASSIVE);
	play(GREETING "> PASV\n>> PASV\n<< 500 no\n>> EPSV\n<< 500 no\n< 500 no\n"
	    "> PASV\n>> PASV\n" SAY_227 OPENS("2", "4", "1.2.3.4:1286"));
}
END_TEST

START_TEST(a_busy_server_is_asked_again)
{
	begin_unknown(MODE_SAME);
	play(GREETING "> PASV\n>> PASV\n<< 425 busy\n>> EPSV\n<< 425 busy\n< 425 busy\n"
	    "> PASV\n>> PASV\n");
	begin(MODE_AUTO);
	play(GREETING PORT_SAID SERVER_PORT "<< 425 busy\n< 425 busy\n! close 1\n");
	/* 226, which no PORT is answered with: no other answer comes, so that was it */
	play(PORT_SAID "! open 2 server listen 4\n? listening 2 server 50001\n"
	    ">> PORT 10,0,0,3,195,81\n<< 226 ok\n! timer 2 1000\n< 226 ok\n> RETR f\n? timer 2\n"
	    "! open 2 client dial 10.0.0.1:5000\n>> RETR f\n! begin 2 down\n");
}
END_TEST

START_TEST(sshd_that_refuses_to_listen_is_not_asked_again)
{
	begin(MODE_AUTO);
	play(GREETING PORT_SAID "! open 1 server listen 4\n? failed 1 server\n>> PASV\n" SAY_227
	    DIALS_SERVER PORT_DONE PORT_SAID "! close 1\n>> PASV\n" SAY_227
	    "! open 2 server dial 1.2.3.4:1286\n" PORT_DONE);
}
END_TEST

/* Another attempt must follow the first at once: nothing is sent behind what is unproven. */
START_TEST(first_setup_holds_later_commands)
{
	begin_unknown(MODE_AUTO);
	play(GREETING "> EPSV\n>> EPSV\n> RETR f\n> NOOP\n<< 500 no\n>> PASV\n" SAY_227
	    OPENS("1", "0", "1.2.3.4:1286") ">> RETR f\n! begin 1 down\n>> NOOP\n"
	    LISTENING OURS_229);
}
END_TEST

/* ... where there is no other attempt, and where it is proven, it is as direct. */
START_TEST(setup_is_pipelined)
{
	static const char script[] = "> PASV\n>> PASV\n> REST 5\n>> REST 5\n> RETR f\n>> RETR f\n"
	    "<< 227 (1,2,3,4,5,7)\n" OPENS("1", "4", "1.2.3.4:1287") "! begin 1 down\n"
	    "<< 350 restart\n<< 150 go\n? listening 1 client 40001\n"
	    "< 227 Entering Passive Mode (10,0,0,2,156,65)\n< 350 restart\n< 150 go\n";

	begin(MODE_AUTO);
	play(GREETING);
	play(script);
	begin_unknown(MODE_AUTO);
	play(PASSIVE "> PASV\n! close 1\n>> PASV\n> RETR f\n>> RETR f\n"
	    "<< 227 (1,2,3,4,5,7)\n" OPENS("2", "4", "1.2.3.4:1287") "! begin 2 down\n");
}
END_TEST

/* Both ends are dialled, and the server's port is not known yet when RETR is sent. */
START_TEST(port_and_retr_pipelined_to_a_passive_server)
{
	begin(MODE_PASSIVE);
	play(GREETING PORT_SAID ">> PASV\n" SAY_227 DIALS_SERVER PORT_DONE
	    PORT_SAID "! close 1\n>> PASV\n> RETR f\n>> RETR f\n"
	    "<< 227 x (1,2,3,4,5,7)\n"
	    "! open 2 server dial 1.2.3.4:1287\n! begin 2 down\n" PORT_DONE "? connected 2 server\n" BEGUN
	    "! open 2 client dial 10.0.0.1:5000\n");
}
END_TEST

/* OpenBSD's ftp-proxy lets the 227 through here. */
START_TEST(noop_behind_pasv)
{
	begin(MODE_AUTO);
	play(PASSIVE "> PASV\n! close 1\n>> PASV\n> NOOP\n>> NOOP\n<< 227 (1,2,3,4,5,7)\n"
	    OPENS("2", "4", "1.2.3.4:1287") "<< 200 noop\n? listening 2 client 40001\n"
	    "< 227 Entering Passive Mode (10,0,0,2,156,65)\n< 200 noop\n");
}
END_TEST

/* There are servers that take one read for one command: none goes together with ours. */
START_TEST(port_holds_later_commands)
{
	begin(MODE_AUTO);
	play(GREETING PORT_SAID "! open 1 server listen 4\n> RETR f\n> NOOP\n"
	    "? listening 1 server 50000\n>> PORT 10,0,0,3,195,80\n<< 200 ok\n" DIALS_CLIENT "< 200 ok\n"
	    ">> RETR f\n! begin 1 down\n>> NOOP\n");
}
END_TEST

START_TEST(pasv_again_replaces_the_old_one)
{
	begin(MODE_AUTO);
	play(PASSIVE "> PASV\n! close 1\n>> PASV\n" SAY_227
	    OPENS("2", "4", "1.2.3.4:1286") "? listening 2 client 40001\n"
	    "< 227 Entering Passive Mode (10,0,0,2,156,65)\n> RETR f\n>> RETR f\n! begin 2 down\n"
	    "? connected 2 client\n");
}
END_TEST

/* Each gets its answer, as direct; what is replaced ends with that. */
START_TEST(pasv_replaced_while_its_listener_is_made)
{
	begin(MODE_AUTO);
	play(PASSIVE "> PASV\n! close 1\n>> PASV\n<< 227 (1,2,3,4,5,7)\n"
	    OPENS("2", "4", "1.2.3.4:1287") "> PASV\n>> PASV\n? listening 2 client 40001\n! close 2\n"
	    "< 227 Entering Passive Mode (10,0,0,2,156,65)\n"
	    "<< 227 (1,2,3,4,5,8)\n" OPENS("3", "4", "1.2.3.4:1288")
	    "? listening 3 client 40002\n< 227 Entering Passive Mode (10,0,0,2,156,66)\n");
}
END_TEST

START_TEST(pasv_replaced_before_its_answer)
{
	begin(MODE_AUTO);
	play(PASSIVE "> PASV\n! close 1\n>> PASV\n> PASV\n>> PASV\n"
	    "<< 227 (1,2,3,4,5,7)\n" OPENS("2", "4", "1.2.3.4:1287") "? listening 2 client 40001\n"
	    "! close 2\n< 227 Entering Passive Mode (10,0,0,2,156,65)\n"
	    "<< 227 (1,2,3,4,5,8)\n" OPENS("3", "4", "1.2.3.4:1288") "? listening 3 client 40002\n"
	    "< 227 Entering Passive Mode (10,0,0,2,156,66)\n");
}
END_TEST

/* The client has pipelined its RETR when no port is left to listen on. */
START_TEST(no_listener_for_a_pipelined_transfer)
{
	begin(MODE_AUTO);
	play(PASSIVE "> PASV\n! close 1\n>> PASV\n> RETR f\n>> RETR f\n"
	    "<< 227 (1,2,3,4,5,7)\n" OPENS("2", "4", "1.2.3.4:1287") "! begin 2 down\n? failed 2 client\n! close 2\n"
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
	    "> EPSV\n>> EPSV\n<< 500 no\n< 500 no\n"
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
	play(PASSIVE PORT_SAID "! close 1\n! open 2 server listen 4\n? listening 2 server 50000\n"
	    ">> PORT 10,0,0,3,195,80\n<< 200 ok\n! open 2 client dial 10.0.0.1:5000\n< 200 ok\n"
	    "> RETR f\n>> RETR f\n! begin 2 down\n? connected 2 server\n");
	begin(MODE_AUTO);
	play(GREETING PORT_SAID SERVER_PORT "<< 200 ok\n" DIALS_CLIENT "< 200 ok\n"
	    "> PASV\n! close 1\n>> PASV\n"
	    SAY_227 OPENS("2", "4", "1.2.3.4:1286") "? listening 2 client 40000\n" OURS_227);
}
END_TEST

START_TEST(epsv_all_refused_changes_nothing)
{
	begin(MODE_AUTO);
	play(GREETING "> epsv all\n>> epsv all\n<< 500 no\n< 500 no\n> PASV\n>> PASV\n");
}
END_TEST

START_TEST(epsv_over_ipv6)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	config.family[CLIENT] = 6;
	config.listen4[CLIENT].family = 0;
	config.listen6[CLIENT] = (struct ftp_address){ 6, { 0xfd, [15] = 2 }, 0 };
	begin_with(&config);
	play(GREETING "> EPSV 1\n< 522 Network protocol not supported, use (2)\n"
	    "> EPSV 2\n>> EPSV\n" SAY_229 PORT_ANY OURS_229);
}
END_TEST

/* A PASV over IPv6 cannot be answered: EPSV is the word, as the reply says. */
START_TEST(pasv_over_ipv6)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	config.family[CLIENT] = 6;
	config.listen4[CLIENT].family = 0;
	begin_with(&config);
	play(GREETING PASV_SAID PASV_OPENS "? listening 1 client 40000\n! close 1\n"
	    "< 425 Cannot open a passive connection over IPv6: use EPSV.\n");
}
END_TEST

START_TEST(ipv6_listener_at_the_server_end)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	config.listen4[SERVER].family = 0;
	config.listen6[SERVER] = (struct ftp_address){ 6, { 0xfd, [15] = 3 }, 0 };
	begin_with(&config);
	play(GREETING PORT_SAID "! open 1 server listen 6\n? listening 1 server 50000\n"
	    ">> EPRT |2|fd00::3|50000|\n<< 200 ok\n" DIALS_CLIENT "< 200 ok\n");
}
END_TEST

START_TEST(no_active_mode_where_it_cannot_work)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	config.active_possible = false;
	begin_with(&config);
	play(GREETING PORT_SAID ">> PASV\n" SAY_227 DIALS_SERVER PORT_DONE);
	config = dialogue_config(MODE_ACTIVE);
	config.listen4[SERVER].family = 0;
	begin_with(&config);
	play(GREETING PORT_SAID NO_MODE);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, NULL, finish);
	tcase_add_loop_test(t, translation, 0, sizeof(translations) / sizeof(translations[0]));
	tcase_add_loop_test(t, who_is_dialled, 0, sizeof(transfers) / sizeof(transfers[0]));
	tcase_add_test(t, another_address_of_the_client);
	tcase_add_test(t, refused_to_a_far_client);
	tcase_add_test(t, refused_over_ipv6);
	tcase_add_loop_test(t, dead_port, 0, sizeof(dead) / sizeof(dead[0]));
	tcase_add_loop_test(t, first_transfer, 0, sizeof(first) / sizeof(first[0]));
	tcase_add_test(t, first_transfer_translated);
	tcase_add_loop_test(t, stranger, 0, sizeof(strangers) / sizeof(strangers[0]));
	tcase_add_test(t, learns_what_is_refused);
	tcase_add_test(t, asks_anew_when_nothing_is_left);
	tcase_add_test(t, a_busy_server_is_asked_again);
	tcase_add_test(t, sshd_that_refuses_to_listen_is_not_asked_again);
	tcase_add_test(t, first_setup_holds_later_commands);
	tcase_add_test(t, setup_is_pipelined);
	tcase_add_test(t, port_and_retr_pipelined_to_a_passive_server);
	tcase_add_test(t, noop_behind_pasv);
	tcase_add_test(t, port_holds_later_commands);
	tcase_add_test(t, pasv_again_replaces_the_old_one);
	tcase_add_test(t, pasv_replaced_while_its_listener_is_made);
	tcase_add_test(t, pasv_replaced_before_its_answer);
	tcase_add_test(t, no_listener_for_a_pipelined_transfer);
	tcase_add_test(t, listener_expired_before_the_transfer);
	tcase_add_test(t, epsv_all);
	tcase_add_test(t, epsv_all_holds_later_commands);
	tcase_add_test(t, port_replaces_pasv_and_pasv_port);
	tcase_add_test(t, epsv_all_refused_changes_nothing);
	tcase_add_test(t, epsv_over_ipv6);
	tcase_add_test(t, pasv_over_ipv6);
	tcase_add_test(t, ipv6_listener_at_the_server_end);
	tcase_add_test(t, no_active_mode_where_it_cannot_work);
}

int
main(void)
{
	return unit_run("session_setup", add);
}
