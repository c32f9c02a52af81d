/* The session process between its descriptors, with short deadlines. */
#include "run.h"

#include <sys/socket.h>
#include <unistd.h>

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

		ck_assert_int_eq(socketpair(AF_UNIX, i == ASK_END ? SOCK_SEQPACKET : SOCK_STREAM, 0,
		    pair), 0);
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

static void
add(TCase *t)
{
	tcase_add_test(t, no_greeting);
	tcase_add_test(t, greeting_in_time);
}

int
main(void)
{
	return unit_run("run", add);
}
