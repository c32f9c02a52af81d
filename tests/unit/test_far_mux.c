/* Dials by a forward: what ssh is asked before the first of them is answered; the forwards are the test's. */
#define forwards_open played_open
#define forwards_drop played_drop
#define forwards_ask played_ask
#define forwards_check played_check
#include "ends/far_mux.c"

#include "base/unixsock.h"
#include "relay/stream.h"
#include "unit.h"

struct opened {
	struct forward forward;
	forwards_fn *fn;
	void *arg;
};

static struct opened forward, question;
static unsigned asked;
static struct loop *loop;
static struct end end;
static struct far_master master;
static struct end_result got;
static char home[] = "/tmp/test_far_mux.XXXXXX";
static int listener;

struct opened *
played_open(struct forwards *f, const struct forward *what, forwards_fn *fn, void *arg)
{
	ck_assert_ptr_null(f);
	forward = (struct opened){ *what, fn, arg };
	return &forward;
}

struct opened *
played_ask(struct forwards *f, forwards_fn *fn, void *arg)
{
	ck_assert_ptr_null(f);
	question = (struct opened){ .fn = fn, .arg = arg };
	asked++;
	return &question;
}

void
played_drop(struct opened *o, bool used)
{
	ck_assert(o != &forward || used);
}

void
played_check(struct forwards *f, forwards_checked_fn *fn, void *arg, const struct stream *stream, unsigned channel)
{
	ck_assert_ptr_null(f);
	fn(arg, stream, channel, true);
}

static void
answer(void *arg, const struct end_result *r)
{
	(void)arg;
	got = *r;
}

static void
setup(void)
{
	unit_dir_make(home, "test_far_mux");
	setenv("XDG_RUNTIME_DIR", home, 1);
	loop = loop_new();
	end = (struct end){ .loop = loop, .fn = answer };
	master = (struct far_master){ .end = &end, .ask = true, .dialler = &dial_by_mux };
	asked = 0;
}

static void
teardown(void)
{
	slots_free(&end);
	loop_free(loop);
	unit_dir_remove(home);
}

/* ssh listens, and accepts us. */
static void
dials(void)
{
	got = (struct end_result){ 0 };
	ck_assert(dial_by_mux.dial(&master, 7, "127.0.0.1", 2000));
	ck_assert_int_ne(listener = unixsock_listen(forward.forward.path, 1), -1);
	forward.fn(forward.arg, &(struct forward_result){ .status = FORWARD_OK });
}

/* Once: whatever sshd answers, or nothing at all. */
START_TEST(asks_once)
{
	static const enum forward_status said[] = { FORWARD_OK, FORWARD_REFUSED, FORWARD_TIMEOUT };

	dials();
	ck_assert(asked == 1 && got.stream == NULL);
	question.fn(question.arg, &(struct forward_result){ .status = said[_i] });
	ck_assert(got.event == EV_CONNECTED && got.channel == 7);
	stream_free(got.stream);
	close(listener);
	dials();
	ck_assert(asked == 1 && got.event == EV_CONNECTED);
	stream_free(got.stream);
	close(listener);
}
END_TEST

/* ... and what was refused by then is not connected, though nobody says yet whether it is forbidden. */
START_TEST(refused)
{
	dials();
	close(accept(listener, NULL, NULL));
	question.fn(question.arg, &(struct forward_result){ .status = FORWARD_OK });
	ck_assert(got.event == EV_FAILED && got.refusal == REFUSED_UNTOLD);
	close(listener);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, asks_once, 0, 3);
	tcase_add_test(t, refused);
}

int
main(void)
{
	return unit_run("far_mux", add);
}
