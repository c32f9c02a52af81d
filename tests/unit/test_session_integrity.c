/* How transfers end: as they would direct, and where something broke, so that it does not look
 * whole: not a download at the client, not an upload at the server. */
#include "script.h"

#define DONE "<< 226 done\n"
#define HEARD_DONE "< 226 done\n"
#define STALL "! timer 1 5000\n"
#define PROVED "! check 1\n" STALL "? alive 1\n! eof 1 client\n"
#define OFF "! timer 1 0\n"
#define ENDS(bytes) "? eof 1 server " bytes "\n! eof 1 server\n! timer 1 5000\n"
#define ENDS_LAST(bytes) "? eof 1 server " bytes "\n" /* its reply was there before */
#define CLIENT_TOOK "? drained 1 client\n! close 1\n"
#define PASSED "! eof 1 client\n"
#define CLOSES "! eof 1 client\n" STALL /* the client's data connection, before the reply */
#define CLOSED "? drained 1 client\n! close 1\n"
#define GONE "! hangup client\n! hangup server\n"
#define LEAVES "! timer 0 1000\n"
#define LEFT "? end server\n! hangup client\n! timer 0 30000\n"
#define CUT_OFF "< 421 Closing the connection: the upload was cut off.\n! hangup server\n" \
		"! hangup client\n"
#define BROKEN "< 426 Connection closed; transfer aborted.\n"
/* both ends are dialled: the client's PORT, the server's PASV */
#define CROSSED GREETING "> PORT 10,0,0,1,19,136\n>> PASV\n<< 227 (10,0,0,9,5,6)\n" \
		"! open 1 server dial 10.0.0.9:1286\n< 200 PORT command successful.\n" \
		"? connected 1 server\n"
#define DIALS_CLIENT "! open 1 client dial 10.0.0.1:5000\n"
/* nobody is dialled */
#define NEITHER_DIALS "> PASV\n! open 1 server listen 4\n? listening 1 server 50000\n" \
		    ">> PORT 10,0,0,3,195,80\n<< 200 ok\n! open 1 client listen 4\n" \
		    "? listening 1 client 40000\n" PASV_OURS
#define BOTH_LISTEN GREETING NEITHER_DIALS
#define ASKS "! check 1\n"
#define NEVER_CAME "< 425 Cannot open a data connection: the server's connection has not come to the " \
		   "port it was told.\n"
#define STORED "? eof 1 client lives\n! eof 1 server\n? eof 1 server\n! eof 1 client\n? drained 1 client\n"
#define SIZE_BEHIND "> SIZE f\n>> SIZE f\n<< 550 no\n! timer 0 1000\n? timer 0\n! close 1\n< 550 no\n"
#define BUSY_BEHIND UPLOAD STORED \
	"> PORT 10,0,0,1,19,136\n! open 2 server listen 4\n? listening 2 server 50000\n" \
	">> PORT 10,0,0,3,195,80\n<< 200 ok\n! open 2 client dial 10.0.0.1:5000\n< 200 ok\n> RETR f\n" \
	">> RETR f\n! begin 2 down\n? connected 2 server\n? connected 2 client\n<< 451 busy\n! timer 0 1000\n" \
	"? timer 0\n! close 1\n< 451 busy\n"
#define TYPE_FIRST GREETING "> TYPE I\n>> TYPE I\n<< 200 I\n< 200 I\n" PASV_READY
#define BEGUN_OF(n) "<< 150 Opening f (" n " bytes).\n< 150 Opening f (" n " bytes).\n"

