/* Forwards stay on record until the master has said that they are gone: played with a mux of the test's. */
#define mux_new played_new
#define mux_free played_free
#define mux_finish played_finish
#define mux_ask played_ask
#include "ends/forwards.c"

#include "unit.h"

static struct loop *loop;
static struct forwards *f;
static mux_fn *answer_fn;
static void *answer_arg;
static char asked[64]; /* what the master was asked: o, c, a, in a row; n, x: connected, closed */
static uint32_t last;
static int refuse_connect; /* errno */
static bool refuse_requests;
static struct forward_result got;
static int answers, losses;

static void
note(char what)
{
	asked[strlen(asked)] = what;
}

struct mux *
played_new(struct loop *on, const char *path, mux_fn *fn, void *arg)
{
	ck_assert_ptr_eq(on, loop);
	ck_assert_str_eq(path, "ctl");
	if (refuse_connect != 0) {
		errno = refuse_connect;
		return NULL;
	}
	note('n');
	answer_fn = fn;
	answer_arg = arg;
	return (struct mux *)&last;
}

void
played_free(struct mux *m)
{
	ck_assert_ptr_nonnull(m);
	note('x');
}

void
played_finish(struct mux *m, unsigned ms)
{
	(void)m;
	(void)ms;
	note('.');
}

uint32_t
played_ask(struct mux *m, enum mux_type type, const struct forward *forward)
{
	(void)m;
	if (type != MUX_C_ALIVE_CHECK)
		ck_assert_str_eq(forward->host, "host");
	if (refuse_requests)
		return 0;
	note(type == MUX_C_ALIVE_CHECK ? 'a' : type == MUX_C_OPEN_FWD ? 'o' : 'c');
	return ++last;
}

static void
answered(void *arg, const struct forward_result *r)
{
	ck_assert_ptr_eq(arg, &got);
	got = *r;
	answers++;
}

static void
lost(void *arg, const char *reason)
{
	ck_assert_ptr_eq(arg, &losses);
	ck_assert_str_eq(reason, "why");
	losses++;
}

static void
setup(void)
{
	memset(asked, 0, sizeof(asked));
	last = 0;
	refuse_connect = answers = losses = 0;
	refuse_requests = false;
	loop = loop_new();
	f = forwards_new(loop, "ctl", lost, &losses);
}

static void
teardown(void)
{
	forwards_free(f);
	loop_free(loop);
}

static struct opened *
open_one(void)
{
	const struct forward forward = { .kind = FORWARD_REMOTE, .host = "host", .path = "/nowhere/d" };

	return forwards_open(f, &forward, answered, &got);
}

static void
answer(uint32_t id, enum forward_status status)
{
	answer_fn(answer_arg, &(struct forward_result){ .id = id, .status = status, .port = 5000,
	    .reason = "why" });
}

/* Until it has been asked that much. */
static void
await(const char *text)
{
	while (strcmp(asked, text) != 0)
		ck_assert_int_eq(loop_once(loop, 10000), 0);
}

START_TEST(opened_and_dropped)
{
	struct opened *o = open_one();

	ck_assert_uint_eq(forwards_count(f), 1);
	answer(1, FORWARD_OK);
	ck_assert(answers == 1 && got.status == FORWARD_OK && got.port == 5000);
	forwards_drop(o, false);
	ck_assert_str_eq(asked, "noc");
	ck_assert_uint_eq(forwards_count(f), 1);
	answer(2, _i == 0 ? FORWARD_OK : FORWARD_REFUSED); /* there is none: that is an answer, too */
	ck_assert_uint_eq(forwards_count(f), 0);
	ck_assert_int_eq(answers, 1);
}
END_TEST

/* What ssh has not accepted yet would die with the listener. */
START_TEST(used)
{
	struct opened *o = open_one();

	answer(1, FORWARD_OK);
	forwards_drop(o, true);
	ck_assert_str_eq(asked, "noa");
	answer(2, FORWARD_OK);
	ck_assert_str_eq(asked, "noac");
	answer(3, FORWARD_OK);
	ck_assert_uint_eq(forwards_count(f), 0);
}
END_TEST

