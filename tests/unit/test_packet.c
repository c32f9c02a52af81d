#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/packet.h"
#include "unit.h"

static int pair[2];
static char much[9000];

static void
setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(packet_pair(pair, true), 0);
}

static void
teardown(void)
{
	close(pair[0]);
	close(pair[1]);
}

static void
send_text(const char *text)
{
	ck_assert_int_eq(packet_send(pair[0], text, strlen(text), NULL, 0), 0);
}

/* Each as it was sent, however many there are. */
START_TEST(whole)
{
	char got[16];

	ck_assert_int_eq(packet_receive(pair[1], got, sizeof(got), NULL), -1);
	ck_assert_int_eq(errno, EAGAIN);
	send_text("one");
	send_text("three");
	ck_assert_int_eq(packet_receive(pair[1], got, sizeof(got), NULL), 3);
	ck_assert_int_eq(packet_receive(pair[1], got, sizeof(got), NULL), 5);
	ck_assert_int_eq(memcmp(got, "three", 5), 0);
	close(pair[0]);
	ck_assert_int_eq(packet_receive(pair[1], got, sizeof(got), NULL), 0);
	ck_assert_int_eq(packet_send(pair[1], "x", 1, NULL, 0), -1);
	ck_assert_int_eq(errno, EPIPE);
	pair[0] = dup(pair[1]);
}
END_TEST

/* What does not fit is cut, and the next one is found. */
START_TEST(cut)
{
	char got[4];

	ck_assert_int_eq(packet_send(pair[0], much, sizeof(much), NULL, 0), 0);
	send_text("abc");
	ck_assert_int_eq(packet_receive(pair[1], got, sizeof(got), NULL), 4);
	ck_assert_int_eq(packet_receive(pair[1], got, sizeof(got), NULL), 3);
}
END_TEST

/* None goes in part: as many are received as were sent. */
START_TEST(full)
{
	static char got[sizeof(much)];
	unsigned sent = 0;

	while (packet_send(pair[0], much, sizeof(much), NULL, 0) == 0)
		sent++;
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_uint_gt(sent, 0);
	for (; sent > 0; sent--)
		ck_assert_int_eq(packet_receive(pair[1], got, sizeof(got), NULL), sizeof(much));
	ck_assert_int_eq(packet_receive(pair[1], got, sizeof(got), NULL), -1);
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

/* One without any gives none. */
START_TEST(descriptors)
{
	int other[2], fds[FDPASS_MAX];
	char got[8];

	ck_assert_int_eq(pipe(other), 0);
	send_text("none");
	ck_assert_int_eq(packet_send(pair[0], "two", 3, other, 2), 0);
	ck_assert_int_eq(packet_send(pair[0], "one", 3, &other[1], 1), 0);
	close(other[1]);
	ck_assert_int_eq(packet_receive(pair[1], got, sizeof(got), fds), 4);
	ck_assert(fds[0] == -1 && fds[1] == -1);
	ck_assert_int_eq(packet_receive(pair[1], got, sizeof(got), fds), 3);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
		close(fds[i]);
	}
	ck_assert_int_eq(packet_receive(pair[1], got, sizeof(got), fds), 3);
	ck_assert_int_eq(fds[1], -1);
	ck_assert_int_eq(write(fds[0], "x", 1), 1);
	close(fds[0]);
	ck_assert_int_eq(read(other[0], got, 2), 1);
	ck_assert_int_eq(read(other[0], got, 1), 0); /* all copies are closed */
	close(other[0]);
	ck_assert_int_eq(packet_receive(pair[1], got, sizeof(got), fds), -1);
	ck_assert(fds[0] == -1 && fds[1] == -1);
}
END_TEST

#ifdef COMPAT_DESCRIPTORS
/* A peer that means harm: half a packet, and one without end. */
START_TEST(half)
{
	static const char bad[2][8] = { "\x08\0\0\0abc", "\xff\xff\xff\xff" };
	char got[8];

	ck_assert_int_eq(write(pair[0], bad[_i], sizeof(bad[_i])), 8);
	ck_assert_int_eq(packet_receive(pair[1], got, sizeof(got), NULL), -1);
	ck_assert_int_eq(errno, EPROTO);
	ck_assert_int_eq(packet_send(pair[0], "x", 1, NULL, 0), -1);
}
END_TEST
#endif

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, whole);
	tcase_add_test(t, cut);
	tcase_add_test(t, full);
	tcase_add_test(t, descriptors);
#ifdef COMPAT_DESCRIPTORS
	tcase_add_loop_test(t, half, 0, 2);
#endif
}

int
main(void)
{
	return unit_run("packet", add);
}