static const struct {
	enum server_mode mode;
	const char *script;
} downloads[] = {
	/* whole: the reply in front of the data's end, and behind it */
	{ MODE_AUTO, DOWNLOAD DONE STALL ENDS_LAST("100") PASSED OFF HEARD_DONE CLIENT_TOOK },
	{ MODE_AUTO, DOWNLOAD ENDS("100") DONE OFF PASSED HEARD_DONE CLIENT_TOOK },
	{ MODE_AUTO, DOWNLOAD ENDS("100") "<< 250 done\n" OFF PASSED "< 250 done\n" CLIENT_TOOK },
	/* a slow reader: progress prolongs the wait, without it the reply goes out */
	{ MODE_AUTO, DOWNLOAD DONE STALL "? count 1 server 10\n? timer 1\n" STALL
		     "? count 1 server 20\n? timer 1\n" STALL "? timer 1\n" HEARD_DONE
		     ENDS_LAST("20") PASSED CLIENT_TOOK },
	/* 226 twice; 226 and then 426; 226 before 150; 150 twice */
	{ MODE_AUTO, DOWNLOAD ENDS("100") DONE OFF PASSED HEARD_DONE CLIENT_TOOK "<< 226 b\n< 226 b\n"
		     "> PASV\n>> PASV\n<< 226 c\n! timer 2 1000\n< 226 c\n" },
	{ MODE_AUTO, DOWNLOAD ENDS("100") DONE OFF PASSED HEARD_DONE CLIENT_TOOK "<< 426 b\n< 426 b\n"
		     "> NOOP\n>> NOOP\n" },
	{ MODE_AUTO, PASSIVE RETR_SAID BOTH_CONNECTED DONE ASKS STALL ENDS_LAST("9") PASSED OFF HEARD_DONE
		     "<< 150 go\n< 150 go\n" CLIENT_TOOK "> NOOP\n>> NOOP\n<< 200 ok\n< 200 ok\n" },
	{ MODE_AUTO, DOWNLOAD BEGUN ENDS("9") DONE OFF PASSED HEARD_DONE },
	/* late: after 5 s the EOF goes on if the link lives; a late 226 is a 226 */
	{ MODE_AUTO, DOWNLOAD ENDS("100") "? timer 1\n! check 1\n? alive 1\n" PASSED DONE HEARD_DONE
		     CLIENT_TOOK },
	{ MODE_AUTO, DOWNLOAD ENDS("100") "? timer 1\n! check 1\n" DONE PASSED HEARD_DONE
		     "? alive 1\n" CLIENT_TOOK },
	{ MODE_AUTO, DOWNLOAD ENDS("100") "? timer 1\n! check 1\n? fail the ssh connection is gone\n"
		     "! abort 1 client\n< 421 Closing the connection: the ssh connection is gone.\n"
		     "! hangup server\n! hangup client\n" },
	/* the server says that it failed, in the middle: the reply, then the reset */
	{ MODE_AUTO, DOWNLOAD ENDS("100") "<< 426 no\n" OFF "< 426 no\n! abort 1 client\n" },
	{ MODE_AUTO, DOWNLOAD ENDS("100") "<< 451-disk\n<< 451 error\n" OFF
		     "< 451-disk\n< 451 error\n! abort 1 client\n" },
	{ MODE_AUTO, DOWNLOAD "<< 451 no\n< 451 no\n" ENDS_LAST("100") "! abort 1 client\n" },
	{ MODE_AUTO, DOWNLOAD "<< 500 no\n< 500 no\n" ENDS_LAST("100") "! abort 1 client\n" },
	/* ... and has sent nothing: an honest empty file and an honest no, in the server's order */
	{ MODE_AUTO, DOWNLOAD ENDS("0") "<< 550 no\n" OFF PASSED "< 550 no\n" CLIENT_TOOK },
	{ MODE_AUTO, DOWNLOAD "<< 550 no\n< 550 no\n" ENDS_LAST("0") PASSED CLIENT_TOOK },
	/* ... or all of it */
	{ MODE_AUTO, TYPE_FIRST RETR_SAID BOTH_CONNECTED BEGUN_OF("100") ENDS("100") "<< 451 no\n" OFF
		     PASSED "< 451 no\n" CLIENT_TOOK },
	/* no data connection at all: said at once */
	{ MODE_AUTO, PASSIVE RETR_SAID BEGUN "<< 425 no\n! close 1\n< 425 no\n" },
	/* 421 is not said of a transfer that has begun, until its server goes as well */
	{ MODE_AUTO, PASSIVE RETR_SAID BEGUN "<< 421 no\n< 421 no\n? end server\n! timer 1 1000\n"
		     "! abort 1 client\n! hangup client\n! hangup server\n" },
	{ MODE_AUTO, DOWNLOAD "> NOOP\n>> NOOP\n<< 421 no\n< 421 no\n" ENDS("100") DONE OFF PASSED
		     HEARD_DONE CLIENT_TOOK },
	{ MODE_AUTO, DOWNLOAD "<< 421 no\n< 421 no\n" ENDS("100") "? timer 1\n! check 1\n? alive 1\n"
		     "! abort 1 client\n" },
	{ MODE_AUTO, DOWNLOAD "> NOOP\n>> NOOP\n" ENDS("100") "<< 421 no\n< 421 no\n? end server\n" OFF
		     "! abort 1 client\n! hangup client\n! hangup server\n" },
	/* ... though one that is on its way is waited for, as the client sees its end first */
	{ MODE_AUTO, PASSIVE RETR_SAID BEGUN "<< 550 no\n! timer 1 1000\n" BOTH_CONNECTED OFF
		     "< 550 no\n" ENDS_LAST("0") PASSED CLIENT_TOOK },
	{ MODE_AUTO, PASSIVE RETR_SAID BEGUN "<< 421 no\n< 421 no\n" BOTH_CONNECTED ENDS("9")
		     "? end server\n" OFF "! abort 1 client\n! hangup client\n! hangup server\n" },
	{ MODE_AUTO, PASSIVE RETR_SAID BEGUN "<< 550 no\n! timer 1 1000\n? timer 1\n! close 1\n"
		     "< 550 no\n" },
	/* the server has sent it all to a port of ours, where nobody came: there are other ways */
	{ MODE_ACTIVE, GREETING "> TYPE I\n>> TYPE I\n<< 200 I\n< 200 I\n" NEITHER_DIALS RETR_SAID BEGUN_OF("900")
		     "? connected 1 client\n" DONE ASKS STALL "? alive 1\n! abort 1 client\n" NEVER_CAME },
	/* sshd is asked, behind whose answer nobody comes; or it does not answer */
	{ MODE_ACTIVE, GREETING "> TYPE I\n>> TYPE I\n<< 200 I\n< 200 I\n" NEITHER_DIALS RETR_SAID BEGUN_OF("900")
		     "? connected 1 client\n" DONE ASKS STALL "? timer 1\n! abort 1 client\n" NEVER_CAME },
	{ MODE_ACTIVE, BOTH_LISTEN RETR_SAID BEGUN "? connected 1 client\n" DONE ASKS STALL
		     "? connected 1 server\n? alive 1\n" },
	/* ... but an empty listing may have needed none */
	{ MODE_ACTIVE, BOTH_LISTEN RETR_SAID BEGUN "? connected 1 client\n" DONE ASKS STALL "? alive 1\n"
		     OFF HEARD_DONE "> LIST\n>> LIST\n! begin 1 down\n" },
	{ MODE_AUTO, PASSIVE "> LIST\n>> LIST\n! begin 1 down\n" BOTH_CONNECTED "<< 211-a\n<< 211 b\n"
		     "< 211-a\n< 211 b\n> RETR f\n>> RETR f\n! begin 1 down\n" },
	/* ... by a 2xx that could be its end: nothing has come behind it; or there is no connection */
	{ MODE_AUTO, PASSIVE RETR_SAID BOTH_CONNECTED DONE ASKS STALL "? alive 1\n" HEARD_DONE OFF RETR_SAID },
	{ MODE_AUTO, PASSIVE RETR_SAID BOTH_CONNECTED DONE ASKS STALL "? moved 1 server\n? alive 1\n"
		     ENDS_LAST("9") PASSED OFF HEARD_DONE CLIENT_TOOK },
	{ MODE_AUTO, PASSIVE RETR_SAID BEGUN DONE ASKS STALL "? alive 1\n" HEARD_DONE OFF },
	{ MODE_AUTO, PASSIVE RETR_SAID BEGUN DONE ASKS STALL "? connected 1 client\n? alive 1\n"
		     "? connected 1 server\n" ENDS_LAST("9") PASSED OFF HEARD_DONE CLIENT_TOOK },
	/* a reset by the server that ssh cannot show: the 150 said how much there is */
	{ MODE_AUTO, TYPE_FIRST RETR_SAID BOTH_CONNECTED BEGUN_OF("300000") ENDS("1000") DONE OFF
		     "! abort 1 client\n" BROKEN },
	{ MODE_AUTO, TYPE_FIRST RETR_SAID BOTH_CONNECTED BEGUN_OF("300000") DONE STALL
		     ENDS_LAST("1000") "! abort 1 client\n" BROKEN },
	{ MODE_AUTO, TYPE_FIRST RETR_SAID BOTH_CONNECTED BEGUN_OF("1000") ENDS("1000") DONE OFF PASSED
		     HEARD_DONE },
	{ MODE_AUTO, TYPE_FIRST RETR_SAID BOTH_CONNECTED BEGUN_OF("900") ENDS("1000") DONE OFF PASSED
		     HEARD_DONE },
	/* ... unless that is not what is said */
	{ MODE_AUTO, PASSIVE RETR_SAID BOTH_CONNECTED BEGUN_OF("300000") ENDS("1000") DONE OFF PASSED
		     HEARD_DONE },
	{ MODE_AUTO, TYPE_FIRST "> REST 5\n>> REST 5\n<< 350 ok\n< 350 ok\n" RETR_SAID BOTH_CONNECTED
		     BEGUN_OF("300000") ENDS("1000") DONE OFF PASSED HEARD_DONE },
	{ MODE_AUTO, TYPE_FIRST "> REST 0\n>> REST 0\n<< 350 ok\n< 350 ok\n" RETR_SAID BOTH_CONNECTED
		     BEGUN_OF("300000") ENDS("1000") DONE OFF "! abort 1 client\n" BROKEN },
	/* ... by a TYPE that is not answered yet */
	{ MODE_AUTO, PASSIVE "> TYPE I\n>> TYPE I\n" RETR_SAID BOTH_CONNECTED "<< 200 I\n< 200 I\n"
		     BEGUN_OF("300000") ENDS("1000") DONE OFF "! abort 1 client\n" BROKEN },
	{ MODE_AUTO, TYPE_FIRST "> MODE Z\n>> MODE Z\n<< 200 ok\n< 200 ok\n" RETR_SAID BOTH_CONNECTED
		     BEGUN_OF("300000") ENDS("1000") DONE OFF PASSED HEARD_DONE },
	{ MODE_AUTO, TYPE_FIRST "> TYPE A\n>> TYPE A\n<< 200 ok\n< 200 ok\n" RETR_SAID BOTH_CONNECTED
		     BEGUN_OF("300000") ENDS("1000") DONE OFF PASSED HEARD_DONE },
	{ MODE_AUTO, TYPE_FIRST RETR_SAID BOTH_CONNECTED "<< 150 f (3k) (x bytes) (30 bytes\n"
		     "< 150 f (3k) (x bytes) (30 bytes\n" ENDS("10") DONE OFF PASSED HEARD_DONE },
	{ MODE_AUTO, TYPE_FIRST RETR_SAID BOTH_CONNECTED BEGUN_OF("300000 bytes) (1000") ENDS("1000") DONE OFF
		     PASSED HEARD_DONE },
	{ MODE_AUTO, TYPE_FIRST "> RETR f (300000 bytes)\n>> RETR f (300000 bytes)\n! begin 1 down\n"
		     BOTH_CONNECTED BEGUN_OF("300000") ENDS("1000") DONE OFF PASSED HEARD_DONE },
	{ MODE_AUTO, TYPE_FIRST "> REST 5\n>> REST 5\n<< 350 ok\n< 350 ok\n" RETR_SAID
		     "<< 550 no\n< 550 no\n" RETR_SAID BOTH_CONNECTED
		     BEGUN_OF("300000") ENDS("1000") DONE OFF PASSED HEARD_DONE },
	/* the control connection is gone, and with it the last word: no clean end */
	{ MODE_AUTO, DOWNLOAD ENDS("100") "? end server\n! abort 1 client\n" GONE },
	{ MODE_AUTO, DOWNLOAD LEFT ENDS_LAST("100") "! eof 1 server\n! abort 1 client\n! hangup server\n" },
	/* ... whose data go on for as long as they do */
	{ MODE_AUTO, DOWNLOAD LEFT "? count 1 server 10\n? timer 0\n! timer 0 30000\n? timer 0\n"
		     "! abort 1 client\n! hangup server\n" },
	{ MODE_AUTO, DOWNLOAD "<< 421 no\n< 421 no\n" LEFT "? timer 0\n! abort 1 client\n! hangup server\n" },
	{ MODE_AUTO, PASSIVE RETR_SAID "? connected 1 client\n? end server\n! timer 1 1000\n! hangup client\n"
		     "! timer 0 30000\n? connected 1 server\n" OFF "? timer 0\n! abort 1 client\n"
		     "! hangup server\n" },
	{ MODE_AUTO, PASSIVE RETR_SAID "? connected 1 client\n? end server\n! timer 1 1000\n"
		     "! hangup client\n! timer 0 30000\n? timer 1\n! abort 1 client\n! hangup server\n" },
	/* ... after the final reply the data may still come */
	{ MODE_AUTO, DOWNLOAD DONE STALL "? end server\n" ENDS_LAST("100") PASSED OFF
		     "! close 1\n" GONE HEARD_DONE },
	{ MODE_AUTO, DOWNLOAD DONE STALL "? timer 1\n" HEARD_DONE "? end server\n! hangup client\n"
		     "! timer 0 30000\n" ENDS_LAST("9") PASSED CLIENT_TOOK "! hangup server\n" },
	/* the data connection breaks */
	{ MODE_AUTO, DOWNLOAD "? reset 1 server\n! abort 1 client\n" DONE BROKEN },
	{ MODE_AUTO, DOWNLOAD "? reset 1 server\n! abort 1 client\n<< 426 no\n< 426 no\n" },
	{ MODE_AUTO, DOWNLOAD DONE STALL "? reset 1 server\n! abort 1 client\n" BROKEN },
	/* ... but not behind its end */
	{ MODE_AUTO, DOWNLOAD ENDS("9") "? reset 1 server\n" DONE OFF PASSED HEARD_DONE },
	{ MODE_AUTO, DOWNLOAD "? reset 1 client\n! abort 1 none\n<< 426 no\n< 426 no\n" },
	/* the client closes what it has enough of */
	{ MODE_AUTO, DOWNLOAD "? eof 1 client lives\n! eof 1 server\n<< 426 no\n< 426 no\n"
		     "? eof 1 server 5\n! abort 1 client\n" },
	/* the session is ended from outside */
	{ MODE_AUTO, DOWNLOAD "? fail gone\n! abort 1 client\n< 421 Closing the connection: gone.\n"
		     "! hangup server\n! hangup client\n" },
	{ MODE_AUTO, DOWNLOAD ENDS("9") DONE OFF PASSED HEARD_DONE "? fail gone\n! close 1\n"
		     "< 421 Closing the connection: gone.\n! hangup server\n! hangup client\n" },
	/* refused: the connection is the next command's */
	{ MODE_AUTO, PASSIVE RETR_SAID BOTH_CONNECTED "<< 550 none\n< 550 none\n> CWD a\n>> CWD a\n"
		     "<< 250 ok\n< 250 ok\n> LIST\n>> LIST\n! begin 1 down\n" BEGUN ENDS("9") DONE OFF
		     PASSED HEARD_DONE CLIENT_TOOK },
	{ MODE_AUTO, PASSIVE RETR_SAID BOTH_CONNECTED "> RETR g\n>> RETR g\n<< 550 none\n! begin 1 down\n"
		     "< 550 none\n" BEGUN ENDS("9") DONE OFF PASSED HEARD_DONE CLIENT_TOOK },
	{ MODE_AUTO, PASSIVE RETR_SAID "<< 332 ACCT?\n< 332 ACCT?\n> PASV\n! close 1\n>> PASV\n" },
	{ MODE_AUTO, PASSIVE RETR_SAID BOTH_CONNECTED "<< 550 none\n< 550 none\n? eof 1 server 0\n"
		     "! eof 1 client\n" },
	/* ... or not refused, by a server that sends no 1xx */
	{ MODE_AUTO, PASSIVE RETR_SAID BOTH_CONNECTED "? moved 1 server\n<< 451 no\n< 451 no\n"
		     ENDS_LAST("9") "! abort 1 client\n" },
	/* no 1xx at all: the client is dialled for what comes */
	{ MODE_PASSIVE, CROSSED RETR_SAID DONE DIALS_CLIENT STALL "? connected 1 client\n" ASKS
			ENDS_LAST("9") PASSED OFF HEARD_DONE CLIENT_TOOK },
	/* a client that cannot be reached has not got what the server sent */
	{ MODE_PASSIVE, CROSSED RETR_SAID BEGUN DIALS_CLIENT "? failed 1 client Connection refused\n"
			"! abort 1 client\n" DONE "< 425 Cannot open a data connection: "
			"Connection refused.\n" },
	{ MODE_ACTIVE, BOTH_LISTEN RETR_SAID "? connected 1 server\n" BEGUN DONE STALL "? timer 1\n"
		       "! close 1\n" BROKEN },
	{ MODE_ACTIVE, BOTH_LISTEN RETR_SAID "? connected 1 server\n" BEGUN "? connected 1 client\n"
		       ENDS("9") DONE OFF PASSED HEARD_DONE CLIENT_TOOK },
	/* ABOR: its data may end in any way */
	{ MODE_AUTO, DOWNLOAD "> ABOR\n>> ABOR\n<< 426 a\n< 426 a\n<< 226 b\n< 226 b\n"
		     ENDS_LAST("9") PASSED CLIENT_TOOK },
};

