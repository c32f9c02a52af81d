/* A mux connection against a master that does as it is told: right answers, wrong ones,
 * none, and the end at any moment. The real mux.c, with a short timeout. */
#define MUX_TIMEOUT_MS 1000 /* longer than a loaded machine takes for anything */
#include "mux/mux.c"
#include "base/packet.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#define BYTES(s) (s), sizeof(s) - 1
#define HELLO "\0\0\0\10" "\0\0\0\1" "\0\0\0\4"
#define ALIVE_1 "\0\0\0\14" "\x80\0\0\5" "\0\0\0\1" "\0\0\0\52"
#define OK_2 "\0\0\0\10" "\x80\0\0\1" "\0\0\0\2"
#define PORT_3 "\0\0\0\14" "\x80\0\0\7" "\0\0\0\3" "\0\0\x9c\x40"
#define FAIL_4 "\0\0\0\20" "\x80\0\0\3" "\0\0\0\4" "\0\0\0\4nope"

static char dir[64], path[96];
static struct loop *loop;
static struct mux *mux;
static int listener, peer;
static struct forward_result got[64];
static size_t count;
static void *free_at; /* in the callback for this many answers, free the mux */

static const struct forward near_fwd = { .kind = FORWARD_LOCAL, .port = 21, .host = "h",
	.path = "/p" };
static const struct forward far_fwd = { .kind = FORWARD_REMOTE, .host = "localhost",
	.path = "/q" };

static void
take(void *arg, const struct forward_result *r)
{
	(void)arg;
	ck_assert_uint_lt(count, 64);
	got[count++] = *r;
	if ((uintptr_t)free_at == count) {
		mux_free(mux);
		mux = NULL;
	}
}

static void
setup(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	snprintf(dir, sizeof(dir), "/tmp/ftmux.XXXXXX");
	ck_assert_ptr_ne(mkdtemp(dir), NULL);
	snprintf(path, sizeof(path), "%s/m", dir);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(listen(listener, 4), 0);
	loop = loop_new();
	count = 0;
	free_at = NULL;
	ck_assert_ptr_ne(mux = mux_new(loop, path, take, NULL), NULL);
	peer = accept(listener, NULL, NULL);
	ck_assert_int_ne(peer, -1);
}

static void
teardown(void)
{
	mux_free(mux);
	loop_free(loop);
	close(listener);
	unlink(path);
	rmdir(dir);
}

