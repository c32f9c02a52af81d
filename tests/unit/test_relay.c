/* One direction of a data channel, over real sockets. */
#include "base/compat.h"
#include "relay/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/proxy_channel.h"
#include "relay/conn.h"
#include "relay/stream.h"
#include "unit.h"

/* What the sender writes into [0] is relayed from [1]; to [0] and read at [1]. */
static int from[2], to[2];
static struct relay r;

static void
setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, from), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, to), 0);
	memset(&r, 0, sizeof(r));
}

static void
teardown(void)
{
	relay_free(&r);
	for (int i = 0; i < 2; i++) {
		close(from[i]);
		close(to[i]);
	}
}

static enum relay_state
relay(void)
{
	return relay_run(&r, &(struct stream){ .fd = from[1] }, &(struct stream){ .fd = to[0] });
}

START_TEST(bytes_pass)
{
	char buf[16];

	ck_assert_int_eq(relay(), RELAY_READ);
	ck_assert_int_eq(write(from[0], "hello", 5), 5);
	ck_assert_int_eq(relay(), RELAY_READ);
	ck_assert_int_eq(read(to[1], buf, sizeof(buf)), 5);
	ck_assert_int_eq(memcmp(buf, "hello", 5), 0);
	ck_assert_uint_eq(r.bytes, 5);
}
END_TEST

START_TEST(end_of_file)
{
	ck_assert_int_eq(write(from[0], "bye", 3), 3);
	shutdown(from[0], SHUT_WR);
	ck_assert_int_eq(relay(), RELAY_END);
	ck_assert_int_eq(relay(), RELAY_END); /* and again */
	ck_assert_uint_eq(r.bytes, 3);
}
END_TEST

/* Nothing gets lost or out of order when the receiver is slow; the end comes last. Through a
 * pipe (0) and without (1). */
START_TEST(slow_receiver)
{
	static char sent[1 << 20], got[1 << 20];
	size_t in = 0, out = 0;
	bool waited = false;

	r.no_splice = _i == 1;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 2654435761U >> 13);
	for (;;) {
		ssize_t n = write(from[0], sent + in, sizeof(sent) - in);
		enum relay_state state;

		in += n > 0 ? (size_t)n : 0;
		if (in == sizeof(sent))
			shutdown(from[0], SHUT_WR);
		state = relay();
		if (state == RELAY_END)
			break;
		ck_assert(state == RELAY_READ || state == RELAY_WRITE);
		if (state == RELAY_WRITE) {
			waited = true;
			ck_assert_uint_gt(r.len, 0);
			n = read(to[1], got + out, 5000);
			ck_assert_int_gt(n, 0);
			out += (size_t)n;
		}
	}
	for (ssize_t n; out < sizeof(got) && (n = read(to[1], got + out, sizeof(got) - out)) > 0;)
		out += (size_t)n;
	ck_assert(waited);
#ifdef ON_LINUX
	ck_assert(r.piped == (_i == 0));
#endif
	ck_assert_uint_eq(out, sizeof(sent));
	ck_assert_uint_eq(r.bytes, sizeof(sent));
	ck_assert_int_eq(memcmp(sent, got, sizeof(sent)), 0);
}
END_TEST

START_TEST(receiver_is_gone)
{
	close(to[1]);
	to[1] = -1;
	ck_assert_int_eq(write(from[0], "x", 1), 1);
	ck_assert_int_eq(relay(), RELAY_WRITE_FAILED);
}
END_TEST

/* A reset is no end of file. */
/* What he has not taken when he breaks the connection is not on its way any more. */
START_TEST(unsent_to_nobody)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0), peer;
	struct pollfd broken = { fd, 0, 0 };

	ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, len), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, len), 0);
	ck_assert_int_ne(peer = accept(listener, NULL, NULL), -1);
	close(peer);
	ck_assert_int_eq(write(fd, "hello", 5), 5);
	ck_assert_int_eq(poll(&broken, 1, 10000), 1);
	ck_assert_int_eq(conn_unsent(fd), 0);
	close(fd);
	close(listener);
}
END_TEST