START_TEST(download)
{
	begin(downloads[_i].mode);
	play(downloads[_i].script);
}
END_TEST

/* ---- others answer in the middle of a transfer ---- */

#define NO_TLS "< 502 Not available here: ssh protects this connection.\n"

static const char *const during[] = {
	/* at once, what cannot end it */
	DOWNLOAD "> STAT\n>> STAT\n<< 213-so\n< 213-so\n<< 226 far\n< 226 far\n"
	"<< 213 end\n< 213 end\n" ENDS("9") "<< 451 no\n" OFF "< 451 no\n! abort 1 client\n",
	DOWNLOAD "> noop\n>> noop\n<< 502 no\n< 502 no\n" ENDS("9") DONE OFF PASSED HEARD_DONE,
	DOWNLOAD "> PWD\n>> PWD\n<< 257 x\n< 257 x\n" ENDS("9") DONE OFF PASSED HEARD_DONE,
	DOWNLOAD "> REIN\n>> REIN\n<< 220 x\n< 220 x\n> USER a\n>> USER a\n<< 331 x\n< 331 x\n"
	ENDS("9") DONE OFF PASSED HEARD_DONE,
	UPLOAD "> SITE IDLE 900\n>> SITE IDLE 900\n<< 500 no\n< 500 no\n? eof 1 client lives\n"
	"! eof 1 server\n" DONE PROVED CLOSED HEARD_DONE,
	UPLOAD "> PWD\n>> PWD\n<< 257 x\n< 257 x\n",
	/* a 4xx that may be the transfer's is the other's when the data go on */
	DOWNLOAD "> NOOP\n>> NOOP\n<< 450 busy\n! timer 0 1000\n? timer 0\n< 450 busy\n"
	ENDS("9") DONE OFF PASSED HEARD_DONE,
	UPLOAD "> PASV\n>> PASV\n<< 450 busy\n! timer 0 1000\n? timer 0\n< 450 busy\n"
	"? eof 1 client lives\n! eof 1 server\n" DONE PROVED CLOSED HEARD_DONE,
	/* ... which they may have ended: then both are answered, and nothing is reset */
	DOWNLOAD "> NOOP\n>> NOOP\n<< 550 busy\n! timer 0 1000\n" ENDS("9") "? timer 0\n" OFF PASSED
	"< 550 busy\n" CLIENT_TOOK DONE HEARD_DONE "> PASV\n>> PASV\n",
	DOWNLOAD "> NOOP\n>> NOOP\n" ENDS("9") "<< 250 ok\n" OFF PASSED "< 250 ok\n" DONE HEARD_DONE,
	/* ... or its own reply is there already */
	DOWNLOAD "> NOOP\n>> NOOP\n<< 550 busy\n! timer 0 1000\n<< 226 done\n! timer 0 0\n! timer 1 5000\n"
	"< 550 busy\n" ENDS_LAST("9") PASSED OFF HEARD_DONE,
	DOWNLOAD "> EPSV\n>> EPSV\n" ENDS("9") "<< 450 busy\n! timer 0 1000\n? timer 0\n" OFF PASSED "< 450 busy\n" DONE HEARD_DONE
	"> PASV\n>> PASV\n<< 227 (1,2,3,4,5,6)\n! open 3 client listen 4 server dial 1.2.3.4:1286\n",
	/* the client's EOF that is passed on afterwards is not what it speaks of */
	UPLOAD "> NOOP\n>> NOOP\n<< 450 busy\n! timer 0 1000\n? eof 1 client lives\n! eof 1 server\n"
	"? timer 0\n< 450 busy\n" DONE PROVED CLOSED HEARD_DONE,
	/* in the end, too */
	DOWNLOAD "> NOOP\n>> NOOP\n" DONE STALL "<< 200 ok\n" ENDS_LAST("9") PASSED OFF HEARD_DONE
	"< 200 ok\n",
	/* before it, another's was taken for its own */
	PASSIVE STOR_SAID BOTH_CONNECTED "<< 200 hm\n< 200 hm\n<< 150 go\n! begin 1 up\n< 150 go\n"
	"? eof 1 client lives\n! eof 1 server\n" DONE PROVED CLOSED HEARD_DONE,
	PASSIVE STOR_SAID BOTH_CONNECTED "<< 550 hm\n< 550 hm\n? eof 1 client lives\n! eof 1 server\n"
	"> NOOP\n>> NOOP\n<< 150 go\n! begin 1 up\n< 150 go\n" DONE PROVED CLOSED HEARD_DONE
	"<< 200 ok\n< 200 ok\n",
	/* a setup in the middle that works */
	DOWNLOAD "> PASV\n>> PASV\n<< 227 (1,2,3,4,5,6)\n"
	"! open 2 client listen 4 server dial 1.2.3.4:1286\n? listening 2 client 40001\n"
	"< 227 Entering Passive Mode (10,0,0,2,156,65)\n" ENDS("9") DONE OFF PASSED HEARD_DONE,
	/* our own replies keep their place, and wait for no end */
	DOWNLOAD "> AUTH TLS\n" NO_TLS "> PWD\n>> PWD\n> PBSZ 0\n<< 257 x\n< 257 x\n" NO_TLS,
	PASSIVE RETR_SAID "> AUTH TLS\n" BOTH_CONNECTED BEGUN NO_TLS ENDS("9") DONE OFF PASSED HEARD_DONE,
	/* no final reply: what follows is answered all the same, ours too */
	DOWNLOAD ENDS("9") "? timer 1\n! check 1\n? alive 1\n" PASSED "> NOOP\n>> NOOP\n<< 200 ok\n< 200 ok\n"
	"> AUTH TLS\n" NO_TLS
	"> PASV\n>> PASV\n<< 227 (1,2,3,4,5,6)\n! open 2 client listen 4 server dial 1.2.3.4:1286\n",
	UPLOAD STORED SIZE_BEHIND "> AUTH TLS\n" NO_TLS "> NOOP\n>> NOOP\n<< 200 ok\n< 200 ok\n> AUTH TLS\n" NO_TLS,
	DOWNLOAD ENDS("9") "> PASV\n>> PASV\n<< 227 (1,2,3,4,5,6)\n! check 1\n"
	"! open 2 client listen 4 server dial 1.2.3.4:1286\n? alive 1\n" PASSED CLIENT_TOOK,
	/* CWD is answered twice, the second crosses PASV */
	GREETING "> CWD a\n>> CWD a\n<< 200 a\n< 200 a\n> PASV\n>> PASV\n<< 250 b\n! timer 1 1000\n"
	"< 250 b\n<< 227 (10,0,0,9,5,6)\n! timer 1 0\n" PASV_OPENS "? listening 1 client 40000\n" PASV_OURS,
	/* ... long before the 227 */
	GREETING "> CWD a\n>> CWD a\n<< 200 a\n< 200 a\n> PASV\n>> PASV\n<< 250 b\n! timer 1 1000\n"
	"< 250 b\n? timer 1\n<< 227 (10,0,0,9,5,6)\n" PASV_OPENS "? listening 1 client 40000\n" PASV_OURS,
	/* ... and that was PASV's answer */
	GREETING "> PASV\n>> PASV\n<< 250 b\n! timer 1 1000\n< 250 b\n? timer 1\n"
	"> RETR f\n>> RETR f\n<< 425 no\n< 425 no\n> EPSV\n>> EPSV\n<< 229 (|||1286|)\n"
	"! open 2 client listen 0 server dial :1286\n",
	GREETING "> PASV\n>> PASV\n<< 250 b\n! timer 1 1000\n< 250 b\n? timer 1\n"
	"> EPSV\n>> EPSV\n<< 229 (|||1286|)\n! open 2 client listen 0 server dial :1286\n",
	GREETING "> PASV\n>> PASV\n<< 250 b\n! timer 1 1000\n< 250 b\n<< 500 no\n! timer 1 0\n< 500 no\n",
};

