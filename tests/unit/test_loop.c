#include "base/loop.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

/* In place of the C library's: fails so often first. */
static int poll_fails, poll_error;

int
poll(struct pollfd *fds, nfds_t n, int ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	if (n > 0 && poll_fails > 0) {
		poll_fails--;
		errno = poll_error;
		return -1;
	}
	return ppoll(fds, n, ms < 0 ? NULL : &t, NULL);
}

static struct loop *loop;
static char order[64];

static void
setup(void)
{
	ck_assert_ptr_nonnull(loop = loop_new());
	order[0] = '\0';
}

static void
teardown(void)
{
	loop_free(loop);
}

static void
note(const char *what)
{
	ck_assert_uint_lt(strlen(order) + strlen(what), sizeof(order));
	strcat(order, what);
}

static void
note_timer(void *arg)
{
	note(arg);
}

/* Rounds until every expected note is there or the deadline is over. */
static void
run_until(size_t notes)
{
	uint64_t end = loop_now() + 5000;

	while (strlen(order) < notes && loop_now() < end)
		ck_assert_int_eq(loop_once(loop, 100), 0);
	ck_assert_uint_eq(strlen(order), notes);
}

static struct timer timers[5];

START_TEST(timers_in_order)
{
	uint64_t start = loop_now();

	timer_set(&timers[0], loop, 20, note_timer, "c");
	timer_set(&timers[1], loop, 0, note_timer, "a");
	timer_set(&timers[2], loop, 10, note_timer, "b");
	timer_set(&timers[3], loop, 20, note_timer, "d");
	timer_set(&timers[4], loop, 5, note_timer, "x");
	timer_stop(&timers[4]);
	timer_stop(&timers[4]);
	run_until(4);
	ck_assert_str_eq(order, "abcd");
	ck_assert_uint_ge(loop_now() - start, 20);
}
END_TEST

static void
kill_victim(void *arg)
{
	note(arg);
	timer_stop(&timers[1]);
	timer_set(&timers[0], loop, 0, note_timer, "n"); /* the one that has fired just now */
}

START_TEST(timer_frees_another)
{
	timer_set(&timers[0], loop, 0, kill_victim, "k");
	timer_set(&timers[1], loop, 0, note_timer, "v");
	timer_set(&timers[2], loop, 1, note_timer, "z");
	run_until(3);
	ck_assert_ptr_null(strchr(order, 'v'));
	ck_assert_int_eq(order[0], 'k');
}
END_TEST

/* Set again it runs once, and when it was set to last. */
START_TEST(timer_set_again)
{
	timer_set(&timers[0], loop, 0, note_timer, "o");
	timer_set(&timers[0], loop, 20, note_timer, "n");
	timer_set(&timers[1], loop, 10, note_timer, "b");
	ck_assert_ptr_eq(timers[0].loop, loop);
	run_until(2);
	ck_assert_str_eq(order, "bn");
	ck_assert_ptr_null(timers[0].loop);
}
END_TEST

struct end {
	int pipe[2];
	struct end *wakes; /* writes to it when the timer is due */
	struct watch *watch;
	const char *name;
	struct end *frees;
};

static void
end_write(struct end *e)
{
	ck_assert_int_eq(write(e->pipe[1], "x", 1), 1);
}

static void
note_readable(void *arg, short revents)
{
	struct end *e = arg;
	char c;

	note(e->name);
	if (revents & POLLIN)
		ck_assert_int_eq(read(e->pipe[0], &c, 1), 1);
	if (e->wakes != NULL) {
		while (loop_now() <= timers[0].due)
			;
		end_write(e->wakes);
	}
	if (e->frees != NULL) {
		watch_free(e->frees->watch);
		e->frees->watch = NULL;
		e->frees = NULL;
	}
}