START_TEST(sender_breaks)
{
	char junk[8];

	/* unread input at close makes a reset of a unix socket, too */
	ck_assert_int_eq(write(from[1], "y", 1), 1);
	ck_assert_int_eq(write(from[0], "x", 1), 1);
	close(from[0]);
	from[0] = -1;
	ck_assert_int_eq(relay(), RELAY_READ_FAILED);
	ck_assert_int_eq(read(to[1], junk, sizeof(junk)) == 1 || errno == EAGAIN, 1);
}
END_TEST

/* A lot has passed, so that a pipe may stand; then one side breaks. */
START_TEST(breaks_in_the_middle)
{
	static char some[1 << 16], sunk[1 << 16];
	bool sender = _i & 1;

	r.no_splice = _i & 2;
	while (r.bytes < 4 * RELAY_SPLICE) {
		ck_assert_int_gt(write(from[0], some, sizeof(some)), 0);
		ck_assert_int_eq(relay(), RELAY_READ);
		while (read(to[1], sunk, sizeof(sunk)) > 0)
			;
	}
#ifdef ON_LINUX
	ck_assert(r.piped == !r.no_splice);
#endif
	ck_assert_int_eq(write(from[1], "y", 1), 1);
	ck_assert_int_eq(write(from[0], "x", 1), 1);
	close(sender ? from[0] : to[1]);
	*(sender ? &from[0] : &to[1]) = -1;
	ck_assert_int_eq(relay(), sender ? RELAY_READ_FAILED : RELAY_WRITE_FAILED);
}
END_TEST

/* A channel that is closed is seen by who has something for it: not by one that has ended, or is silent. */
START_TEST(channel_is_closed)
{
	struct proxy_channel nobody = { .state = CHANNEL_OVER };
	struct stream source = { .fd = from[1] }, sink = { .fd = -1, .channel = &nobody };

	ck_assert_int_eq(relay_run(&r, &source, &sink), RELAY_READ);
	if (_i == 1)
		ck_assert_int_eq(write(from[0], "x", 1), 1);
	close(from[0]);
	from[0] = -1;
	ck_assert_int_eq(relay_run(&r, &source, &sink), _i == 1 ? RELAY_WRITE_FAILED : RELAY_END);
}
END_TEST

/* What was opened is closed. */
START_TEST(descriptors)
{
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC), sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int next = dup(sink);

	close(next);
	relay_run(&r, &(struct stream){ .fd = zero }, &(struct stream){ .fd = sink });
	relay_free(&r);
	ck_assert_int_eq(dup(sink), next);
	close(next);
	close(zero);
	close(sink);
}
END_TEST

/* One busy channel leaves others their turn. */
START_TEST(bounded_turn)
{
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC), sink = open("/dev/null", O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(relay_run(&r, &(struct stream){ .fd = zero }, &(struct stream){ .fd = sink }), RELAY_READ);
	ck_assert_uint_ge(r.bytes, RELAY_TURN);
	ck_assert_uint_lt(r.bytes, RELAY_TURN + RELAY_PIPE);
	close(zero);
	close(sink);
}
END_TEST

START_TEST(memory)
{
	ck_assert(r.buf == NULL);
	relay_free(&r);
	ck_assert_int_eq(write(from[0], "x", 1), 1);
	relay();
	ck_assert(r.buf != NULL);
	relay_free(&r);
	ck_assert(r.buf == NULL && r.len == 0);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, bytes_pass);
	tcase_add_test(t, end_of_file);
	tcase_add_loop_test(t, slow_receiver, 0, 2);
	tcase_add_loop_test(t, breaks_in_the_middle, 0, 4);
	tcase_add_loop_test(t, channel_is_closed, 0, 2);
	tcase_add_test(t, descriptors);
	tcase_add_test(t, receiver_is_gone);
	tcase_add_test(t, unsent_to_nobody);
	tcase_add_test(t, sender_breaks);
	tcase_add_test(t, bounded_turn);
	tcase_add_test(t, memory);
}

int
main(void)
{
	return unit_run("relay", add);
}