START_TEST(in_the_middle)
{
	begin(MODE_AUTO);
	play(during[_i]);
}
END_TEST

/* No final reply, and that of the next command was taken for it: our PORT has an answer of its own. */
START_TEST(a_port_of_ours_behind)
{
	begin(MODE_ACTIVE);
	play(BOTH_LISTEN STOR_SAID BOTH_CONNECTED BEGUN STORED SIZE_BEHIND
	    "> PASV\n! open 2 server listen 4\n? listening 2 server 50001\n>> PORT 10,0,0,3,195,81\n"
	    "<< 200 ok\n! open 2 client listen 4\n? listening 2 client 40001\n"
	    "< 227 Entering Passive Mode (10,0,0,2,156,65)\n");
}
END_TEST

/* Out of step for good: it ends. */
START_TEST(not_for_ever)
{
	begin(MODE_AUTO);
	play(GREETING "> PASV\n>> PASV\n<< 250 b\n! timer 1 1000\n< 250 b\n? timer 1\n"
	    "> PASV\n>> PASV\n<< 250 b\n! timer 2 1000\n< 250 b\n? timer 2\n"
	    "> PASV\n>> PASV\n<< 250 b\n! timer 3 1000\n< 250 b\n? timer 3\n"
	    "> PASV\n"
	    "< 421 Closing the connection: the FTP server's replies do not fit the commands.\n"
	    "! hangup server\n! hangup client\n");
}
END_TEST