static void
end_open(struct end *e, const char *name)
{
	memset(e, 0, sizeof(*e));
	e->name = name;
	ck_assert_int_eq(pipe(e->pipe), 0);
	ck_assert_ptr_nonnull(e->watch = loop_watch(loop, e->pipe[0], POLLIN, note_readable, e));
}

static void
end_close(struct end *e)
{
	watch_free(e->watch);
	close(e->pipe[0]);
	if (e->pipe[1] != -1)
		close(e->pipe[1]);
}

/* Of a process that got no turn for so long: both are there, and what has happened is heard first. */
START_TEST(events_before_timers)
{
	struct end a, b;

	end_open(&a, "a");
	end_open(&b, "b");
	a.wakes = &b;
	end_write(&a);
	timer_set(&timers[0], loop, 1, note_timer, "t");
	run_until(3);
	ck_assert_str_eq(order, "abt");
	end_close(&a);
	end_close(&b);
}
END_TEST

START_TEST(reads)
{
	struct end a;

	end_open(&a, "a");
	ck_assert_int_eq(loop_once(loop, 0), 0);
	ck_assert_str_eq(order, "");
	end_write(&a);
	end_write(&a);
	run_until(2);
	ck_assert_int_eq(loop_once(loop, 0), 0);
	ck_assert_str_eq(order, "aa");
	end_close(&a);
}
END_TEST

START_TEST(paused_and_masked)
{
	struct end a;

	end_open(&a, "a");
	end_write(&a);
	watch_events(a.watch, 0);
	ck_assert_int_eq(loop_once(loop, 0), 0);
	watch_events(a.watch, POLLIN);
	watch_pause(a.watch, true);
	ck_assert_int_eq(loop_once(loop, 0), 0);
	watch_events(a.watch, POLLIN); /* does not wake it */
	ck_assert_int_eq(loop_once(loop, 0), 0);
	ck_assert_str_eq(order, "");
	watch_pause(a.watch, false);
	run_until(1);
	/* a hangup is reported even when nothing is asked for, but not while paused */
	watch_events(a.watch, 0);
	watch_pause(a.watch, true);
	close(a.pipe[1]);
	a.pipe[1] = -1;
	ck_assert_int_eq(loop_once(loop, 0), 0);
	ck_assert_uint_eq(strlen(order), 1);
	watch_pause(a.watch, false);
	run_until(2);
	end_close(&a);
}
END_TEST

/* A callback frees itself and a watch that is ready in the same round. */
/* The sooner one first, whatever was asked for first; and not before its time. */
START_TEST(paused_for_a_while)
{
	uint64_t start = loop_now();
	struct end a, b;

	end_open(&a, "a");
	end_open(&b, "b");
	ck_assert_int_eq(write(a.pipe[1], "x", 1), 1);
	ck_assert_int_eq(write(b.pipe[1], "x", 1), 1);
	watch_pause_for(a.watch, 80);
	watch_pause_for(b.watch, 40);
	ck_assert_int_eq(loop_once(loop, 0), 0);
	ck_assert_str_eq(order, "");
	run_until(2);
	ck_assert_str_eq(order, "ba");
	ck_assert_uint_ge(loop_now() - start, 80);
	watch_pause_for(a.watch, 20);
	watch_pause(a.watch, true); /* for good */
	ck_assert_int_eq(write(a.pipe[1], "x", 1), 1);
	watch_pause_for(b.watch, 40);
	ck_assert_int_eq(write(b.pipe[1], "x", 1), 1);
	run_until(3);
	ck_assert_str_eq(order, "bab");
	watch_pause_for(NULL, 1);
	end_close(&a);
	end_close(&b);
}
END_TEST

START_TEST(freed_inside_a_round)
{
	struct end e[3];

	end_open(&e[0], "0");
	end_open(&e[1], "1");
	end_open(&e[2], "2");
	e[0].frees = &e[1];
	e[2].frees = &e[2];
	for (int i = 0; i < 3; i++)
		end_write(&e[i]);
	run_until(2);
	ck_assert_str_eq(order, "02");
	end_write(&e[0]);
	end_write(&e[2]);
	run_until(3);
	ck_assert_int_eq(loop_once(loop, 0), 0);
	ck_assert_str_eq(order, "020");
	for (int i = 0; i < 3; i++)
		end_close(&e[i]);
}
END_TEST

