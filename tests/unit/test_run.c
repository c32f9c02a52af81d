/* The session process between its descriptors, with short deadlines. */
#include "run.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "ask.h"
#include "dialogue.h"
#include "unit.h"

enum { CLIENT_END, SERVER_END, ASK_END, STOP_END, ENDS };

static int ours[ENDS], result;
static char heard[1024];

static struct run_config
config_new(void)
{
	int theirs[ENDS];

	for (int i = 0; i < ENDS; i++) {
		int pair[2];

		ck_assert_int_eq(socketpair(AF_UNIX, i == ASK_END ? SOCK_SEQPACKET | SOCK_NONBLOCK :
		    SOCK_STREAM, 0, pair), 0);
		ours[i] = pair[0];
		theirs[i] = pair[1];
	}
	return (struct run_config){ .session = { .server_name = "ftp.example.org" },
		.client = { theirs[CLIENT_END], theirs[CLIENT_END] },
		.server = { theirs[SERVER_END], theirs[SERVER_END] }, .ask_fd = theirs[ASK_END],
		.stop_fd = theirs[STOP_END], .status_fd = -1, .crowd_fd = -1, .peer = "client",
		.greeting_ms = 120000 };
}

static void
say(int end, const char *text)
{
	ck_assert_int_eq(write(ours[end], text, strlen(text)), (ssize_t)strlen(text));
}

/* All that the client hears in a session that ends by itself. */
static const char *
run(const struct run_config *config)
{
	ssize_t n;

	result = run_session(config);
	n = read(ours[CLIENT_END], heard, sizeof(heard) - 1);
	ck_assert_int_ge(n, 0);
	heard[n] = '\0';
	return heard;
}

START_TEST(no_greeting)
{
	struct run_config config = config_new();

	config.greeting_ms = 50;
	say(CLIENT_END, "USER joe\r\n");
	ck_assert_str_eq(run(&config),
	    "421 Closing the connection: no greeting from the FTP server.\r\n");
	ck_assert_int_eq(result, 1);
}
END_TEST

/* The deadline is for the greeting alone. */
START_TEST(greeting_in_time)
{
	struct run_config config = config_new();

	config.greeting_ms = 50;
	config.idle_ms = 150;
	say(SERVER_END, "220 hello\r\n");
	ck_assert_str_eq(run(&config),
	    "220 hello\r\n421 Closing the connection: idle for too long (FtpTimeout).\r\n");
	ck_assert_int_eq(result, 0);
}
END_TEST

/* ---- an upload that is broken off while its connection to the server is on its way ---- */

/* What the peers and the broker do in a process of their own, which exits with the line where the
 * session was not as it should be. */
#define EXPECT(condition) do { if (!(condition)) _exit(__LINE__ & 255); } while (0)

static void
hear(int end, const char *text)
{
	size_t len = 0, want = strlen(text);

	while (len < want) {
		ssize_t n = read(ours[end], heard + len, want - len);

		EXPECT(n > 0);
		len += (size_t)n;
	}
	EXPECT(memcmp(heard, text, want) == 0);
}

static void
asked(enum ask_op op, enum side end, struct ask *ask)
{
	struct pollfd p = { ours[ASK_END], POLLIN, 0 };
	int fds[ASK_FDS];

	EXPECT(poll(&p, 1, -1) == 1);
	EXPECT(ask_receive(ours[ASK_END], ask, sizeof(*ask), fds) == 1);
	EXPECT(ask->op == op && ask->end == end);
}

static void
tell(enum answer_kind kind, enum side end, unsigned port, const int *fds, int nfds)
{
	const struct answer a = { .kind = kind, .channel = 1, .end = end, .port = port };

	EXPECT(ask_send(ours[ASK_END], &a, sizeof(a), fds, nfds) == 0);
}

/* PASV and STOR; the client is there, and the server was dialled by the broker (ahead), or is
 * dialled for STOR. Then the session is told to stop. */