/* ---- uploads ---- */

/* QUIT waits for an upload's end. */
#define HELD "! timer 0 1000\n"
#define QUITS "! check 1\n" STALL "! timer 0 0\n>> QUIT\n"
#define LIVES "? eof 1 client lives\n! eof 1 server\n"
#define UNKNOWN "? eof 1 client 100\n! timer 1 50\n"
#define DIES "? eof 1 client dies\n! timer 1 1000\n"
#define CHECKED "? timer 1\n! eof 1 server\n"

static const struct {
	enum server_mode mode;
	const char *script;
} uploads[] = {
	/* whole: the client lives on */
	{ MODE_AUTO, UPLOAD LIVES DONE PROVED CLOSED HEARD_DONE },
	{ MODE_AUTO, UPLOAD UNKNOWN CHECKED DONE PROVED CLOSED HEARD_DONE },
	{ MODE_AUTO, UPLOAD "? eof 1 client 2000000\n! timer 1 250\n" CHECKED DONE PROVED CLOSED HEARD_DONE },
	/* it says so of a file that nobody has brought to it, for it never came to our port; then passive */
	{ MODE_AUTO, GREETING "> PORT 10,0,0,1,19,136\n! open 1 server listen 4\n? listening 1 server 50000\n"
		     ">> PORT 10,0,0,3,195,80\n<< 200 ok\n! open 1 client dial 10.0.0.1:5000\n< 200 ok\n"
		     STOR_SAID BEGUN DONE ASKS STALL "? alive 1\n" "! abort 1 client\n" NEVER_CAME "> PORT 10,0,0,1,19,137\n>> PASV\n" },
	/* ... whatever comes first: it is not over before the server has said what became of it */
	{ MODE_AUTO, UPLOAD LIVES "? eof 1 server\n! eof 1 client\n? drained 1 client\n" DONE
		     "! close 1\n" HEARD_DONE },
	{ MODE_AUTO, UPLOAD LIVES "? eof 1 server\n! eof 1 client\n? drained 1 client\n<< 451 no\n"
		     "! close 1\n< 451 no\n" },
	{ MODE_AUTO, UPLOAD LIVES "<< 200 ok\n" PROVED CLOSED "< 200 ok\n" },
	/* ... and nobody listens at the server's port, as is learned after its success */
	{ MODE_AUTO, UPLOAD LIVES DONE "! check 1\n" STALL "? failed 1 server Connection refused\n"
		     "! abort 1 client\n< 425 Cannot open a data connection: Connection refused.\n" },
	/* ... or has said QUIT before it went; that goes on behind the end, which it waits for a second */
	{ MODE_AUTO, UPLOAD UNKNOWN "> QUIT\n! eof 1 server\n! timer 1 0\n" HELD DONE QUITS
		     "? alive 1\n! eof 1 client\n" CLOSED HEARD_DONE "<< 221 bye\n< 221 bye\n" },
	{ MODE_AUTO, UPLOAD "> QUIT\n" HELD "? timer 0\n>> QUIT\n<< 221 bye\n< 221 bye\n? eof 1 client 9\n"
		     "! eof 1 server\n" },
	/* ... from the last that has moved */
	{ MODE_AUTO, UPLOAD "? moved 1 client\n> QUIT\n" HELD "? timer 0\n>> QUIT\n<< 221 bye\n< 221 bye\n" },
	{ MODE_AUTO, UPLOAD "> QUIT\n" HELD "? moved 1 client\n? timer 0\n" HELD "? timer 0\n>> QUIT\n" },
	{ MODE_AUTO, UPLOAD "> QUIT\n" HELD "? end client\n? eof 1 client 9\n! eof 1 server\n" DONE QUITS
		     LEAVES "? alive 1\n! eof 1 client\n" CLOSED HEARD_DONE
		     "<< 221 bye\n! control-eof server\n! timer 0 30000\n< 221 bye\n" },
	/* cut off: the control connection is gone with the data connection, or before, or after */
	{ MODE_AUTO, UPLOAD "? end client\n" LEAVES "? eof 1 client 9\n! abort 1 both\n" },
	{ MODE_AUTO, UPLOAD UNKNOWN "? end client\n! abort 1 both\n" LEAVES },
	{ MODE_AUTO, UPLOAD DIES "? end client\n! abort 1 both\n" LEAVES },
	{ MODE_AUTO, UPLOAD "? reset 1 client\n! abort 1 both\n" CUT_OFF },
	{ MODE_AUTO, UPLOAD UNKNOWN "? reset 1 client\n! abort 1 both\n" CUT_OFF },
	/* ... does not die after all */
	{ MODE_AUTO, UPLOAD DIES "> QUIT\n! eof 1 server\n! timer 1 0\n" HELD "? end client\n? timer 0\n>> QUIT\n"
		     LEAVES },
	{ MODE_AUTO, UPLOAD DIES CHECKED DONE PROVED CLOSED HEARD_DONE },
	/* ... lives, though it says no more on the control connection */
	{ MODE_AUTO, UPLOAD "? end client\n" LEAVES LIVES },
	/* ... by one that did not wait for an answer, and whose STOR is still on its way */
	{ MODE_AUTO, PASSIVE BOTH_CONNECTED "? moved 1 client\n? reset 1 client\n! abort 1 both\n"
		     "> STOR f\n>> STOR f\n" },
	{ MODE_AUTO, PASSIVE BOTH_CONNECTED "? moved 1 client\n? end client\n! abort 1 both\n"
		     "! control-eof server\n! timer 0 30000\n" },
	/* one that did not wait for 150 */
	{ MODE_AUTO, PASSIVE BOTH_CONNECTED "? eof 1 client lives\n" STOR_SAID "! eof 1 server\n" BEGUN
		     DONE PROVED CLOSED HEARD_DONE },
	/* after the end was passed on it is the server's business */
	{ MODE_AUTO, UPLOAD LIVES "? reset 1 client\n! abort 1 none\n" DONE HEARD_DONE },
	/* ABOR is the server's to act upon */
	{ MODE_AUTO, UPLOAD "> ABOR\n>> ABOR\n" LIVES "<< 426 no\n" CLOSES CLOSED "< 426 no\n"
		     "<< 226 ok\n< 226 ok\n" },
	/* the server refuses, before and in the middle: the client may go on sending, as direct */
	{ MODE_AUTO, PASSIVE STOR_SAID BOTH_CONNECTED "<< 553 no\n< 553 no\n> STOR g\n>> STOR g\n"
		     "! begin 1 up\n" BEGUN LIVES DONE PROVED CLOSED HEARD_DONE },
	{ MODE_AUTO, PASSIVE STOR_SAID "<< 332 ACCT?\n< 332 ACCT?\n" },
	{ MODE_AUTO, UPLOAD "<< 452 full\n" CLOSES "? drained 1 client\n" OFF "< 452 full\n"
		     "? eof 1 server\n? eof 1 client lives\n! eof 1 server\n! close 1\n" },
	{ MODE_AUTO, UPLOAD "? reset 1 server\n! abort 1 client\n<< 426 no\n< 426 no\n" },
	{ MODE_AUTO, UPLOAD "? reset 1 server\n! abort 1 client\n" DONE BROKEN },
	/* behind one without a reply, which has taken that of the next one: it is cut all the same */
	{ MODE_AUTO, BUSY_BEHIND "> STOR g\n>> STOR g\n? reset 2 client dies\n! abort 2 both\n" },
	{ MODE_AUTO, BUSY_BEHIND "> STOR g\n>> STOR g\n" BEGUN "? reset 2 client dies\n! abort 2 both\n" CUT_OFF },
	{ MODE_AUTO, UPLOAD "? reset 1 server reset by itself\n! abort 1 client\n" DONE HEARD_DONE },
	/* ... or says yes without a 150, and has used nothing: the setup is the next one's, until it is replaced */
	{ MODE_AUTO, PASSIVE STOR_SAID BOTH_CONNECTED DONE HEARD_DONE
		     "> RETR f\n>> RETR f\n! begin 1 down\n" BEGUN ENDS("9") DONE OFF PASSED HEARD_DONE CLIENT_TOOK },
	{ MODE_AUTO, PASSIVE STOR_SAID BOTH_CONNECTED DONE HEARD_DONE
		     "> PASV\n! close 1\n>> PASV\n" },
	{ MODE_AUTO, PASSIVE STOR_SAID BOTH_CONNECTED "<< 200 ok\n< 200 ok\n> LIST\n>> LIST\n! begin 1 down\n" },
	{ MODE_ACTIVE, BOTH_LISTEN STOR_SAID "? connected 1 client\n? moved 1 client\n" DONE ASKS STALL "? alive 1\n"
		     OFF HEARD_DONE "> STOR f\n>> STOR f\n! begin 1 up\n? connected 1 server\n" BEGUN LIVES DONE CLOSES
		     CLOSED HEARD_DONE },
	/* the server ends it early: the client sees that */
	{ MODE_AUTO, UPLOAD "? eof 1 server\n! eof 1 client\n? drained 1 client\n" DONE HEARD_DONE LIVES
		     "! close 1\n" },
	/* its control connection is gone: it may still be writing the file, of which no end is made up */
	{ MODE_AUTO, UPLOAD LEFT LIVES "? eof 1 server\n! eof 1 client\n! close 1\n! hangup server\n" },
	{ MODE_AUTO, UPLOAD LIVES LEFT "? eof 1 server\n! eof 1 client\n! close 1\n! hangup server\n" },
	{ MODE_AUTO, UPLOAD "<< 421 no\n< 421 no\n" LEFT LIVES "? eof 1 server\n! eof 1 client\n! close 1\n"
		     "! hangup server\n" },
	{ MODE_AUTO, UPLOAD "<< 421 no\n< 421 no\n" LEFT "? eof 1 client\n! abort 1 both\n! hangup server\n" },
	{ MODE_AUTO, UPLOAD LEFT "? eof 1 client dies\n! abort 1 both\n! hangup server\n" },
	{ MODE_AUTO, UPLOAD UNKNOWN LEFT "? timer 1\n! abort 1 both\n! hangup server\n" },
	{ MODE_AUTO, UPLOAD LEFT "? timer 0\n! abort 1 both\n! hangup server\n" },
	{ MODE_AUTO, UPLOAD "? fail gone\n! abort 1 both\n< 421 Closing the connection: gone.\n"
		     "! hangup server\n! hangup client\n" },
	/* the client's end never came about: no empty file at the server */
	{ MODE_PASSIVE, CROSSED STOR_SAID BEGUN DIALS_CLIENT
			"? failed 1 client\n! abort 1 both\n" CUT_OFF },
	{ MODE_AUTO, PASSIVE STOR_SAID "? failed 1 client\n! abort 1 client\n"
			     "<< 425 nobody\n< 425 nobody\n" },
};

