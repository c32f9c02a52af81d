/* Listeners on sshd: which is asked for, which is given to whom; the forwards are the test's. */
#define forwards_open played_open
#define forwards_drop played_drop
#define forwards_ask played_ask
#include "ends/far_listen.c"

#include <errno.h>
#include <sys/stat.h>

#include "relay/stream.h"
#include "unit.h"

#define OPENED_MAX 16

struct opened {
	struct forward forward;
	forwards_fn *fn;
	void *arg;
	bool dropped;
};

static struct opened opened[OPENED_MAX];
static unsigned asked; /* so many, one after the other */
static struct loop *loop;
static struct end end;
static struct far_master master;
static struct end_result got;
static int answers;

struct opened *
played_open(struct forwards *f, const struct forward *forward, forwards_fn *fn, void *arg)
{
	ck_assert_ptr_null(f);
	ck_assert_uint_lt(asked, OPENED_MAX);
	opened[asked] = (struct opened){ *forward, fn, arg, false };
	return &opened[asked++];
}

struct opened *
played_ask(struct forwards *f, forwards_fn *fn, void *arg)
{
	return played_open(f, &(struct forward){ .kind = FORWARD_REMOTE }, fn, arg);
}

void
played_drop(struct opened *o, bool used)
{
	ck_assert(!used);
	if (o != NULL)
		o->dropped = true;
}

static void
answer(void *arg, const struct end_result *r)
{
	(void)arg;
	got = *r;
	answers++;
}

static char home[] = "/tmp/test_far_listen.XXXXXX";

static void
setup(void)
{
	unit_dir_make(home, "test_far_listen");
	setenv("XDG_RUNTIME_DIR", home, 1);
	loop = loop_new();
	end = (struct end){ .loop = loop, .fn = answer };
	master = (struct far_master){ .end = &end, .bind = "", .may_by_name = true };
	asked = 0;
	answers = 0;
}

static void
teardown(void)
{
	slots_free(&end);
	loop_free(loop);
	unit_dir_remove(home);
}

/* What sshd says to the nth request. */
static void
says(unsigned n, enum forward_status status, uint16_t port)
{
	ck_assert(n < asked && !opened[n].dropped);
	opened[n].fn(opened[n].arg, &(struct forward_result){ .status = status, .port = port,
	    .reason = "no" });
}

/* ssh connects to the socket of the nth request. */
static int
comes(unsigned n)
{
	int fd = unixsock_connect(opened[n].forward.path);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(loop_once(loop, 1000), 0);
	return fd;
}

START_TEST(one)
{
	int fd;

	ck_assert(far_listen(&master, 7, 4));
	ck_assert_str_eq(opened[0].forward.host, "127.0.0.1");
	ck_assert(opened[0].forward.port == 0 && answers == 0);
	says(0, FORWARD_OK, 5000);
	ck_assert(answers == 1 && got.event == EV_LISTENING && got.channel == 7 && got.port == 5000);
	fd = comes(0);
	ck_assert(answers == 2 && got.event == EV_CONNECTED && got.channel == 7);
	ck_assert(opened[0].dropped && asked == 2); /* the spare one */
	stream_free(got.stream);
	close(fd);
}
END_TEST

/* Both loopbacks: the same port there, else another one; after some tries IPv4 alone. */
START_TEST(both_loopbacks)
{
	ck_assert(far_listen(&master, 7, 0));
	for (unsigned n = 0; n < 2 * BOTH_TRIES; n += 2) {
		ck_assert_uint_eq(asked, n + 1);
		says(n, FORWARD_OK, (uint16_t)(5000 + n));
		ck_assert_str_eq(opened[n + 1].forward.host, "::1");
		ck_assert_uint_eq(opened[n + 1].forward.port, 5000 + n);
		ck_assert_int_eq(answers, 0);
		says(n + 1, _i == 0 && n == 2 ? FORWARD_OK : FORWARD_REFUSED, 0);
		if (_i == 0 && n == 2)
			break;
		ck_assert_int_eq(opened[n].dropped, n + 2 < 2 * BOTH_TRIES);
	}
	ck_assert(answers == 1 && got.event == EV_LISTENING);
	ck_assert_uint_eq(got.port, _i == 0 ? 5002 : 5000 + 2 * (BOTH_TRIES - 1));
}
END_TEST

