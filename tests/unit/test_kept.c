/* What is kept of helpers: closed when it may be, read on, held, or given to the next one. */
#include "master/kept.c"

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "master/kept.h"
#include "base/loop.h"
#include "proxy/drain.h"
#include "unit.h"

#define BYTES(s) (s), sizeof(s) - 1
#define CONFIRM "\0\0\0\22" "\0\x5b" "\0\0\0\0" "\0\0\1\0" "\0\0\x10\0" "\0\0\4\0"
#define REFUSE "\0\0\0\16" "\0\x5c" "\0\0\0\0" "\0\0\0\2" "\0\0\0\0"

static struct loop *loop;
static struct kept kept;
static struct kept_by *by;
static struct proxy_trace *trace;
static int helper, master, file;

static void
setup(void)
{
	loop = loop_new();
	kept = (struct kept){ .loop = loop, .hold_ms = 100 };
	by = kept_begin(&kept, "/m", &helper);
	ck_assert_ptr_ne(by, NULL);
	master = file = -1;
}

static void
teardown(void)
{
	kept_end(by, false, true);
	kept_close(&kept, true);
	loop_free(loop);
}

static void
send_fds(uint32_t op, uint32_t id, const int *fds, size_t n)
{
	struct keep_message m = { op, id };

	ck_assert_int_eq(packet_send(helper, &m, sizeof(m), fds, n), 0);
}

/* Descriptors whose helper has ended. */
static unsigned
left(void)
{
	unsigned n = 0;

	for (const struct copy *c = kept.copies; c != NULL; c = c->next)
		n += c->by == NULL;
	return n;
}

/* The helper has a connection (the copy of its end is the only one left) and tells of it. */
static int
keep(uint32_t op, uint32_t id)
{
	int pair[2], n = op == KEEP_PROXY ? 2 : 1;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	master = pair[0];
	if (op == KEEP_PROXY)
		ck_assert_int_ne(file = proxy_trace_new(&trace), -1);
	send_fds(op, id, (int[]){ pair[1], file }, (size_t)n);
	return pair[1];
}

static void
kept_one(uint32_t op)
{
	close(keep(op, 0));
}

static bool
is_open(void)
{
	char byte;

	for (int i = 0; i < 4; i++)
		loop_once(loop, 0);
	return recv(master, &byte, 1, 0) == -1 && errno == EAGAIN;
}

static void
until_closed(void)
{
	uint64_t end = loop_now() + 5000;

	while (is_open() && loop_now() < end)
		loop_once(loop, 50);
	ck_assert(!is_open());
}

/* What the master says after it was told the end is read, until it closes. */
static void
is_heard_out(void)
{
	ck_assert_int_eq(send(master, "abc", 3, MSG_NOSIGNAL), 3);
	for (int i = 0; i < 4; i++)
		loop_once(loop, 0);
	ck_assert_int_eq(send(master, "abc", 3, MSG_NOSIGNAL), 3);
	ck_assert_uint_eq(left(), 1);
	shutdown(master, SHUT_WR);
	for (int i = 0; i < 4; i++)
		loop_once(loop, 0);
	ck_assert_uint_eq(left(), 0);
}

static void
ends(bool killed)
{
	close(helper);
	kept_end(by, killed, true);
	by = NULL;
}