START_TEST(upload)
{
	begin(uploads[_i].mode);
	play(uploads[_i].script);
}
END_TEST

/* ---- by verbs that are unknown: a 1xx begins them ---- */

#define UNNAMED_SAID "> XVERB f\n>> XVERB f\n"
#define UNNAMED PASSIVE UNNAMED_SAID BOTH_CONNECTED "<< 150 go\n! begin 1 down\n< 150 go\n"
#define GOES_UP UNNAMED "? moved 1 client\n! begin 1 up\n"
#define GOES_DOWN UNNAMED "? moved 1 server\n! begin 1 down\n"

static const char *const unnamed[] = {
	/* what moves first says which way */
	GOES_UP LIVES DONE PROVED CLOSED HEARD_DONE,
	GOES_UP UNKNOWN CHECKED DONE PROVED CLOSED HEARD_DONE,
	GOES_DOWN ENDS("100") DONE OFF PASSED HEARD_DONE CLIENT_TOOK,
	GOES_DOWN DONE STALL ENDS_LAST("100") PASSED OFF HEARD_DONE CLIENT_TOOK,
	PASSIVE UNNAMED_SAID BOTH_CONNECTED "? eof 1 client 9\n! timer 1 50\n<< 125 go\n! begin 1 up\n< 125 go\n"
	CHECKED DONE PROVED CLOSED HEARD_DONE,
	PASSIVE UNNAMED_SAID BOTH_CONNECTED "? moved 1 server\n<< 150 go\n! begin 1 down\n< 150 go\n"
	ENDS("9") DONE OFF PASSED HEARD_DONE CLIENT_TOOK,
	/* without a 1xx its end waits for no reply, and a 226 behind its data is its own */
	PASSIVE UNNAMED_SAID BOTH_CONNECTED "? moved 1 server\n? eof 1 server 100\n! timer 1 5000\n! check 1\n? alive 1\n" PASSED
	DONE "! begin 1 down\n! eof 1 server\n" OFF HEARD_DONE CLIENT_TOOK,
	PASSIVE UNNAMED_SAID BOTH_CONNECTED "? moved 1 server\n" DONE "! begin 1 down\n" STALL ENDS_LAST("100") PASSED OFF
	HEARD_DONE CLIENT_TOOK,
	PASSIVE UNNAMED_SAID BOTH_CONNECTED DONE HEARD_DONE "? moved 1 server\n? eof 1 server 100\n! eof 1 server\n"
	"! timer 1 5000\n! check 1\n? alive 1\n" PASSED,
	PASSIVE UNNAMED_SAID BOTH_CONNECTED "? moved 1 server\n<< 350 ok\n< 350 ok\n" RETR_SAID BEGUN ENDS("9") DONE OFF
	PASSED HEARD_DONE CLIENT_TOOK,
	PASSIVE UNNAMED_SAID BOTH_CONNECTED "? eof 1 server 0\n! timer 1 5000\n! check 1\n<< 150 go\n! begin 1 down\n< 150 go\n"
	"? alive 1\n? timer 1\n! check 1\n? alive 1\n" PASSED,
	/* no clean end of what is cut */
	PASSIVE UNNAMED_SAID BOTH_CONNECTED "? moved 1 server\n? eof 1 server 100\n! timer 1 5000\n! check 1\n? fail gone\n"
	"! abort 1 both\n< 421 Closing the connection: gone.\n! hangup server\n! hangup client\n",
	GOES_DOWN ENDS("100") "? end server\n! abort 1 client\n" GONE,
	GOES_DOWN ENDS("100") "<< 426 no\n" OFF "< 426 no\n! abort 1 client\n",
	GOES_DOWN "? fail gone\n! abort 1 client\n< 421 Closing the connection: gone.\n"
	"! hangup server\n! hangup client\n",
	GOES_UP DIES "? end client\n! abort 1 both\n" LEAVES,
	GOES_UP "? end client\n" LEAVES "? eof 1 client 9\n! abort 1 both\n",
	GOES_UP "? reset 1 client\n! abort 1 both\n" CUT_OFF,
	/* nothing has moved: it may be either */
	UNNAMED LIVES "? eof 1 server\n! timer 1 5000\n" DONE OFF CLOSES CLOSED HEARD_DONE,
	UNNAMED "? eof 1 client\n! timer 1 50\n? end client\n! abort 1 both\n" LEAVES,
	UNNAMED "? reset 1 client\n! abort 1 both\n" CUT_OFF,
	UNNAMED "? reset 1 server\n! abort 1 client\n" DONE BROKEN,
	UNNAMED "? end server\n! abort 1 both\n" GONE,
	UNNAMED "? fail gone\n! abort 1 both\n< 421 Closing the connection: gone.\n"
	"! hangup server\n! hangup client\n",
	UNNAMED "? eof 1 server\n! timer 1 5000\n" LIVES DONE OFF CLOSES CLOSED HEARD_DONE,
	/* ... and the 1xx was of something else: the connection is the next one's */
	UNNAMED "<< 250 gone\n" ASKS STALL "? alive 1\n" "< 250 gone\n" OFF RETR_SAID BEGUN ENDS("9") DONE OFF PASSED
	HEARD_DONE CLIENT_TOOK,
	UNNAMED "<< 550 no\n< 550 no\n" STOR_SAID BEGUN LIVES DONE PROVED CLOSED HEARD_DONE,
	PASSIVE UNNAMED_SAID "<< 120 wait\n< 120 wait\n<< 250 ok\n< 250 ok\n" RETR_SAID,
	/* one that is refused leaves it to the next one, too */
	PASSIVE RETR_SAID BOTH_CONNECTED "<< 550 no\n< 550 no\n" UNNAMED_SAID "<< 150 go\n! begin 1 down\n< 150 go\n"
	"? moved 1 client\n! begin 1 up\n" DIES CHECKED DONE PROVED CLOSED HEARD_DONE,
	GREETING UNNAMED_SAID BEGUN DONE HEARD_DONE "> NOOP\n>> NOOP\n",
	/* behind an upload that got no reply */
	UPLOAD LIVES "? eof 1 server\n! eof 1 client\n> PORT 10,0,0,1,19,136\n! open 2 server listen 4\n"
	"? listening 2 server 50000\n>> PORT 10,0,0,3,195,80\n<< 200 ok\n! open 2 client dial 10.0.0.1:5000\n"
	"< 200 ok\n" UNNAMED_SAID "<< 150 go\n! begin 2 down\n! close 1\n< 150 go\n",
	UPLOAD LIVES "? eof 1 server\n! eof 1 client\n> PORT 10,0,0,1,19,136\n! open 2 server listen 4\n"
	"? listening 2 server 50000\n>> PORT 10,0,0,3,195,80\n<< 200 ok\n! open 2 client dial 10.0.0.1:5000\n"
	"< 200 ok\n> SIZE x\n>> SIZE x\n<< 550 no\n! timer 0 1000\n? drained 1 client\n? timer 0\n! close 1\n< 550 no\n"
	UNNAMED_SAID "? connected 2 server\n<< 150 go\n! begin 2 down\n< 150 go\n? connected 2 client\n<< 200 a\n"
	"! check 2\n! timer 2 5000\n",
};