/* PermitListen knows the name alone; from then on nothing else is asked for. */
START_TEST(by_name)
{
	ck_assert(far_listen(&master, 7, 4));
	says(0, FORWARD_REFUSED, 0);
	ck_assert_str_eq(opened[1].forward.host, "localhost");
	ck_assert(opened[0].dropped && answers == 0);
	ck_assert_str_ne(opened[0].forward.path, opened[1].forward.path);
	says(1, _i == 0 ? FORWARD_OK : FORWARD_REFUSED, 5000);
	ck_assert(answers == 1 && got.event == (_i == 0 ? EV_LISTENING : EV_FAILED));
	ck_assert(far_listen(&master, 8, 0));
	ck_assert_str_eq(opened[2].forward.host, "localhost");
}
END_TEST

/* sshd's answer to anything comes behind who has come; no answer is none. */
START_TEST(who_comes)
{
	static const enum forward_status said[] = { FORWARD_OK, FORWARD_REFUSED, FORWARD_TIMEOUT };

	ck_assert(!far_ask(&end, NULL, 7));
	ck_assert(far_listen(&master, 7, 4));
	ck_assert(!far_ask(&end, NULL, 7));
	says(0, FORWARD_OK, 5000);
	ck_assert(far_ask(&end, NULL, 7) && asked == 2 && answers == 1);
	says(1, said[_i], 5001);
	ck_assert(opened[1].dropped && !opened[0].dropped);
	ck_assert(answers == (_i < 2 ? 2 : 1) && (_i == 2 || (got.event == EV_ALIVE && got.channel == 7)));
}
END_TEST

START_TEST(has_come)
{
	int fd;

	ck_assert(far_listen(&master, 7, 4));
	says(0, FORWARD_OK, 5000);
	far_look(&end, 7);
	ck_assert(far_ask(&end, NULL, 7) && answers == 1);
	ck_assert_int_ne(fd = unixsock_connect(opened[0].forward.path), -1);
	far_look(&end, 7);
	ck_assert(answers == 2 && got.event == EV_CONNECTED && opened[1].dropped);
	stream_free(got.stream);
	close(fd);
}
END_TEST

START_TEST(spare)
{
	ck_assert(far_listen(&master, 7, 4));
	says(0, FORWARD_OK, 5000);
	close(comes(0));
	stream_free(got.stream);
	ck_assert(far_listen(&master, 8, 4)); /* it is not there yet */
	ck_assert_uint_eq(asked, 3);
	says(1, FORWARD_OK, 5001);
	answers = 0;
	ck_assert(far_listen(&master, 9, 4));
	ck_assert_uint_eq(asked, 3);
	ck_assert_int_eq(loop_once(loop, 1000), 0);
	ck_assert(answers == 1 && got.event == EV_LISTENING && got.channel == 9 && got.port == 5001);
}
END_TEST

/* Who comes to a spare one is a stranger. */
START_TEST(spare_visited)
{
	int fd;

	ck_assert(listen_new(&master, 0, 4, 0));
	says(0, FORWARD_OK, 5000);
	fd = comes(0);
	ck_assert(answers == 0 && opened[0].dropped);
	ck_assert_int_eq(read(fd, &(char){ 0 }, 1), 0);
	close(fd);
	ck_assert(far_listen(&master, 8, 4));
	ck_assert_uint_eq(asked, 2);
}
END_TEST

START_TEST(cancelled)
{
	ck_assert(far_listen(&master, 7, 4));
	if (_i == 1)
		says(0, FORWARD_OK, 5000);
	answers = 0;
	slots_cancel(&end, 7);
	ck_assert(opened[0].dropped && answers == 0);
	ck_assert_int_eq(access(opened[0].forward.path, F_OK), -1);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, one);
	tcase_add_loop_test(t, both_loopbacks, 0, 2);
	tcase_add_loop_test(t, by_name, 0, 2);
	tcase_add_loop_test(t, who_comes, 0, 3);
	tcase_add_test(t, has_come);
	tcase_add_test(t, spare);
	tcase_add_test(t, spare_visited);
	tcase_add_loop_test(t, cancelled, 0, 2);
}

int
main(void)
{
	return unit_run("far_listen", add);
}
