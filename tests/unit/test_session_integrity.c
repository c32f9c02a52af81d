/* Nothing that was cut short may look whole: not a download at the client, not an upload
 * at the server. */
#include "script.h"

#define DONE "<< 226 done\n"
#define HEARD_DONE "< 226 done\n"
#define STALL "! timer 1 5000\n"
#define WAIT "! timer 1 10000\n"
#define SERVER_ENDS "? eof 1 server 100\n! eof 1 server\n"
#define CLIENT_TOOK "? drained 1 client\n! close 1\n"
#define CUT_OFF "< 421 Closing the connection: the upload was cut off.\n! hangup server\n" \
		"! hangup client\n"
#define LOST "< 421 The FTP server at ftp.example.org has closed the connection.\n" \
	     "! hangup client\n! hangup server\n"
#define BROKEN "< 426 Connection closed; transfer aborted.\n"
/* both ends are dialled: the client's PORT, the server's PASV */
#define CROSSED GREETING "> PORT 10,0,0,1,19,136\n>> PASV\n<< 227 (10,0,0,9,5,6)\n" \
		"< 200 PORT command successful.\n"

static const struct {
	enum server_mode mode;
	const char *script;
} downloads[] = {
	/* whole: the reply in front of the data's end, and behind it */
	{ MODE_AUTO, DOWNLOAD DONE STALL SERVER_ENDS "! eof 1 client\n" CLIENT_TOOK HEARD_DONE },
	{ MODE_AUTO, DOWNLOAD SERVER_ENDS WAIT DONE STALL "! eof 1 client\n" CLIENT_TOOK HEARD_DONE },
	{ MODE_AUTO, DOWNLOAD SERVER_ENDS WAIT "<< 250 done\n" STALL "! eof 1 client\n" CLIENT_TOOK
		     "< 250 done\n" },
	/* a slow reader: progress prolongs the wait, without it the reply goes out */
	{ MODE_AUTO, DOWNLOAD DONE STALL "? timer 1 10\n" STALL "? timer 1 20\n" STALL
		     "? timer 1 20\n" HEARD_DONE SERVER_ENDS "! eof 1 client\n" CLIENT_TOOK },
	/* the server says that it failed */
	{ MODE_AUTO, DOWNLOAD SERVER_ENDS WAIT "<< 426 no\n" STALL "! abort 1 client\n< 426 no\n" },
	{ MODE_AUTO, DOWNLOAD SERVER_ENDS WAIT "<< 451-disk\n<< 451 error\n" STALL
		     "! abort 1 client\n< 451-disk\n< 451 error\n" },
	{ MODE_AUTO, DOWNLOAD "<< 451 no\n" STALL SERVER_ENDS "! abort 1 client\n< 451 no\n" },
	{ MODE_AUTO, DOWNLOAD "<< 451 no\n" STALL "? timer 1 0\n! abort 1 client\n< 451 no\n" },
	/* no final reply in time, or with the connection gone */
	{ MODE_AUTO, DOWNLOAD SERVER_ENDS WAIT "? timer 1 100\n! abort 1 client\n" DONE BROKEN },
	{ MODE_AUTO, DOWNLOAD SERVER_ENDS WAIT "? end server\n! abort 1 client\n" LOST },
	{ MODE_AUTO, DOWNLOAD "? end server\n! abort 1 client\n" LOST },
	{ MODE_AUTO, PASSIVE "> RETR f\n>> RETR f\n" BOTH_CONNECTED "? end server\n! abort 1 client\n"
			     LOST },
	/* ... after the final reply the data may still come */
	{ MODE_AUTO, DOWNLOAD DONE STALL "? end server\n" SERVER_ENDS "! eof 1 client\n" CLIENT_TOOK
		     HEARD_DONE LOST },
	/* a reply to STAT or NOOP in the middle is not the transfer's */
	{ MODE_AUTO, DOWNLOAD "> STAT\n>> STAT\n<< 213-so\n< 213-so\n<< 226 far\n<  226 far\n"
		     "<< 213 end\n< 213 end\n" SERVER_ENDS WAIT "<< 451 no\n" STALL
		     "! abort 1 client\n< 451 no\n> STAT f\n>> STAT f\n<< 213 f\n< 213 f\n" },
	{ MODE_AUTO, DOWNLOAD "> noop\n>> noop\n> PWD\n>> PWD\n> STAT\n>> STAT\n<< 200 ok\n< 200 ok\n"
		     "<< 211 ok\n< 211 ok\n" DONE STALL SERVER_ENDS "! eof 1 client\n" CLIENT_TOOK
		     HEARD_DONE "<< 257 x\n< 257 x\n> PASV\n>> PASV\n" },
	/* ... if there was any */
	{ MODE_AUTO, DOWNLOAD "> PWD\n>> PWD\n<< 200 done\n" STALL SERVER_ENDS "! eof 1 client\n"
		     CLIENT_TOOK "< 200 done\n<< 257 x\n< 257 x\n" },
	/* ... and behind the transfer's reply it is one like any other */
	{ MODE_AUTO, DOWNLOAD "> NOOP\n>> NOOP\n" DONE STALL "<< 200 ok\n" SERVER_ENDS
		     "! eof 1 client\n" CLIENT_TOOK HEARD_DONE "< 200 ok\n" },
	/* REIN ends MODE B: whole is what the reply says is whole */
	{ MODE_AUTO, GREETING "> MODE B\n>> MODE B\n<< 200 ok\n< 200 ok\n> REIN\n>> REIN\n<< 220 ok\n"
		     "< 220 ok\n" PASV_READY "> RETR f\n>> RETR f\n" BOTH_CONNECTED BEGUN SERVER_ENDS
		     WAIT "<< 451 no\n" STALL "! abort 1 client\n< 451 no\n" },
	/* the data connection breaks */
	{ MODE_AUTO, DOWNLOAD "? reset 1 server\n! abort 1 client\n" DONE BROKEN },
	{ MODE_AUTO, DOWNLOAD "? reset 1 server\n! abort 1 client\n<< 426 no\n< 426 no\n" },
	{ MODE_AUTO, DOWNLOAD DONE STALL "? reset 1 server\n! abort 1 client\n" BROKEN },
	{ MODE_AUTO, DOWNLOAD "? reset 1 client\n! close 1\n<< 426 no\n< 426 no\n" },
	/* the client closes what it has enough of */
	{ MODE_AUTO, DOWNLOAD "? eof 1 client\n! eof 1 server\n<< 426 no\n" STALL
		     "? eof 1 server\n! abort 1 client\n< 426 no\n" },
	/* ... or says no more on either connection, and may still read */
	{ MODE_AUTO, DOWNLOAD "? end client\n? eof 1 client\n! abort 1 client\n! eof 0 server\n"
		     "<< 426 no\n< 426 no\n" },
	{ MODE_AUTO, DOWNLOAD "? eof 1 client\n! eof 1 server\n? end client\n! abort 1 client\n"
		     "! eof 0 server\n" DONE BROKEN },
	{ MODE_AUTO, DOWNLOAD DONE STALL "? end client\n? eof 1 client\n! abort 1 client\n" BROKEN
		     "! eof 0 server\n" },
	/* the session is ended from outside */
	{ MODE_AUTO, DOWNLOAD "? fail gone\n! abort 1 client\n< 421 Closing the connection: gone.\n"
		     "! hangup server\n! hangup client\n" },
	{ MODE_AUTO, DOWNLOAD SERVER_ENDS WAIT DONE STALL "! eof 1 client\n? fail gone\n! close 1\n"
		     "< 421 Closing the connection: gone.\n! hangup server\n! hangup client\n" },
	/* refused before it began: no trace */
	{ MODE_AUTO, PASSIVE "> RETR f\n>> RETR f\n<< 550 none\n" STALL "! close 1\n< 550 none\n" },
	{ MODE_AUTO, PASSIVE "> RETR f\n>> RETR f\n<< 332 ACCT?\n" STALL "! close 1\n< 332 ACCT?\n" },
	{ MODE_AUTO, PASSIVE "> RETR f\n>> RETR f\n" BOTH_CONNECTED "<< 550 none\n" STALL
			     "! timer 1 1\n? timer 1 0\n! close 1\n< 550 none\n" },
	{ MODE_AUTO, PASSIVE "> RETR f\n>> RETR f\n" BOTH_CONNECTED "<< 550 none\n" STALL
			     "! timer 1 1\n? eof 1 server 0\n! eof 1 server\n! eof 1 client\n"
			     CLIENT_TOOK "< 550 none\n" },
	/* ... or not refused, by a server that sends no 1xx */
	{ MODE_AUTO, PASSIVE "> RETR f\n>> RETR f\n" BOTH_CONNECTED "<< 451 no\n" STALL
			     "! timer 1 1\n? timer 1 100\n! timer 1 5000\n! abort 1 client\n< 451 no\n" },
	{ MODE_AUTO, PASSIVE "> RETR f\n>> RETR f\n" BOTH_CONNECTED "<< 451 no\n" STALL
			     "! timer 1 1\n" SERVER_ENDS "! abort 1 client\n< 451 no\n" },
	{ MODE_AUTO, PASSIVE "> RETR f\n>> RETR f\n" BOTH_CONNECTED "? eof 1 server 0\n! eof 1 server\n" WAIT
			     "<< 550 none\n" STALL "! eof 1 client\n" CLIENT_TOOK "< 550 none\n" },
	{ MODE_AUTO, PASSIVE "> RETR f\n>> RETR f\n? connected 1 client\n! dial 1 server 10.0.0.9:1286\n"
			     "? failed 1 server\n! abort 1 client\n<< 550 none\n< 550 none\n" },
	{ MODE_PASSIVE, CROSSED "> RETR f\n>> RETR f\n! dial 1 server 10.0.0.9:1286\n"
			"? connected 1 server\n<< 550 none\n" STALL "! close 1\n< 550 none\n" },
	/* no 1xx at all: the client is dialled for what comes */
	{ MODE_PASSIVE, CROSSED "> RETR f\n>> RETR f\n! dial 1 server 10.0.0.9:1286\n"
			"? connected 1 server\n" DONE STALL "! dial 1 client 10.0.0.1:5000\n"
			"? connected 1 client\n" SERVER_ENDS "! eof 1 client\n" CLIENT_TOOK HEARD_DONE },
	/* a client that cannot be reached has not got what the server sent */
	{ MODE_PASSIVE, CROSSED "> RETR f\n>> RETR f\n! dial 1 server 10.0.0.9:1286\n"
			"? connected 1 server\n" BEGUN "! dial 1 client 10.0.0.1:5000\n"
			"? failed 1 client\n! abort 1 client\n" DONE BROKEN },
	{ MODE_ACTIVE, GREETING "> PASV\n! listen 1 server 4\n? listening 1 server 50000\n"
		       ">> PORT 10,0,0,3,195,80\n<< 200 ok\n! listen 1 client 4\n"
		       "? listening 1 client 40000\n" PASV_OURS "> RETR f\n>> RETR f\n"
		       "? connected 1 server\n<< 150 go\n! timer 1 1000\n? timer 1 0\n< 150 go\n"
		       DONE STALL "? timer 1 0\n! abort 1 client\n" BROKEN },
	/* ... nor is a client told to begin before it is there (or has had its time) */
	{ MODE_ACTIVE, GREETING "> PASV\n! listen 1 server 4\n? listening 1 server 50000\n"
		       ">> PORT 10,0,0,3,195,80\n<< 200 ok\n! listen 1 client 4\n"
		       "? listening 1 client 40000\n" PASV_OURS "> RETR f\n>> RETR f\n"
		       "? connected 1 server\n<< 150 go\n! timer 1 1000\n? connected 1 client\n"
		       "! timer 1 0\n< 150 go\n" SERVER_ENDS WAIT DONE STALL "! eof 1 client\n"
		       CLIENT_TOOK HEARD_DONE },
	/* a listing of what is not there: the reply is what the client wants to see */
	{ MODE_AUTO, PASSIVE "> LIST no\n>> LIST no\n" BOTH_CONNECTED BEGUN
		     "? eof 1 server 0\n! eof 1 server\n! timer 1 10000\n<< 450 none\n! timer 1 5000\n"
		     "! eof 1 client\n? drained 1 client\n! close 1\n< 450 none\n" },
};