START_TEST(by_unknown_verbs)
{
	begin(MODE_AUTO);
	play(unnamed[_i]);
}
END_TEST

/* As through -R. */
static void
begin_remote(void)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	config.far[SERVER] = false;
	config.far[CLIENT] = true;
	begin_with(&config);
}

/* Where a reset reaches the server, an upload that breaks is no reason to end the session. */
START_TEST(near_server)
{
	begin_remote();
	play(UPLOAD "? reset 1 client\n! abort 1 both\n<< 426 no\n< 426 no\n> NOOP\n>> NOOP\n");
	begin_remote();
	play(UPLOAD "? reset 1 server\n! abort 1 none\n" DONE HEARD_DONE);
}
END_TEST

/* One that connects to us, refuses and is told QUIT: the client sees that connection, as direct. */
#define REFUSES_HERE GREETING "> PORT 10,0,0,1,19,136\n! open 1 server listen 4\n? listening 1 server 50000\n" \
	">> PORT 10,0,0,3,195,80\n<< 200 ok\n! open 1 client dial 10.0.0.1:5000\n< 200 ok\n" RETR_SAID \
	"> QUIT\n>> QUIT\n<< 550 no\n" ASKS STALL
static const char *const near_connects[] = {
	REFUSES_HERE "? connected 1 server\n? alive 1\n? connected 1 client\n" OFF "< 550 no\n",
	REFUSES_HERE "? connected 1 server\n? connected 1 client\n" OFF "< 550 no\n? alive 1\n",
	REFUSES_HERE "? alive 1\n" OFF "< 550 no\n",
	REFUSES_HERE "? timer 1\n< 550 no\n",
};