static void
upload_is_stopped(bool ahead)
{
	struct ask ask;
	int client[2];

	EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, client) == 0);
	say(SERVER_END, "220 hi\r\n");
	hear(CLIENT_END, "220 hi\r\n");
	say(CLIENT_END, "PASV\r\n");
	hear(SERVER_END, "PASV\r\n");
	say(SERVER_END, "227 Entering Passive Mode (10,0,0,9,5,6)\r\n");
	asked(ASK_LISTEN, CLIENT, &ask);
	EXPECT((ask.then.port == 1286) == ahead);
	tell(ANSWER_LISTENING, CLIENT, 40000, NULL, 0);
	hear(CLIENT_END, "227 Entering Passive Mode (10,0,0,2,156,64)\r\n");
	say(CLIENT_END, "STOR f\r\n");
	hear(SERVER_END, "STOR f\r\n");
	if (!ahead) {
		tell(ANSWER_CONNECTED, CLIENT, 0, &client[1], 1);
		asked(ASK_DIAL, SERVER, &ask);
	}
	say(STOP_END, "x");
	hear(CLIENT_END, "421 Closing the connection: the tunnel is going down.\r\n");
	EXPECT(read(ours[CLIENT_END], heard, 1) == 0);
	asked(ASK_CANCEL, CLIENT, &ask);
}

static void
server_sees_no_end(bool ahead)
{
	struct pollfd server = { .events = POLLIN };
	int pair[2], both[2];

	upload_is_stopped(ahead);
	EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, both) == 0);
	both[0] = both[1];
	both[1] = pair[1];
	tell(ahead ? ANSWER_BOTH : ANSWER_CONNECTED, SERVER, 0, ahead ? both : &pair[1], ahead ? 2 : 1);
	close(pair[1]);
	server.fd = pair[0];
	EXPECT(poll(&server, 1, 300) == 0);
}

static void
server_cannot_be_dialled(bool ahead)
{
	upload_is_stopped(ahead);
	tell(ANSWER_FAILED, SERVER, 0, NULL, 0);
}

/* _i: ahead, and what comes of it. */
START_TEST(stopped)
{
	static void (*const what[])(bool) = { server_sees_no_end, server_cannot_be_dialled };
	struct run_config config = config_new();
	bool ahead = _i % 2 == 1;
	int brokers = dup(config.client.rfd), status;
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	alarm(8); /* nobody is waited for who is known not to come */
	config.session = dialogue_config(MODE_SAME);
	config.session.bulk = !ahead;
	config.far[SERVER] = true;
	config.abort_hold_ms = 60000;
	if ((pid = fork()) == 0) {
		close(brokers);
		close(config.client.rfd);
		close(config.server.rfd);
		close(config.ask_fd);
		what[_i / 2](ahead);
		_exit(0);
	}
	for (int i = 0; i < ENDS; i++)
		close(ours[i]);
	run_session(&config);
	close(config.ask_fd); /* and what may still be in it */
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "line %d (modulo 256)",
	    WEXITSTATUS(status));
}
END_TEST

/* As a server, in a process of its own. */
static void
reply_to_passive(const char *reply)
{
	char line[64] = "";

	if (fork() != 0)
		return;
	if (read(ours[SERVER_END], line, sizeof(line) - 1) > 0 && strcmp(line, "PASV\r\n") == 0)
		say(SERVER_END, reply);
	_exit(0);
}

START_TEST(broker_takes_nothing)
{
	struct run_config config = config_new();

	config.session.listen4[CLIENT] = (struct ftp_address){ .family = 4, .bytes = { 127, 0, 0, 1 } };
	while (send(config.ask_fd, "", 1, MSG_DONTWAIT) == 1)
		;
	reply_to_passive("227 Entering Passive Mode (127,0,0,1,200,10).\r\n");
	say(SERVER_END, "220 hello\r\n");
	say(CLIENT_END, "PASV\r\n");
	ck_assert_str_eq(run(&config),
	    "220 hello\r\n421 Closing the connection: the helper has lost its broker.\r\n");
	ck_assert_int_eq(result, 1);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_loop_test(t, stopped, 0, 4);
	tcase_add_test(t, no_greeting);
	tcase_add_test(t, greeting_in_time);
	tcase_add_test(t, broker_takes_nothing);
}

int
main(void)
{
	return unit_run("run", add);
}