START_TEST(download)
{
	begin(downloads[_i].mode);
	play(downloads[_i].script);
}
END_TEST

#define CLIENT_ENDS "? eof 1 client 100\n! timer 1 3\n"
#define DIES "? dies 500\n? eof 1 client 100\n! timer 1 500\n"
#define CHECKED "? timer 1 100\n! eof 1 server\n"
#define SERVER_TOOK "? eof 1 server\n! eof 1 client\n! close 1\n"

static const struct {
	enum server_mode mode;
	const char *script;
} uploads[] = {
	/* whole: the client lives on */
	{ MODE_AUTO, UPLOAD CLIENT_ENDS CHECKED DONE STALL HEARD_DONE SERVER_TOOK },
	/* ... whatever comes first: it is not over before the server has said what became of it */
	{ MODE_AUTO, UPLOAD CLIENT_ENDS CHECKED "? eof 1 server\n! eof 1 client\n" DONE STALL
		     "! close 1\n" HEARD_DONE },
	{ MODE_AUTO, UPLOAD CLIENT_ENDS CHECKED "? eof 1 server\n! eof 1 client\n<< 451 no\n" STALL
		     "! abort 1 client\n< 451 no\n" },
	/* ... and asks in the middle how far it is */
	{ MODE_AUTO, UPLOAD "> STAT\n>> STAT\n<< 213 half\n< 213 half\n" CLIENT_ENDS CHECKED DONE STALL
		     HEARD_DONE SERVER_TOOK },
	/* ... or has said QUIT before it went; that must not overtake the data */
	{ MODE_AUTO, UPLOAD "? eof 1 client 100\n! timer 1 3\n> QUIT\n? end client\n"
		     "! eof 1 server\n" DONE HEARD_DONE ">> QUIT\n" },
	{ MODE_AUTO, UPLOAD "> QUIT\n? end client\n? eof 1 client 100\n! eof 1 server\n" DONE STALL
		     HEARD_DONE ">> QUIT\n? eof 1 server\n! eof 1 client\n! close 1\n"
		     "<< 221 bye\n< 221 bye\n! eof 0 server\n" },
	/* cut off: the control connection is gone with the data connection, or before, or after */
	{ MODE_AUTO, UPLOAD "? end client\n? eof 1 client 100\n! abort 1 both\n! eof 0 server\n" },
	{ MODE_AUTO, UPLOAD CLIENT_ENDS "? end client\n! abort 1 both\n! eof 0 server\n" },
	{ MODE_AUTO, UPLOAD "? end client\n? reset 1 client\n! abort 1 both\n" CUT_OFF },
	{ MODE_AUTO, UPLOAD "? reset 1 client\n! abort 1 both\n" CUT_OFF },
	{ MODE_AUTO, UPLOAD CLIENT_ENDS "? reset 1 client\n! abort 1 both\n" CUT_OFF },
	/* ... long after, for the client takes its time to die; or does not die */
	{ MODE_AUTO, UPLOAD DIES "? end client\n! abort 1 both\n! eof 0 server\n" },
	{ MODE_AUTO, UPLOAD DIES "> QUIT\n? end client\n! eof 1 server\n" DONE HEARD_DONE ">> QUIT\n" },
	{ MODE_AUTO, UPLOAD DIES CHECKED DONE STALL HEARD_DONE SERVER_TOOK },
	/* ... by one that did not wait for an answer, and whose STOR is still on its way */
	{ MODE_AUTO, PASSIVE BOTH_CONNECTED "? reset 1 client\n! abort 1 both\n> STOR f\n>> STOR f\n"
		     "? end client\n! eof 0 server\n" },
	{ MODE_AUTO, PASSIVE BOTH_CONNECTED "? end client\n! eof 0 server\n? eof 1 client 100\n"
		     "! abort 1 both\n" },
	/* after the end was passed on it is the server's business */
	{ MODE_AUTO, UPLOAD CLIENT_ENDS CHECKED "? reset 1 client\n! close 1\n" DONE HEARD_DONE },
	/* ABOR is the server's to act upon */
	{ MODE_AUTO, UPLOAD "> ABOR\n>> ABOR\n" CLIENT_ENDS CHECKED "<< 426 no\n" STALL
		     "! abort 1 client\n< 426 no\n<< 226 ok\n< 226 ok\n" },
	/* the server refuses, before and in the middle */
	{ MODE_AUTO, PASSIVE "> STOR f\n>> STOR f\n<< 553 no\n" STALL "! abort 1 client\n< 553 no\n" },
	{ MODE_AUTO, PASSIVE "> STOR f\n>> STOR f\n<< 332 ACCT?\n" STALL "! abort 1 client\n"
		     "< 332 ACCT?\n" },
	{ MODE_AUTO, UPLOAD "<< 452 full\n" STALL "! abort 1 client\n< 452 full\n" },
	{ MODE_AUTO, UPLOAD "? reset 1 server\n! abort 1 client\n<< 426 no\n< 426 no\n" },
	/* it takes for whole what has not ended */
	{ MODE_AUTO, UPLOAD DONE STALL "? timer 1 9\n" STALL "? timer 1 9\n"
		     "! abort 1 client\n< 426 Connection closed; transfer aborted.\n" },
	{ MODE_AUTO, UPLOAD CLIENT_ENDS DONE CHECKED HEARD_DONE SERVER_TOOK },
	/* its control connection is gone: it may still be writing the file */
	{ MODE_AUTO, UPLOAD "? end server\n! abort 1 both\n" LOST },
	{ MODE_AUTO, UPLOAD CLIENT_ENDS CHECKED "? end server\n! abort 1 client\n" LOST },
	{ MODE_AUTO, UPLOAD "? fail gone\n! abort 1 both\n< 421 Closing the connection: gone.\n"
		     "! hangup server\n! hangup client\n" },
	/* the client's end never came about: no empty file at the server */
	{ MODE_PASSIVE, CROSSED "> STOR f\n>> STOR f\n! dial 1 server 10.0.0.9:1286\n"
			"? connected 1 server\n" BEGUN "! dial 1 client 10.0.0.1:5000\n"
			"? failed 1 client\n! abort 1 both\n" CUT_OFF },
	{ MODE_AUTO, PASSIVE "> STOR f\n>> STOR f\n? failed 1 client\n! abort 1 client\n"
			     "<< 425 nobody\n< 425 nobody\n" },
};

START_TEST(upload)
{
	begin(uploads[_i].mode);
	play(uploads[_i].script);
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
	play(DIES "? timer 1 100\n! abort 1 both\n" CUT_OFF);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, NULL, finish);
	tcase_add_loop_test(t, download, 0, sizeof(downloads) / sizeof(downloads[0]));
	tcase_add_loop_test(t, upload, 0, sizeof(uploads) / sizeof(uploads[0]));
	tcase_add_test(t, dies_behind_commands);
}

int
main(void)
{
	return unit_run("session_integrity", add);
}