START_TEST(near_server_connects)
{
	begin_remote();
	play(near_connects[_i]);
}
END_TEST

/* A far client cannot be reset: the end of file goes first, and 226 when it has seen that. */
static const char *const far_client[] = {
	DOWNLOAD ENDS("9") DONE OFF PASSED STALL "? eof 1 client lives\n" OFF "< 226 done\n",
	DOWNLOAD ENDS("9") DONE OFF PASSED STALL "? drained 1 client\n" STALL "? timer 1\n! close 1\n"
	"< 226 done\n",
	DOWNLOAD DONE STALL ENDS_LAST("9") PASSED "? count 1 server 10\n? timer 1\n" STALL
	"? eof 1 client lives\n" OFF "< 226 done\n",
	DOWNLOAD "? eof 1 client lives\n! eof 1 server\n? eof 1 server 9\n! timer 1 5000\n" DONE OFF PASSED
	STALL "? drained 1 client\n" STALL "? timer 1\n! close 1\n< 226 done\n",
	/* what was taken for its reply was another's: that one waits no more */
	DOWNLOAD "> CWD a\n>> CWD a\n<< 250 a\n! timer 0 1000\n" ENDS("9") "! timer 0 0\n" OFF PASSED STALL DONE STALL
	"< 250 a\n" OFF STALL "? eof 1 client lives\n" OFF HEARD_DONE,
	/* ssh has broken off, not the client: what it has may look whole */
	DOWNLOAD ENDS("9") DONE OFF PASSED STALL "? reset 1 client\n! abort 1 none\n" BROKEN,
	DOWNLOAD ENDS("9") DONE OFF PASSED STALL "? reset 1 client reset by itself\n! abort 1 none\n" HEARD_DONE,
	/* nothing came, or nobody: nothing can be overtaken */
	DOWNLOAD ENDS("0") DONE OFF PASSED ASKS STALL "? alive 1\n" HEARD_DONE OFF,
	DOWNLOAD ENDS("0") DONE OFF PASSED ASKS STALL "? eof 1 client lives\n" HEARD_DONE OFF "? alive 1\n",
	DOWNLOAD ENDS("0") DONE OFF PASSED ASKS STALL "? timer 1\n" HEARD_DONE,
	DOWNLOAD DONE STALL ENDS_LAST("0") PASSED ASKS "? alive 1\n" OFF HEARD_DONE,
	PASSIVE RETR_SAID BEGUN DONE ASKS STALL "? alive 1\n" HEARD_DONE OFF,
	PASSIVE RETR_SAID BEGUN DONE ASKS STALL BOTH_CONNECTED "? alive 1\n? eof 1 server 9\n" PASSED
	"? eof 1 client lives\n" OFF HEARD_DONE,
	TYPE_FIRST RETR_SAID BOTH_CONNECTED BEGUN_OF("100") ENDS("0") DONE OFF BROKEN "! abort 1 none\n",
};

START_TEST(far_client_comes_back)
{
	begin_remote();
	play(far_client[_i]);
}
END_TEST

/* What was asked before the end (is the client there?) says nothing about it: the 150 may be on its way. */
START_TEST(asked_before_the_end)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	config.dials = false;
	begin_with(&config);
	play(TYPE_FIRST "> RETR f\n" ASKS "! timer 1 3000\n? connected 1 client\n? connected 1 server\n"
	    OFF "! begin 1 down\n>> RETR f\n" ENDS("0") "? alive 1\n"
	    "<< 150 f (5001 bytes)\n< 150 f (5001 bytes)\n" DONE OFF "! abort 1 client\n" BROKEN);
}
END_TEST

/* A client that dies with more commands on their way than are read: its end comes never. */
START_TEST(dies_behind_commands)
{
	char commands[40000];

	memset(commands, 'x', sizeof(commands));
	begin(MODE_AUTO);
	play(UPLOAD "> EPSV ALL\n>> EPSV ALL\n"); /* which holds what comes after it */
	session_push(d->s, CLIENT, commands, sizeof(commands));
	play(DIES "? timer 1\n! abort 1 both\n" CUT_OFF);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, NULL, finish);
	tcase_add_loop_test(t, download, 0, sizeof(downloads) / sizeof(downloads[0]));
	tcase_add_loop_test(t, in_the_middle, 0, sizeof(during) / sizeof(during[0]));
	tcase_add_test(t, a_port_of_ours_behind);
	tcase_add_test(t, not_for_ever);
	tcase_add_loop_test(t, upload, 0, sizeof(uploads) / sizeof(uploads[0]));
	tcase_add_loop_test(t, by_unknown_verbs, 0, sizeof(unnamed) / sizeof(unnamed[0]));
	tcase_add_test(t, near_server);
	tcase_add_loop_test(t, near_server_connects, 0, 4);
	tcase_add_test(t, asked_before_the_end);
	tcase_add_loop_test(t, far_client_comes_back, 0, sizeof(far_client) / sizeof(far_client[0]));
	tcase_add_test(t, dies_behind_commands);
}

int
main(void)
{
	return unit_run("session_integrity", add);
}
