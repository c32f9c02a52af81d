/* How the connections of a data channel end when the system fails. */
#define relay_run failing_relay
#include "channel.c"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "unit.h"

static enum relay_state state;
static struct event told;
static bool gone;

enum relay_state
failing_relay(struct relay *r, int from, int to)
{
	(void)r;
	(void)from;
	(void)to;
	return state;
}

static void
hook_event(void *arg, const struct event *e)
{
	(void)arg;
	if (e->kind == EV_RESET || e->kind == EV_EOF)
		told = *e;
}

static bool
hook_holder(void *arg, unsigned channel, bool dies)
{
	(void)arg;
	(void)channel;
	(void)dies;
	return false;
}

static void
hook_closed(void *arg, struct data_channel *ch)
{
	(void)arg;
	data_channel_free(ch);
	gone = true;
}

/* A TCP connection: ours, as the broker hands it over, and the peer's. */
static struct conn
tcp(int *peer)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;
	struct conn conn;

	ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	*peer = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(*peer, (struct sockaddr *)&at, sizeof(at)), 0);
	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	close(listener);
	conn = (struct conn){ fd, fd };
	conn_break_on_close(&conn);
	return conn;
}

/* The server's data cannot be written to the client: what it has got must not look complete,
 * even where the machine thinks that it has gone. */
START_TEST(no_end_of_file_after_a_failure)
{
	const struct channel_hooks hooks = { .event = hook_event, .holder = hook_holder,
		.closed = hook_closed, .far = { false, true }, .crowd_fd = -1 };
	const struct action close_it = { .kind = ACT_CLOSE, .channel = 1 };
	struct loop *loop = loop_new();
	struct data_channel *ch = data_channel_new(loop, 1, &hooks);
	int server[2], client;
	char byte;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, server), 0);
	state = RELAY_READ;
	data_channel_connected(ch, CLIENT, tcp(&client));
	data_channel_connected(ch, SERVER, (struct conn){ server[0], server[0] });
	state = RELAY_WRITE_FAILED;
	ck_assert_int_eq(write(server[1], "x", 1), 1);
	ck_assert_int_eq(loop_once(loop, 1000), 0);
	ck_assert_int_eq(told.kind, EV_RESET);
	ck_assert_int_eq(told.end, CLIENT);
	data_channel_act(ch, &close_it);
	ck_assert_int_eq(read(client, &byte, 1), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	while (!gone)
		ck_assert_int_eq(loop_once(loop, 1000), 0);
	close(client);
	close(server[1]);
	loop_free(loop);
}
END_TEST

/* As /proc/loadavg: so many can run at this instant. */
static void
crowd(int fd, unsigned runnable)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "0.00 0.00 0.00 %u/9999 1\n", runnable);

	ck_assert_int_eq(pwrite(fd, text, (size_t)n, 0), n);
}

/* A far client's data connection has ended: where processors are short, the end of its control
 * connection may be on its way. */
START_TEST(far_client_settles)
{
	FILE *loadavg = tmpfile();
	const struct channel_hooks hooks = { .event = hook_event, .closed = hook_closed,
		.far = { true, false }, .crowd_fd = fileno(loadavg) };
	struct loop *loop = loop_new();
	struct data_channel *ch = data_channel_new(loop, 1, &hooks);
	int client[2], server, real = crowd_open();
	uint64_t began;

	if (real == -1) /* a system that cannot say */
		return;
	close(real);
	crowd(hooks.crowd_fd, 5000);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, client), 0);
	state = RELAY_END;
	data_channel_connected(ch, SERVER, tcp(&server));
	data_channel_connected(ch, CLIENT, (struct conn){ client[0], client[0] });
	began = loop_now();
	data_channel_begin(ch);
	ck_assert_int_ne(told.kind, EV_EOF);
	while (told.kind != EV_EOF)
		ck_assert_int_eq(loop_once(loop, 1000), 0);
	ck_assert_uint_ge(loop_now() - began, SETTLE_MOST_MS);
	data_channel_free(ch);
	close(client[1]);
	close(server);
	fclose(loadavg);
	loop_free(loop);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, far_client_settles);
	tcase_add_test(t, no_end_of_file_after_a_failure);
}

int
main(void)
{
	return unit_run("channel", add);
}
