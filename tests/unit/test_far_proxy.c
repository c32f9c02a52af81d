/* Whether the master lives is known of its channels, and asked about its sockets; the answer is the test's. */
#define forwards_check played_check
#define far_master_checked played_checked
#include "ends/far_proxy.c"

#include "unit.h"

static struct far_master master;
static unsigned asked, told;
static bool lives;

void
played_check(struct forwards *f, forwards_checked_fn *fn, void *arg, const struct stream *stream,
    unsigned channel)
{
	ck_assert_ptr_eq(f, master.listens);
	ck_assert_ptr_eq(arg, &master);
	asked++;
	fn(arg, stream, channel, false);
}

void
played_checked(void *arg, const struct stream *stream, unsigned channel, bool alive)
{
	ck_assert(arg == &master && channel == 7 && (stream == NULL || stream->uses == &master.uses));
	told++;
	lives = alive;
}

static void
check(const struct stream *stream, bool gone)
{
	asked = told = 0;
	master = (struct far_master){ .dialler = &dial_by_proxy, .gone = gone };
	master.dialler->check(&master, stream, 7);
	ck_assert_uint_eq(told, 1);
}

/* Its end is a message of sshd, behind which the master may have died. */
START_TEST(of_a_channel)
{
	check(&(struct stream){ .fd = -1, .uses = &master.uses }, false);
	ck_assert(asked == 0 && lives);
	check(NULL, false);
	ck_assert(asked == 0 && lives);
	check(&(struct stream){ .fd = -1, .uses = &master.uses }, true);
	ck_assert(asked == 0 && !lives);
}
END_TEST

/* Nothing has told of the master's death, and yet it may be what has closed this. */
START_TEST(of_a_socket)
{
	check(&(struct stream){ .fd = 9, .uses = &master.uses }, false);
	ck_assert(asked == 1 && !lives);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, of_a_channel);
	tcase_add_test(t, of_a_socket);
}

int
main(void)
{
	return unit_run("far_proxy", add);
}