/* Nobody waits any more when the answer comes: it is cancelled then, if it is there. */
START_TEST(dropped_before_the_answer)
{
	forwards_drop(open_one(), false);
	ck_assert_str_eq(asked, "no");
	answer(1, _i == 0 ? FORWARD_OK : FORWARD_REFUSED);
	ck_assert_str_eq(asked, _i == 0 ? "noc" : "no");
	ck_assert_uint_eq(forwards_count(f), _i == 0);
	ck_assert_int_eq(answers, 0);
}
END_TEST

START_TEST(refused)
{
	struct opened *o = open_one();

	answer(1, FORWARD_REFUSED);
	ck_assert(answers == 1 && got.status == FORWARD_REFUSED);
	forwards_drop(o, false);
	ck_assert_str_eq(asked, "no");
	ck_assert_uint_eq(forwards_count(f), 0);
}
END_TEST

/* No answer in time: it may be there. */
START_TEST(unsure)
{
	struct opened *o = open_one();

	answer(1, FORWARD_TIMEOUT);
	forwards_drop(o, false);
	ck_assert_str_eq(asked, "noc");
	ck_assert_uint_eq(forwards_count(f), 1);
}
END_TEST

/* The connection ends with the cancel unanswered: it is asked for again over another one ... */
START_TEST(asked_again)
{
	struct opened *o = open_one();

	answer(1, FORWARD_OK);
	forwards_drop(o, false);
	answer(2, FORWARD_BROKEN);
	answer(0, FORWARD_BROKEN);
	ck_assert_int_eq(losses, 1);
	ck_assert_uint_eq(forwards_count(f), 1);
	await("nocxnc");
	answer(3, FORWARD_OK);
	ck_assert_uint_eq(forwards_count(f), 0);
}
END_TEST

/* ... and forgotten with the master. */
START_TEST(master_gone)
{
	struct opened *o = open_one();

	answer(1, FORWARD_OK);
	answer(0, FORWARD_DEAD);
	refuse_connect = ECONNREFUSED;
	forwards_drop(o, false);
	ck_assert_uint_eq(forwards_count(f), 0);
	ck_assert_ptr_null(open_one());
	ck_assert_int_eq(errno, ECONNREFUSED);
}
END_TEST

static int checks;
static bool alive;

static void
checked(void *arg, const struct stream *stream, unsigned channel, bool lives)
{
	ck_assert(arg == NULL && stream == NULL && channel == 7);
	checks++;
	alive = lives;
}

/* At once. */
static void
is_checked(bool lives)
{
	checks = 0;
	forwards_check(f, checked, NULL, NULL, 7);
	ck_assert(checks == 1 && alive == lives);
	checks = 0;
}

START_TEST(cannot_be_sent)
{
	refuse_requests = true;
	ck_assert_ptr_null(open_one());
	ck_assert_uint_eq(forwards_count(f), 0);
	is_checked(false);
}
END_TEST

/* What is under way in the end is cancelled behind its opening; who has asked is told. */
START_TEST(in_the_end)
{
	open_one();
	forwards_check(f, checked, NULL, NULL, 7);
	ck_assert_uint_eq(forwards_count(f), 1);
	forwards_free(f);
	ck_assert_str_eq(asked, "noac.");
	ck_assert(checks == 1 && !alive);
	f = NULL;
}
END_TEST

START_TEST(check)
{
	is_checked(false); /* over a connection that is there */
	ck_assert(forwards_connect(f));
	forwards_check(f, checked, NULL, NULL, 7);
	answer(1, FORWARD_REFUSED);
	ck_assert(checks == 1 && alive);
	ck_assert_uint_eq(forwards_count(f), 0);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, opened_and_dropped, 0, 2);
	tcase_add_test(t, used);
	tcase_add_loop_test(t, dropped_before_the_answer, 0, 2);
	tcase_add_test(t, refused);
	tcase_add_test(t, unsure);
	tcase_add_test(t, asked_again);
	tcase_add_test(t, master_gone);
	tcase_add_test(t, cannot_be_sent);
	tcase_add_test(t, in_the_end);
	tcase_add_test(t, check);
}

int
main(void)
{
	return unit_run("forwards", add);
}
