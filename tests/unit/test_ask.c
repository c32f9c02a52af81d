/* Records and descriptors between the session and the broker. */
#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static int pair[2];

static void
setup(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
}

static void
teardown(void)
{
	close(pair[0]);
	close(pair[1]);
}

static int
open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

START_TEST(record)
{
	struct ask sent = { .op = ASK_DIAL, .channel = 7, .end = 1,
		.address = { 4, { 1, 2, 3, 4 }, 1286 } }, got;
	int fds[ASK_FDS];

	ck_assert_int_eq(ask_send(pair[0], &sent, sizeof(sent), NULL, 0), 0);
	ck_assert_int_eq(ask_receive(pair[1], &got, sizeof(got), fds), 1);
	ck_assert(got.op == ASK_DIAL && got.channel == 7 && got.end == 1);
	ck_assert(got.address.port == 1286 && fds[0] == -1 && fds[1] == -1);
	ck_assert_int_eq(ask_receive(pair[1], &got, sizeof(got), fds), -1);
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

START_TEST(descriptors)
{
	struct answer sent = { .kind = ANSWER_CONNECTED, .channel = 7 }, got;
	int ends[2], fds[ASK_FDS];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(ask_send(pair[0], &sent, sizeof(sent), ends, _i), 0);
	ck_assert_int_eq(ask_receive(pair[1], &got, sizeof(got), fds), 1);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(fds[i] != -1, i < _i);
		if (fds[i] != -1) {
			ck_assert_int_eq(fcntl(fds[i], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
			close(fds[i]);
		}
		close(ends[i]);
	}
}
END_TEST

/* What is too short, too long or empty is no record, and leaves no descriptor behind. */
START_TEST(wrong_size)
{
	static const char bytes[sizeof(struct answer) + 1];
	struct answer got;
	int ends[2], fds[ASK_FDS], before;

	ck_assert_int_eq(pipe(ends), 0);
	before = open_fds();
	for (size_t len = 1; len <= sizeof(bytes); len++) {
		if (len == sizeof(got))
			continue;
		ck_assert_int_eq(ask_send(pair[0], bytes, len, ends, 2), 0);
		errno = 0;
		ck_assert_int_eq(ask_receive(pair[1], &got, sizeof(got), fds), -1);
		ck_assert(errno == EPROTO && fds[0] == -1 && fds[1] == -1);
	}
	ck_assert_int_eq(open_fds(), before);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* Five descriptors where three are expected: the others do not stay open here. */
START_TEST(too_many_descriptors)
{
	struct answer sent = { .kind = ANSWER_CONNECTED, .channel = 7 }, got;
	int before = open_fds(), fds[ASK_FDS], many[5] = { 0, 1, 2, 0, 1 };
	union {
		char buf[CMSG_SPACE(sizeof(many))];
		struct cmsghdr header;
	} control = { { 0 } };
	struct iovec iov = { &sent, sizeof(sent) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
		.msg_controllen = sizeof(control.buf) };

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(many));
	memcpy(CMSG_DATA(&control.header), many, sizeof(many));
	ck_assert_int_eq(sendmsg(pair[0], &msg, 0), (ssize_t)sizeof(sent));
	ck_assert_int_eq(ask_receive(pair[1], &got, sizeof(got), fds), 1);
	ck_assert_int_eq(open_fds(), before + ASK_FDS);
	ask_close(fds);
	ck_assert_int_eq(open_fds(), before);
}
END_TEST

START_TEST(end)
{
	struct ask ask = { .op = ASK_CHECK }, got;
	int fds[ASK_FDS];

	close(pair[0]);
	ck_assert_int_eq(ask_receive(pair[1], &got, sizeof(got), fds), 0);
	ck_assert_int_eq(ask_send(pair[1], &ask, sizeof(ask), NULL, 0), -1); /* and no SIGPIPE */
	ck_assert_int_eq(errno, EPIPE);
	pair[0] = -1;
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, record);
	tcase_add_loop_test(t, descriptors, 0, 3);
	tcase_add_test(t, wrong_size);
	tcase_add_test(t, too_many_descriptors);
	tcase_add_test(t, end);
}

int
main(void)
{
	return unit_run("ask", add);
}