static void
say(const void *data, size_t len)
{
	ck_assert_int_eq(send(master, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Nothing is open, nothing was refused: closed with the helper, however that ended. */
START_TEST(test_done)
{
	kept_one(KEEP_PROXY);
	ck_assert(is_open());
	ends(_i);
	ck_assert(!is_open());
	is_heard_out();
}
END_TEST

/* Channels were open: what was being sent is held, then all is closed. What comes is read. */
START_TEST(test_broken_off)
{
	static char much[100000];
	int sent = 0;

	kept_one(KEEP_PROXY);
	trace->channels = 2;
	ends(true);
	ck_assert(is_open());
	for (; sent < 20 && send(master, much, sizeof(much), MSG_NOSIGNAL) > 0; sent++)
		ck_assert(is_open());
	ck_assert_int_eq(sent, 20);
	until_closed();
	is_heard_out();
}
END_TEST

/* Without a trace: one that ended by itself has done what is to be done, a killed one has not. */
START_TEST(test_no_trace)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	master = pair[0];
	send_fds(KEEP_PROXY, 0, &pair[1], 1);
	close(pair[1]);
	ck_assert(is_open());
	ends(_i);
	ck_assert_int_eq(is_open(), _i);
}
END_TEST

/* Opens were unanswered: read until they are, cut anywhere. */
START_TEST(test_unanswered)
{
	static const char answers[] = CONFIRM CONFIRM;

	kept_one(KEEP_PROXY);
	drain_begin(&trace->drain, 2, (const uint8_t *)answers, (size_t)_i);
	ends(true);
	ck_assert(is_open());
	for (size_t i = (size_t)_i; i < 28; i++) {
		ck_assert(is_open());
		say(answers + i, 1);
	}
	until_closed();
	is_heard_out();
}
END_TEST

/* One is refused then: it stays for ever, which is until the master ends. */
START_TEST(test_refused_later)
{
	kept_one(KEEP_PROXY);
	drain_begin(&trace->drain, 2, NULL, 0);
	ends(true);
	say(BYTES(CONFIRM REFUSE));
	ck_assert(is_open());
	say(BYTES(CONFIRM CONFIRM));
	ck_assert(is_open());
	ck_assert_uint_eq(left(), 1);
	shutdown(master, SHUT_WR);
	until_closed();
	ck_assert_uint_eq(left(), 0);
}
END_TEST

/* What cannot be believed stays for ever. */
START_TEST(test_not_to_be_believed)
{
	kept_one(KEEP_PROXY);
	if (_i == 0)
		trace->flux = 1;
	else if (_i == 1)
		trace->version = 7;
	else if (_i == 2)
		trace->drain.have = 99;
	else
		ck_assert_int_eq(ftruncate(file, _i), 0);
	ends(true);
	say(BYTES(CONFIRM));
	ck_assert(is_open());
	ck_assert_uint_eq(left(), 1);
}
END_TEST

/* One that must stay and is at rest is for the next helper, and comes back from it. */
START_TEST(test_spare)
{
	int fd;

	kept_one(KEEP_PROXY);
	trace->refused = trace->stays = trace->rest = 1;
	ck_assert_uint_eq(kept_refused(&kept, "/m"), 0);
	ends(_i);
	ck_assert_uint_eq(left(), 1);
	ck_assert_uint_eq(kept_refused(&kept, "/m"), 1);
	by = kept_begin(&kept, "/other", &helper);
	ck_assert_int_eq(kept_spare(by), -1);
	ends(false);
	by = kept_begin(&kept, "/m", &helper);
	ck_assert_int_ne(fd = kept_spare(by), -1);
	ck_assert_int_eq(kept_spare(by), -1);
	ck_assert_uint_eq(left(), 0);
	ck_assert_int_ne(file = proxy_trace_new(&trace), -1);
	send_fds(KEEP_PROXY, 0, (int[]){ fd, file }, 2);
	ck_assert(is_open());
	trace->refused = 5;
	trace->stays = trace->rest = 1;
	ends(false);
	ck_assert_uint_eq(left(), 1);
	ck_assert_uint_eq(kept_refused(&kept, "/m"), 5); /* another one was used in between */
	ck_assert_uint_eq(kept_refused(&kept, "/other"), 0);
	by = kept_begin(&kept, "/m", &helper);
	ck_assert_int_ne(kept_spare(by), -1);
	ends(true); /* before it could tell: nobody knows what is under way */
	by = kept_begin(&kept, "/m", &helper);
	ck_assert_int_eq(kept_spare(by), -1);
	ck_assert(is_open());
	ck_assert_uint_eq(left(), 1);
	shutdown(master, SHUT_WR); /* another one at this path begins anew */
	until_closed();
	ck_assert_uint_eq(left(), 0);
}
END_TEST

/* The master's own words on a connection at rest were not expected: then it is none. */
START_TEST(test_spare_speaks)
{
	kept_one(KEEP_PROXY);
	trace->refused = trace->stays = trace->rest = 1;
	ends(false);
	say(BYTES("\0\0\0\2" "\0\4"));
	ck_assert(is_open());
	ck_assert_uint_eq(kept_refused(&kept, "/m"), 1);
	by = kept_begin(&kept, "/m", &helper);
	ck_assert_int_eq(kept_spare(by), -1);
	shutdown(master, SHUT_WR); /* the next one at this path begins anew */
	until_closed();
	ck_assert_uint_eq(kept_refused(&kept, "/m"), 0);
}
END_TEST

START_TEST(test_upload)
{
	kept_one(KEEP_UPLOAD);
	ck_assert(is_open());
	if (_i == 0) {
		ends(true);
		ck_assert(is_open());
	} else if (_i == 1) {
		ends(false);
	} else {
		send_fds(KEEP_RELEASE, 7, NULL, 0);
		ck_assert(is_open());
		send_fds(KEEP_RELEASE, 0, NULL, 0);
	}
	until_closed();
}
END_TEST

/* More than anybody needs, and nonsense. */
START_TEST(test_many)
{
	int fd = open("/dev/null", O_RDONLY);

	for (uint32_t i = 0; i < 1000; i++) {
		send_fds(KEEP_UPLOAD, i, &fd, 1);
		loop_once(loop, 0);
	}
	send_fds(99, 0, &fd, 1);
	send_fds(KEEP_PROXY, 0, NULL, 0);
	ck_assert_int_eq(packet_send(helper, "x", 1, NULL, 0), 0);
	ends(true);
	ck_assert_uint_eq(left(), 128);
}
END_TEST

/* The tunnel ends: its own masters do, too; another's must not. */
START_TEST(test_end)
{
	kept_one(KEEP_PROXY);
	trace->refused = trace->stays = 1;
	ends(false);
	kept_close(&kept, _i);
	if (_i) {
		ck_assert(!is_open());
		return;
	}
	ck_assert(is_open());
	shutdown(master, SHUT_WR);
	fcntl(master, F_SETFL, 0);
	ck_assert_int_eq(recv(master, &(char){ 0 }, 1, 0), 0);
}
END_TEST

/* We are killed: another's master must not end with that. */
START_TEST(test_killed)
{
	kept_one(KEEP_PROXY);
	trace->stays = trace->rest = 1;
	ck_assert(is_open());
	if (fork() == 0) {
		close(helper);
		kept_end(by, false, !_i);
		raise(SIGKILL);
	}
	kept_forget(by);
	by = NULL;
	kept_close(&kept, true);
	wait(NULL);
	ck_assert_int_eq(is_open(), _i);
}
END_TEST

/* ... while a helper goes on, which may have left its connection to us in this very moment. */
START_TEST(test_end_before_helper)
{
	kept_one(KEEP_PROXY);
	ck_assert(is_open());
	if (_i < 2)
		trace->refused = trace->stays = 1;
	else if (_i == 2)
		trace->drain.unanswered = 1;
	kept_forget(by);
	by = NULL;
	kept_close(&kept, _i == 1);
	if (_i == 1 || _i == 3) {
		ck_assert(!is_open());
		return;
	}
	say(BYTES(CONFIRM)); /* for the helper to read */
	ck_assert(is_open());
}
END_TEST

static void
tests(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_done, 0, 2);
	tcase_add_loop_test(t, test_no_trace, 0, 2);
	tcase_add_test(t, test_broken_off);
	tcase_add_loop_test(t, test_unanswered, 0, 22);
	tcase_add_test(t, test_refused_later);
	tcase_add_loop_test(t, test_not_to_be_believed, 0, 8);
	tcase_add_loop_test(t, test_spare, 0, 2);
	tcase_add_test(t, test_spare_speaks);
	tcase_add_loop_test(t, test_upload, 0, 3);
	tcase_add_test(t, test_many);
	tcase_add_loop_test(t, test_end, 0, 2);
	tcase_add_loop_test(t, test_killed, 0, 2);
	tcase_add_loop_test(t, test_end_before_helper, 0, 4);
}

int
main(void)
{
	return unit_run("kept", tests);
}
