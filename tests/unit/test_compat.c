#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "base/compat.h"
#include "unit.h"

static void
is(int fd, bool cloexec, bool nonblocking)
{
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, cloexec ? FD_CLOEXEC : 0);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, nonblocking ? O_NONBLOCK : 0);
	close(fd);
}

START_TEST(flags)
{
	int fds[2];

	is(socket(AF_INET, SOCK_STREAM, 0), false, false);
	is(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), true, true);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	is(fds[0], true, false);
	is(fds[1], true, false);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	is(fds[0], true, true);
	is(fds[1], true, true);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	is(fds[0], true, false);
	is(fds[1], true, false);
	ck_assert_int_eq(socket(AF_INET, SOCK_CLOEXEC | 99, 0), -1);
}
END_TEST

START_TEST(accepted)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int client = socket(AF_INET, SOCK_STREAM, 0), got;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in from;
	socklen_t len = sizeof(at);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	ck_assert_int_eq(accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(connect(client, (struct sockaddr *)&at, len), 0);
	got = accept4(fd, (struct sockaddr *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	ck_assert_int_eq(from.sin_family, AF_INET);
	is(got, true, true);
	close(client);
	close(fd);
}
END_TEST

/* Each comes, none beyond. */
START_TEST(chance)
{
	unsigned seen = 0;

	ck_assert_uint_eq(arc4random_uniform(0), 0);
	ck_assert_uint_eq(arc4random_uniform(1), 0);
	for (int i = 0; i < 10000 && seen != 7; i++) {
		uint32_t n = arc4random_uniform(3);

		ck_assert_uint_lt(n, 3);
		seen |= 1U << n;
	}
	ck_assert_uint_eq(seen, 7);
}
END_TEST

START_TEST(closed)
{
	int low = dup(0), high = fcntl(0, F_DUPFD, 200);

	closefrom(low + 1);
	ck_assert_int_ne(fcntl(low, F_GETFD), -1);
	ck_assert_int_eq(fcntl(high, F_GETFD), -1);
}
END_TEST

START_TEST(peer)
{
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(getpeereid(fds[0], &uid, &gid), 0);
	ck_assert(uid == geteuid() && gid == getegid());
	ck_assert_int_eq(getpeereid(99, &uid, &gid), -1);
}
END_TEST

START_TEST(wiped)
{
	char secret[8] = "secret", none[8] = "";

	explicit_bzero(secret, sizeof(secret));
	ck_assert_int_eq(memcmp(secret, none, sizeof(none)), 0);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, flags);
	tcase_add_test(t, accepted);
	tcase_add_test(t, chance);
	tcase_add_test(t, closed);
	tcase_add_test(t, peer);
	tcase_add_test(t, wiped);
}

int
main(void)
{
	return unit_run("compat", add);
}
