/* The session process between its descriptors, with short deadlines. */
#include "control/run.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "ask/ask.h"
#include "ask/counts.h"
#include "base/packet.h"
#include "status/notice.h"
#include "status/status.h"
#include "unit.h"

enum { CLIENT_END, SERVER_END, ASK_END, STOP_END, ENDS };

static int ours[ENDS], notices[2], result;
static char heard[1024];

static struct run_config
config_new(void)
{
	int theirs[ENDS];

	for (int i = 0; i < ENDS; i++) {
		int pair[2];

		ck_assert_int_eq(i == ASK_END ? packet_pair(pair, true) :
		    socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		ours[i] = pair[0];
		theirs[i] = pair[1];
	}
	return (struct run_config){ .session = { .server_name = "ftp.example.org" },
		.client_rfd = theirs[CLIENT_END], .client_wfd = theirs[CLIENT_END],
		.server_fd = theirs[SERVER_END], .ask_fd = theirs[ASK_END],
		.stop_fd = theirs[STOP_END], .status_fd = -1, .peer = "client",
		.counts = counts_new(), .greeting_ms = 120000 };
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
	    "421 Closing the connection: the ssh server does not answer.\r\n");
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

/* ---- with a broker, in a process of its own, which exits with the line where it did not like what
 * it was asked ---- */

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

static struct action
asked(enum action_kind kind)
{
	struct pollfd p = { ours[ASK_END], POLLIN, 0 };
	struct action ask;

	EXPECT(poll(&p, 1, -1) == 1);
	EXPECT(ask_receive(ours[ASK_END], &ask, sizeof(ask)) == 1);
	EXPECT(ask.kind == kind);
	return ask;
}

static void
tell(const struct action *about, uint32_t kind, enum side end, unsigned port)
{
	const struct answer a = { .event = { .kind = (enum event_kind)kind,
		.channel = about->channel, .end = end, .port = (uint16_t)port,
		.turn = about->turn[end] } };

	EXPECT(packet_send(ours[ASK_END], &a, sizeof(a), NULL, 0) == 0);
}

/* PASV; the old answer that comes first is about an end that was cancelled since. */
static void
passive(void)
{
	struct action ask;

	say(SERVER_END, "220 hi\r\n");
	hear(CLIENT_END, "220 hi\r\n");
	say(CLIENT_END, "PASV\r\n");
	hear(SERVER_END, "PASV\r\n");
	say(SERVER_END, "227 Entering Passive Mode (10,0,0,9,5,6)\r\n");
	ask = asked(ACT_OPEN);
	EXPECT(ask.ends[CLIENT].verb == END_LISTEN && ask.turn[CLIENT] == 1);
	ask.turn[CLIENT] = 0;
	tell(&ask, EV_LISTENING, CLIENT, 30000);
	ask.turn[CLIENT] = 1;
	tell(&ask, EV_LISTENING, CLIENT, 40000);
	hear(CLIENT_END, "227 Entering Passive Mode (127,0,0,1,156,64)");
}

/* The last requests arrive, too: the channel is let go. */
static void
stopped(void)
{
	struct action ask;
	ssize_t n;

	passive();
	say(STOP_END, "x");
	do
		n = packet_receive(ours[ASK_END], &ask, sizeof(ask), NULL);
	while (n == -1);
	EXPECT(n == sizeof(ask) && (ask.kind == ACT_CLOSE || ask.kind == ACT_ABORT));
}

/* The master is gone: the client is told so. */
static void
gone(void)
{
	const struct answer a = { .event.kind = (enum event_kind)EV_GONE };

	passive();
	EXPECT(packet_send(ours[ASK_END], &a, sizeof(a), NULL, 0) == 0);
	do
		EXPECT(read(ours[CLIENT_END], heard, sizeof(heard)) > 0);
	while (strstr(heard, "421 Closing the connection: the ssh connection is gone.") == NULL);
}

/* sshd lives: it is the server that says nothing. */
static void
silent(void)
{
	struct action ask = asked(ACT_CHECK);
	char report[STATUS_PACKET_MAX], why[NOTICE_MAX];
	enum notice notice;
	ssize_t n;

	EXPECT(ask.end == SERVER);
	tell(&ask, EV_ALIVE, SERVER, 0);
	do
		EXPECT((n = packet_receive(notices[1], report, sizeof(report), NULL)) > 0);
	while (!notice_get(report, (size_t)n, &notice, why));
	EXPECT(notice == NOTICE_SILENT);
	say(STOP_END, "x");
}

START_TEST(brokered)
{
	static void (*const what[])(void) = { stopped, gone, silent };
	struct run_config config = config_new();
	int status;
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	config.session.listen4[CLIENT] = (struct ftp_address){ .family = 4, .bytes = { 127, 0, 0, 1 } };
	config.session.far[SERVER] = true;
	if (_i == 2) {
		ck_assert_int_eq(packet_pair(notices, false), 0);
		config.status_fd = notices[0];
		config.greeting_ms = 24000;
	}
	if ((pid = fork()) == 0) {
		close(config.client_rfd);
		close(config.server_fd);
		close(config.ask_fd);
		what[_i]();
		_exit(0);
	}
	for (int i = 0; i < ENDS; i++)
		close(ours[i]);
	run_session(&config);
	close(config.ask_fd);
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

/* A broker that has gone. */
START_TEST(no_broker)
{
	struct run_config config = config_new();

	close(ours[ASK_END]);
	say(SERVER_END, "220 hello\r\n");
	ck_assert_ptr_nonnull(strstr(run(&config),
	    "421 Closing the connection: the helper has lost its broker.\r\n"));
	ck_assert_int_eq(result, 1);
}
END_TEST

/* One that does not listen now is written to later. */
START_TEST(broker_is_busy)
{
	struct run_config config = config_new();
	struct action ask = { 0 };
	int pid;

	config.session.listen4[CLIENT] = (struct ftp_address){ .family = 4, .bytes = { 127, 0, 0, 1 } };
	while (packet_send(config.ask_fd, "", 1, NULL, 0) == 0)
		;
	say(SERVER_END, "220 hello\r\n");
	say(CLIENT_END, "PASV\r\n");
	reply_to_passive("227 Entering Passive Mode (127,0,0,1,200,10).\r\n");
	if ((pid = fork()) == 0) {
		close(config.ask_fd);
		for (ssize_t n = 1; n != sizeof(ask);)
			if ((n = packet_receive(ours[ASK_END], &ask, sizeof(ask), NULL)) == 0)
				_exit(1);
		say(STOP_END, "x");
		_exit(0);
	}
	run(&config);
	ck_assert_int_eq(result, 0);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_loop_test(t, brokered, 0, 3);
	tcase_add_test(t, no_greeting);
	tcase_add_test(t, greeting_in_time);
	tcase_add_test(t, no_broker);
	tcase_add_test(t, broker_is_busy);
}

int
main(void)
{
	return unit_run("run", add);
}
