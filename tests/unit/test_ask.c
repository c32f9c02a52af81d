/* Records between the session and the broker. */
#include "base/packet.h"
#include "ask/ask.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static int pair[2];
static struct ask_out out;

static void
setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(packet_pair(pair, true), 0);
	out = (struct ask_out){ .fd = pair[0], .size = sizeof(struct action) };
}

static void
teardown(void)
{
	bytes_free(&out.kept);
	close(pair[0]);
	close(pair[1]);
}

START_TEST(record)
{
	struct action sent = { .kind = ACT_OPEN, .channel = 7, .ends = { [SERVER] = { END_DIAL,
		{ 4, { 1, 2, 3, 4 }, 1286 } } } }, got;

	ck_assert_int_eq(ask_send(&out, &sent), 0);
	ck_assert_int_eq(ask_receive(pair[1], &got, sizeof(got)), 1);
	ck_assert(got.kind == ACT_OPEN && got.channel == 7 && got.ends[SERVER].verb == END_DIAL);
	ck_assert_uint_eq(got.ends[SERVER].address.port, 1286);
	ck_assert_int_eq(ask_receive(pair[1], &got, sizeof(got)), 0);
}
END_TEST

/* What is too short or too long is no record. */
START_TEST(wrong_size)
{
	static const char bytes[ASK_MAX + 8];
	struct answer got;

	for (size_t len = 1; len <= sizeof(bytes); len++) {
		if (len == sizeof(got))
			continue;
		ck_assert_int_eq(packet_send(pair[0], bytes, len, NULL, 0), 0);
		errno = 0;
		ck_assert_int_eq(ask_receive(pair[1], &got, sizeof(got)), -1);
		ck_assert_int_eq(errno, EPROTO);
	}
}
END_TEST

/* What the socket does not take now is kept, in its order. */
START_TEST(none_is_lost)
{
	struct action ask = { .kind = ACT_EOF };
	unsigned sent = 0, got = 0;

	while (ask_kept(&out) < 100) {
		ask.channel = ++sent;
		ck_assert_int_eq(ask_send(&out, &ask), 0);
	}
	while (got < sent) {
		if (ask_receive(pair[1], &ask, sizeof(ask)) == 1)
			ck_assert_uint_eq(ask.channel, ++got);
		ck_assert_int_eq(ask_flush(&out), 0);
	}
	ck_assert_uint_eq(ask_kept(&out), 0);
}
END_TEST

START_TEST(end)
{
	struct action ask = { .kind = ACT_CHECK };

	close(pair[1]);
	ck_assert_int_eq(ask_send(&out, &ask), -1); /* and no SIGPIPE */
	ck_assert_int_eq(errno, EPIPE);
	ck_assert_int_eq(ask_receive(pair[0], &ask, sizeof(ask)), -1);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, record);
	tcase_add_test(t, wrong_size);
	tcase_add_test(t, none_is_lost);
	tcase_add_test(t, end);
}

int
main(void)
{
	return unit_run("ask", add);
}
