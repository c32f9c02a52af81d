/* Whether the master lives is known of the channels of a proxy connection, and asked about its sockets; the
 * answer is the test's. */
#define forwards_check played_check
#include "ends/far.c"

#include "unit.h"

static struct far *far;
static struct far_master *master;
static struct end_result got;
static unsigned asked, told;

void
played_check(struct forwards *f, forwards_checked_fn *fn, void *arg, const struct stream *stream,
    unsigned channel)
{
	ck_assert_ptr_eq(f, master->listens);
	ck_assert_ptr_eq(arg, master);
	asked++;
	fn(arg, stream, channel, false);
}

static void
answer(void *arg, const struct end_result *r)
{
	(void)arg;
	got = *r;
	told++;
}

static bool
lives(const struct stream *stream, bool gone)
{
	asked = told = 0;
	master->gone = gone;
	far_check(&far->end, stream, 7);
	ck_assert(told == 1 && got.channel == 7 && got.asked == stream);
	return got.event == EV_ALIVE;
}

static void
setup(void)
{
	far = calloc(1, sizeof(*far) + 2 * sizeof(far->master[0]));
	far->end = (struct end){ .fn = answer };
	far->count = 1;
	master = &far->master[0];
	*master = (struct far_master){ .end = &far->end, .proxy = (struct proxy *)far,
		.listens = (struct forwards *)far };
}

static void
teardown(void)
{
	free(far);
}

/* Its end is a message of sshd, behind which the master may have died. */
START_TEST(of_a_channel)
{
	const struct stream channel = { .fd = -1, .uses = &master->uses };

	ck_assert(lives(&channel, false) && asked == 0);
	ck_assert(lives(NULL, false) && asked == 0);
	ck_assert(!lives(&channel, true) && asked == 0);
}
END_TEST

/* Nothing has told of the master's death, and yet it may be what has closed this. */
START_TEST(of_a_socket)
{
	ck_assert(!lives(&(struct stream){ .fd = 9, .uses = &master->uses }, false) && asked == 1);
}
END_TEST

/* A channel has the master with the least to do, beside the control connection; of equals the next in turn. */
START_TEST(least_to_do)
{
	struct far_master *second = &far->master[1];

	far->count = 2;
	*second = (struct far_master){ .number = 1, .uses = 2 };
	master->uses = 2;
	ck_assert_ptr_eq(least(&far->end, 7), master);
	second->uses = 1;
	ck_assert_ptr_eq(least(&far->end, 7), second);
	ck_assert_ptr_eq(least(&far->end, 7), master);
	ck_assert_ptr_eq(least(&far->end, CHANNEL_CONTROL), master);
	master->uses = 9;
	second->gone = true;
	ck_assert_ptr_eq(least(&far->end, 7), master);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, of_a_channel);
	tcase_add_test(t, of_a_socket);
	tcase_add_test(t, least_to_do);
}

int
main(void)
{
	return unit_run("far", add);
}
