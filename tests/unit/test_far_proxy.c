/* Dials over a proxy connection that the test plays. */
#define stream_dial played_dial
#define proxy_no_file played_no_file
#define proxy_unanswered played_unanswered
#include "ends/far_proxy.c"

#include "base/memory.h"
#include "unit.h"

static struct loop *loop;
static struct end end;
static struct far_master master;
static struct end_result got[4];
static unsigned told, no_files, unanswered;

struct stream *
played_dial(struct proxy *proxy, const char *host, uint16_t port, stream_fn *fn, void *arg, unsigned *uses)
{
	ck_assert(strcmp(host, "ftp") == 0 && port == 4711);
	++*uses;
	return memory_make(struct stream, .fd = -1, .uses = uses, .fn = fn, .arg = arg);
}

void
played_no_file(struct proxy_channel *c)
{
	no_files++;
}

unsigned
played_unanswered(const struct proxy *p)
{
	return unanswered;
}

static void
answer(void *arg, const struct end_result *r)
{
	got[told++] = *r;
}

static struct slot *
dial(unsigned channel)
{
	ck_assert(dial_begin(&master, channel, "ftp", 4711));
	return end.slots;
}

static void
setup(void)
{
	loop = loop_new();
	end = (struct end){ .loop = loop, .fn = answer };
	master = (struct far_master){ .end = &end, .proxy = (struct proxy *)&master };
	told = no_files = unanswered = 0;
}

static void
teardown(void)
{
	slots_free(&end);
	ck_assert_uint_eq(master.uses, 0);
	loop_free(loop);
}

/* The end of a control connection is no file's: nobody need hold it open. */
START_TEST(control_is_no_file)
{
	dial(7);
	ck_assert_uint_eq(no_files, 0);
	dial(CHANNEL_CONTROL);
	ck_assert_uint_eq(no_files, 1);
}
END_TEST

/* Those that somebody waits for are counted as streams already. */
START_TEST(nobody_waits_for_them)
{
	dial(7);
	dial(8);
	unanswered = 3;
	ck_assert_uint_eq(far_unanswered(&master), 1);
	master.gone = true;
	ck_assert_uint_eq(far_unanswered(&master), 0);
}
END_TEST

START_TEST(answers)
{
	struct slot *refused = dial(7), *forbidden = dial(8), *opened = dial(9);
	struct stream *stream = opened->stream;

	dial_event(refused, PROXY_REFUSED, NULL);
	ck_assert(got[0].event == EV_FAILED && got[0].channel == 7 && got[0].refusal == REFUSED);
	ck_assert_str_eq(got[0].reason, "refused");
	dial_event(forbidden, PROXY_FORBIDDEN, "prohibited");
	ck_assert(got[1].event == EV_FAILED && got[1].channel == 8 && got[1].refusal == REFUSED_FORBIDDEN);
	ck_assert_str_eq(got[1].reason, "prohibited");
	dial_event(opened, PROXY_OPENED, NULL);
	ck_assert(got[2].event == EV_CONNECTED && got[2].channel == 9 && got[2].stream == stream);
	ck_assert(end.slots == NULL && master.uses == 1);
	stream_free(stream);
}
END_TEST

/* Who waits is told why before the master's end is. */
START_TEST(master_ends)
{
	dial(7);
	proxy_gone(&master, "gone");
	ck_assert(got[0].event == EV_FAILED && got[0].channel == 7 && got[1].event == EV_GONE && told == 2);
	ck_assert(!dial_begin(&master, 8, "ftp", 4711));
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, control_is_no_file);
	tcase_add_test(t, nobody_waits_for_them);
	tcase_add_test(t, answers);
	tcase_add_test(t, master_ends);
}

int
main(void)
{
	return unit_run("far_proxy", add);
}
