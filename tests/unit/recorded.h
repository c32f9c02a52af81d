/* Dialogues as clients and servers hold them: the material for mutants and for the fuzzers'
 * seeds (tests/fuzz/seeds). Only what is said and what happens counts there. */
#ifndef RECORDED_H
#define RECORDED_H

#define RECORDED_LOGIN \
	"<< 220-hello\n<< 220 there\n> USER joe\n<< 331 password\n> PASS x\n<< 230-hi\n<<  joe\n<< 230 ok\n"
static const char *const recorded[] = {
	RECORDED_LOGIN
	"> FEAT\n<< 211-F\n<<  AUTH TLS\n<<  EPSV\n<< 211 End\n> PWD\n<< 257 \"/\"\n> TYPE I\n<< 200 I\n"
	"> PASV\n<< 227 Entering Passive Mode (127,0,0,1,5,6).\n? listening 1 client 40000\n"
	"? connected 1 client\n> RETR f\n? connected 1 server\n<< 150 go\n? eof 1 server 5\n<< 226 ok\n"
	"? drained 1 client\n> PASV\n> REST 5\n> RETR g\n<< 227 (127,0,0,1,5,7)\n<< 350 ok\n<< 150 go\n"
	"? listening 2 client 40001\n? connected 2 client\n? connected 2 server\n<< 226 ok\n"
	"? timer 2 7\n? eof 2 server 9\n? drained 2 client\n> QUIT\n<< 221 bye\n? end server\n",

	RECORDED_LOGIN
	"> EPSV\n<< 500 no\n<< 227 =0,0,0,0,5,6\n? listening 1 client 40000\n> STOR f\n"
	"? connected 1 client\n? connected 1 server\n<< 150 go\n? eof 1 client 5\n? timer 1 5\n<< 226-a\n"
	"<< 226 b\n? eof 1 server 5\n> EPSV\n<< 227 (1,2,3,4,5,6)\n? listening 2 client 40001\n"
	"> STOU\n<< 150 FILE: x\n<< 150 go\n? connected 2 client\n? connected 2 server\n"
	"? reset 2 client\n? end client\n",

	RECORDED_LOGIN
	"> PORT 10,0,0,1,19,136\n? listening 1 server 50000\n<< 200 ok\n> LIST -a\n<< 150 go\n"
	"? connected 1 server\n? connected 1 client\n? eof 1 server 80\n<< 226 ok\n? drained 1 client\n"
	"> EPRT |1|10.0.0.1|5001|\n? listening 2 server 50001\n<< 500 no\n<< 200 ok\n> APPE f\n"
	"? connected 2 server\n? connected 2 client\n<< 125 go\n? eof 2 client 3\n? end client\n? timer 2\n",

	RECORDED_LOGIN
	"> LPRT 4,4,10,0,0,1,2,19,136\n? failed 1 server\n<< 229 (|||1286|)\n> RETR f\n<< 150 go\n"
	"? connected 1 server\n? connected 1 client\n\n> \377\364\377\362ABOR\n<< 426 no\n<< 226 ok\n"
	"? eof 1 server\n? drained 1 client\n> MODE B\n<< 200 ok\n> LPSV\n<< 228 (4,4,1,2,3,4,2,5,6)\n"
	"? listening 2 client 40000\n> RETR f\n? connected 2 client\n? connected 2 server\n<< 150 a\n"
	"<< 250 b\n> RETR g\n<< 150 c\n<< 250 d\n? eof 2 client\n<< 421 idle\n? end server\n",

	RECORDED_LOGIN
	"> EPSV ALL\n<< 200 ok\n> EPSV\n<< 229 x: (|||1286|)\n? listening 1 client 40000\n> NLST\n"
	"? connected 1 client\n? failed 1 server\n<< 550 none\n> PASV\n> AUTH TLS\n> NOOP\n> \n> ~\n"
	"<< 200 ok\n<< 227 (6,6,6,6,6,6)\n> EPSV\n> EPSV\n<< 229 (|||1287|)\n<< 229 (|||1288|)\n"
	"? listening 2 client 40001\n? listening 3 client 40002\n> RETR f\n<< 425 nobody\n"
	"? fail the ssh connection is gone\n",

	RECORDED_LOGIN
	"> PASV\n<< 227 (1,2,3,4,5,6)\n? listening 1 client 40000\n> RETR f\n? connected 1 client\n"
	"? connected 1 server\n<< 150 a\n> ABOR\n<< 226 b\n? eof 1 server 3\n? drained 1 client\n"
	"> PASV\n<< 257 \"/\"\n<< 502 no\n<< 229 (|||1286|)\n? listening 2 client 40001\n> STOR g\n"
	"? connected 2 client\n? connected 2 server\n<< 150 c\n> ABOR\n<< 426 d\n> NOOP\n<< 225 e\n"
	"<< 225 f\n<< 257 x\n<< 200 ok\n? end server\n",
};

#define RECORDED_COUNT (sizeof(recorded) / sizeof(recorded[0]))

#endif