static void
pause_other(void *arg, short revents)
{
	struct end *e = arg;

	note_readable(e, revents);
	watch_pause(e[1].watch, true);
}

/* Ready in the same round, but paused before its turn. */
START_TEST(paused_inside_a_round)
{
	struct end e[2];

	end_open(&e[0], "0");
	watch_free(e[0].watch);
	e[0].watch = loop_watch(loop, e[0].pipe[0], POLLIN, pause_other, &e[0]);
	ck_assert_int_eq(loop_once(loop, 0), 0); /* the freed slot is gone: 0 comes first */
	end_open(&e[1], "1");
	end_write(&e[0]);
	end_write(&e[1]);
	run_until(1);
	ck_assert_int_eq(loop_once(loop, 0), 0);
	ck_assert_str_eq(order, "0");
	watch_pause(e[1].watch, false);
	run_until(2);
	end_close(&e[0]);
	end_close(&e[1]);
}
END_TEST

static struct end late;

static void
open_late(void *arg, short revents)
{
	note_readable(arg, revents);
	end_open(&late, "l");
	end_write(&late);
}

START_TEST(added_inside_a_round)
{
	struct end a;

	end_open(&a, "a");
	watch_free(a.watch);
	a.watch = loop_watch(loop, a.pipe[0], POLLIN, open_late, &a);
	end_write(&a);
	run_until(2);
	ck_assert_str_eq(order, "al");
	end_close(&a);
	end_close(&late);
}
END_TEST

START_TEST(many)
{
	struct end e[40];

	for (int i = 0; i < 40; i++)
		end_open(&e[i], ".");
	for (int i = 0; i < 40; i += 2) {
		watch_free(e[i].watch);
		e[i].watch = NULL;
	}
	for (int i = 0; i < 40; i++)
		end_write(&e[i]);
	run_until(20);
	for (int i = 0; i < 40; i++)
		end_close(&e[i]);
	ck_assert_int_eq(loop_once(loop, 0), 0);
}
END_TEST

START_TEST(frees_what_is_left)
{
	struct end a;

	end_open(&a, "a");
	timer_set(&timers[0], loop, 1000, note_timer, "t");
	loop_free(loop);
	ck_assert_ptr_null(timers[0].loop);
	loop_free(NULL);
	loop = loop_new();
	a.watch = NULL;
	end_close(&a);
}
END_TEST

/* The kernel needs memory for many descriptors. */
START_TEST(no_memory_passes)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_ptr_nonnull(loop_watch(loop, fds[0], POLLIN, NULL, NULL));
	timer_set(&timers[0], loop, 0, note_timer, "t");
	poll_fails = 2;
	poll_error = ENOMEM;
	run_until(1);
	ck_assert_int_eq(loop_once(loop, 0), 0);
	poll_fails = 1;
	poll_error = EINVAL;
	ck_assert_int_eq(loop_once(loop, 0), -1);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, timers_in_order);
	tcase_add_test(t, timer_frees_another);
	tcase_add_test(t, timer_set_again);
	tcase_add_test(t, events_before_timers);
	tcase_add_test(t, reads);
	tcase_add_test(t, paused_and_masked);
	tcase_add_test(t, paused_for_a_while);
	tcase_add_test(t, freed_inside_a_round);
	tcase_add_test(t, paused_inside_a_round);
	tcase_add_test(t, added_inside_a_round);
	tcase_add_test(t, many);
	tcase_add_test(t, no_memory_passes);
	tcase_add_test(t, frees_what_is_left);
}

int
main(void)
{
	return unit_run("loop", add);
}