static void
say(const void *data, size_t len)
{
	ck_assert_int_eq(send(peer, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void
turn(void)
{
	loop_once(loop, 0);
}

static void
until(size_t want)
{
	uint64_t end = loop_now() + 5000;

	while (count < want && loop_now() < end)
		loop_once(loop, 100);
	ck_assert_uint_eq(count, want);
}

static void
is(size_t i, uint32_t id, enum forward_status status)
{
	ck_assert_uint_eq(got[i].id, id);
	ck_assert_msg(got[i].status == status, "answer %zu: status %d, not %d: %s", i,
	    got[i].status, status, got[i].reason);
}

static void
ask_four(void)
{
	ck_assert_uint_eq(mux_alive(mux), 1);
	ck_assert_uint_eq(mux_open_forward(mux, &near_fwd), 2);
	ck_assert_uint_eq(mux_open_forward(mux, &far_fwd), 3);
	ck_assert_uint_eq(mux_close_forward(mux, &near_fwd), 4);
	ck_assert_uint_eq(count, 0);
}

static const char answers[] = HELLO ALIVE_1 OK_2 PORT_3 FAIL_4;

static void
four_answered(void)
{
	until(4);
	is(0, 1, FORWARD_OK);
	ck_assert_int_eq(got[0].pid, 42);
	is(1, 2, FORWARD_OK);
	is(2, 3, FORWARD_OK);
	ck_assert_uint_eq(got[2].port, 40000);
	is(3, 4, FORWARD_REFUSED);
	ck_assert_str_eq(got[3].reason, "nope");
}

START_TEST(test_answers)
{
	uint8_t in[512];
	ssize_t n;

	ask_four();
	turn();
	n = recv(peer, in, sizeof(in), MSG_DONTWAIT);
	ck_assert_int_gt(n, 24);
	ck_assert_int_eq(memcmp(in, HELLO, 12), 0); /* before the master's own hello */
	ck_assert_int_eq(memcmp(in + 12, "\0\0\0\10" "\x10\0\0\4" "\0\0\0\1", 12), 0);
	say(answers, sizeof(answers) - 1);
	four_answered();
	/* nothing is awaited now: silence is not an error */
	loop_once(loop, MUX_TIMEOUT_MS + 100);
	ck_assert_uint_eq(count, 4);
}
END_TEST

/* In two parts, cut at every byte. */
START_TEST(test_split)
{
	ask_four();
	say(answers, (size_t)_i);
	turn();
	say(answers + _i, sizeof(answers) - 1 - (size_t)_i);
	four_answered();
}
END_TEST

START_TEST(test_byte_by_byte)
{
	ask_four();
	for (size_t i = 0; i < sizeof(answers) - 1; i++) {
		say(answers + i, 1);
		turn();
	}
	four_answered();
}
END_TEST

/* The master hangs up behind every byte: four answers and the end, always. */
START_TEST(test_hangup)
{
	size_t whole = 0;

	ask_four();
	say(answers, (size_t)_i);
	close(peer);
	until(5);
	is(4, 0, FORWARD_DEAD);
	while (whole < 4 && got[whole].status != FORWARD_DEAD)
		whole++;
	for (size_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(got[i].id, i + 1);
		ck_assert_int_eq(got[i].status == FORWARD_DEAD, i >= whole);
	}
	ck_assert_uint_eq(whole, _i < 28 ? 0 : _i < 40 ? 1 : _i < 56 ? 2 : _i < 76 ? 3 : 4);
	ck_assert_uint_eq(mux_alive(mux), 0);
	ck_assert_int_eq(errno, EPIPE);
	turn();
	ck_assert_uint_eq(count, 5);
}
END_TEST

static const struct {
	const char *name, *data;
	size_t len;
} nonsense[] = {
	{ "garbage", BYTES("SSH-2.0-OpenSSH_9.2p1\r\n") },
	{ "answer before hello", BYTES(ALIVE_1) },
	{ "two hellos", BYTES(HELLO HELLO) },
	{ "version 5", BYTES("\0\0\0\10" "\0\0\0\1" "\0\0\0\5") },
	{ "version 0", BYTES("\0\0\0\10" "\0\0\0\1" "\0\0\0\0") },
	{ "wrong id", BYTES(HELLO "\0\0\0\14" "\x80\0\0\5" "\0\0\0\11" "\0\0\0\52") },
	{ "id out of order", BYTES(HELLO OK_2) },
	{ "wrong kind", BYTES(HELLO "\0\0\0\10" "\x80\0\0\1" "\0\0\0\1") },
	{ "huge", BYTES(HELLO "\xff\xff\xff\xff") },
	{ "a little too long", BYTES(HELLO "\0\1\0\1") },
	{ "empty packet", BYTES(HELLO "\0\0\0\0") },
	{ "short packet", BYTES(HELLO "\0\0\0\5" "\x80\0\0\5" "\0") },
	{ "unknown type", BYTES(HELLO "\0\0\0\10" "\x80\0\0\x66" "\0\0\0\1") },
};
#define NONSENSE (sizeof(nonsense) / sizeof(nonsense[0]))

START_TEST(test_nonsense)
{
	uint64_t start = loop_now();

	ck_assert_uint_eq(mux_alive(mux), 1);
	say(nonsense[_i].data, nonsense[_i].len);
	until(2);
	ck_assert_msg(got[0].id == 1 && got[0].status == FORWARD_BROKEN, "%s",
	    nonsense[_i].name);
	is(1, 0, FORWARD_BROKEN);
	ck_assert_str_ne(got[1].reason, "");
	ck_assert_uint_lt(loop_now() - start, MUX_TIMEOUT_MS);
}
END_TEST

START_TEST(test_bad_port)
{
	ck_assert_uint_eq(mux_open_forward(mux, &far_fwd), 1);
	say(BYTES(HELLO "\0\0\0\14" "\x80\0\0\7" "\0\0\0\1" "\0\1\0\0"));
	until(2);
	is(0, 1, FORWARD_BROKEN);
}
END_TEST

/* That listener is of no use; the connection is. */
START_TEST(test_no_port)
{
	ck_assert_uint_eq(mux_open_forward(mux, &far_fwd), 1);
	ck_assert_uint_eq(mux_alive(mux), 2);
	say(BYTES(HELLO "\0\0\0\14" "\x80\0\0\7" "\0\0\0\1" "\0\0\0\0"));
	until(1);
	is(0, 1, FORWARD_BROKEN);
	ck_assert_str_eq(got[0].reason, "the ssh server names no port");
	say(BYTES("\0\0\0\14" "\x80\0\0\5" "\0\0\0\2" "\0\0\0\7"));
	until(2);
	is(1, 2, FORWARD_OK);
}
END_TEST

START_TEST(test_unasked)
{
	say(BYTES(HELLO ALIVE_1));
	until(1);
	is(0, 0, FORWARD_BROKEN);
}
END_TEST

START_TEST(test_largest)
{
	static char packet[4 + MUX_PACKET_MAX];

	wire_poke_u32((uint8_t *)packet, MUX_PACKET_MAX);
	memcpy(packet + 4, "\x80\0\0\3" "\0\0\0\1" "\0\0\xff\xf4", 12);
	memset(packet + 16, 'x', sizeof(packet) - 16);
	ck_assert_uint_eq(mux_alive(mux), 1);
	say(BYTES(HELLO));
	say(packet, sizeof(packet));
	until(1);
	is(0, 1, FORWARD_REFUSED);
	ck_assert_uint_eq(mux_alive(mux), 2);
	say(BYTES("\0\0\0\14" "\x80\0\0\5" "\0\0\0\2" "\0\0\0\52"));
	until(2);
	is(1, 2, FORWARD_OK);
}
END_TEST

/* Silence: at the hello, and at an answer. Every answer gets its own time. */
START_TEST(test_silence)
{
	uint64_t start = loop_now();

	if (_i == 0) {
		until(1);
		is(0, 0, FORWARD_TIMEOUT);
	} else {
		say(BYTES(HELLO));
		mux_alive(mux);
		mux_alive(mux);
		loop_once(loop, 0);
		for (int waited = 0; waited < MUX_TIMEOUT_MS / 2; waited += 20)
			loop_once(loop, 20);
		say(BYTES(ALIVE_1));
		until(3);
		is(0, 1, FORWARD_OK);
		is(1, 2, FORWARD_TIMEOUT);
		is(2, 0, FORWARD_TIMEOUT);
		ck_assert_uint_ge(loop_now() - start, MUX_TIMEOUT_MS * 3 / 2 - 20);
	}
	ck_assert_uint_ge(loop_now() - start, MUX_TIMEOUT_MS - 1);
	ck_assert_uint_lt(loop_now() - start, MUX_TIMEOUT_MS * 10);
}
END_TEST

START_TEST(test_terminate)
{
	ck_assert_uint_eq(mux_terminate(mux), 1);
	say(BYTES(HELLO));
	close(peer);
	until(2);
	is(0, 1, FORWARD_OK);
	is(1, 0, FORWARD_DEAD);
}
END_TEST

/* The callback frees the mux, at each of the answers and at the end. */
START_TEST(test_free_inside)
{
	ask_four();
	free_at = (void *)(uintptr_t)_i;
	say(answers, _i <= 2 ? sizeof(answers) - 1 : 28);
	close(peer);
	until((size_t)_i);
	turn();
	turn();
	ck_assert_uint_eq(count, (size_t)_i);
	ck_assert_ptr_eq(mux, NULL);
}
END_TEST

/* More requests than the socket takes: kept, never lost, never blocking. */
START_TEST(test_full)
{
	static uint8_t in[8 << 20];
	size_t have = 0, packets = 0, asked = 0;
	struct forward f = near_fwd;

	memset(f.host, 'h', sizeof(f.host) - 1);
	while (asked++ < 10000)
		ck_assert_uint_eq(mux_close_forward(mux, &f), asked);
	for (ssize_t n; have < sizeof(in) && (n = recv(peer, in + have, sizeof(in) - have,
	    MSG_DONTWAIT)) > 0; have += (size_t)n)
		turn();
	for (size_t at = 0; at + 4 <= have; at += 4 + wire_peek_u32(in + at))
		packets++;
	ck_assert_uint_eq(packets, 10000 + 1);
}
END_TEST

/* Packet and descriptors are there at once, without a turn of the loop. */
START_TEST(test_stdio)
{
	static const struct forward to = { .port = 21, .host = "h" };
	int pair[2], fds[2];
	struct stat want, have;
	char in[64];

	ck_assert_int_eq(pipe(pair), 0);
	fstat(pair[0], &want);
	ck_assert_uint_eq(mux_stdio_forward(mux, &to, pair[0]), 1);
	ck_assert_int_eq(recv(peer, in, 12 + 25, MSG_DONTWAIT), 12 + 25);
	ck_assert_int_eq(memcmp(in + 12, "\0\0\0\25" "\x10\0\0\10", 8), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(fdpass_receive(peer, in, 1, fds), 1);
		ck_assert_int_ne(fds[0], -1);
		fstat(fds[0], &have);
		ck_assert_uint_eq(have.st_ino, want.st_ino);
		close(fds[0]);
	}
	say(BYTES(HELLO "\0\0\0\14" "\x80\0\0\6" "\0\0\0\1" "\0\0\0\3"));
	until(1);
	is(0, 1, FORWARD_OK);
	close(peer);
	until(2);
	is(1, 0, FORWARD_DEAD);
}
END_TEST

START_TEST(test_connect)
{
	char longer[200];

	ck_assert_ptr_eq(mux_new(loop, "/nonexistent/m", take, NULL), NULL);
	ck_assert_int_eq(errno, ENOENT);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_ptr_eq(mux_new(loop, longer, take, NULL), NULL);
	ck_assert_int_eq(errno, ENAMETOOLONG);
	close(listener);
	ck_assert_ptr_eq(mux_new(loop, path, take, NULL), NULL);
	ck_assert_int_eq(errno, ECONNREFUSED);
	ck_assert_int_ne(fcntl(mux->fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(mux->fd, F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

/* A full backlog is waited for, but not for ever; who waits gets in when there is room. */
START_TEST(test_backlog)
{
	struct mux *more[8];
	int n = 0;

	connect_wait_ms = _i ? 60000 : 200;
	mux->fn = NULL;
	while (n < 8 && ((more[n] = mux_new(loop, path, NULL, NULL))->waiting.timer.loop == NULL))
		n++;
	ck_assert_int_lt(n, 8);
	more[n]->fn = take;
	ck_assert_uint_eq(mux_alive(more[n]), 1);
	if (_i == 0) {
		until(2); /* what was asked, and the end */
		is(0, 1, FORWARD_TIMEOUT);
		is(1, 0, FORWARD_TIMEOUT);
	} else {
		for (int i = 0; i < n; i++)
			peer = accept(listener, NULL, NULL);
		while (more[n]->waiting.timer.loop != NULL)
			loop_once(loop, -1);
		peer = accept(listener, NULL, NULL);
		say(answers, 28);
		until(1);
		is(0, 1, FORWARD_OK);
		ck_assert_int_ne(fcntl(more[n]->fd, F_GETFL) & O_NONBLOCK, 0);
	}
	n++;
	while (n-- > 0)
		mux_free(more[n]);
}
END_TEST

/* mux_finish() stays until the master has answered; mux_free() would not. */
START_TEST(test_finish)
{
	pid_t child;
	int status;

	mux_close_forward(mux, &near_fwd);
	if ((child = fork()) == 0) {
		static const char said[] = HELLO "\0\0\0\10" "\x80\0\0\1" "\0\0\0\1";

		close(mux->fd);
		poll(NULL, 0, 50); /* a master that is busy elsewhere */
		_exit(send(peer, said, sizeof(said) - 1, MSG_NOSIGNAL) == -1);
	}
	close(peer);
	mux_finish(mux, 2000);
	mux = NULL;
	ck_assert_uint_eq(count, 0);
	waitpid(child, &status, 0);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* ... also until it has accepted the connection. */
START_TEST(test_finish_in_backlog)
{
	struct mux *more[8], *late;
	int n = 0, status;
	pid_t child;

	mux->fn = NULL;
	while (n < 8 && ((more[n] = mux_new(loop, path, NULL, NULL))->waiting.timer.loop == NULL))
		n++;
	ck_assert_int_lt(n, 8);
	late = more[n];
	ck_assert_uint_eq(mux_close_forward(late, &near_fwd), 1);
	if ((child = fork()) == 0) {
		static const char said[] = HELLO "\0\0\0\10" "\x80\0\0\1" "\0\0\0\1";
		char asked[16];

		for (int i = 0; i <= n; i++)
			peer = accept(listener, NULL, NULL);
		if (send(peer, said, sizeof(said) - 1, MSG_NOSIGNAL) == -1)
			_exit(1);
		_exit(recv(peer, asked, sizeof(asked), 0) <= 0);
	}
	mux_finish(late, 20000);
	waitpid(child, &status, 0);
	ck_assert_int_eq(status, 0);
	while (n-- > 0)
		mux_free(more[n]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("mux");
	TCase *t = tcase_create("mux");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 30);

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_answers);
	tcase_add_loop_test(t, test_split, 0, sizeof(answers));
	tcase_add_test(t, test_byte_by_byte);
	tcase_add_loop_test(t, test_hangup, 0, sizeof(answers));
	tcase_add_loop_test(t, test_nonsense, 0, NONSENSE);
	tcase_add_test(t, test_bad_port);
	tcase_add_test(t, test_no_port);
	tcase_add_test(t, test_unasked);
	tcase_add_test(t, test_largest);
	tcase_add_loop_test(t, test_silence, 0, 2);
	tcase_add_test(t, test_terminate);
	tcase_add_loop_test(t, test_free_inside, 1, 6);
	tcase_add_test(t, test_full);
	tcase_add_test(t, test_stdio);
	tcase_add_test(t, test_connect);
	tcase_add_loop_test(t, test_backlog, 0, 2);
	tcase_add_test(t, test_finish);
	tcase_add_test(t, test_finish_in_backlog);
	suite_add_tcase(s, t);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
