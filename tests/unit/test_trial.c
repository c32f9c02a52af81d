/* Is a port dead, or are all forbidden? What the trial of one that is open tells. */
#include "broker/trial.c"

#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static struct trial trial;
static struct loop *loop;
static struct event told;
static unsigned tellings, listened, dialled, cancelled, uses;
static bool listens;

static bool
may_listen(struct end *end, unsigned channel, uint8_t family)
{
	ck_assert(channel == LISTENS && family == 4);
	listened++;
	return listens;
}

static bool
may_dial(struct end *end, unsigned channel, const char *host, uint16_t port)
{
	ck_assert(channel == DIALS && strcmp(host, "127.0.0.1") == 0 && port == 4711);
	dialled++;
	return true;
}

static void
count_cancel(struct end *end, unsigned channel)
{
	cancelled++;
}

static const struct end_ops ops = { .listen = may_listen, .dial = may_dial, .cancel = count_cancel };
static struct end end = { .ops = &ops };

static void
tell(void *arg, const struct event *e)
{
	told = *e;
	tellings++;
}

static void
ask(unsigned channel)
{
	trial_ask(&trial, "127.0.0.1", &(struct event){ .kind = EV_FAILED, .channel = channel });
}

static void
result(enum event_kind event, unsigned channel, struct stream *stream)
{
	trial_result(&trial, &(struct end_result){ .event = event, .channel = channel, .port = 4711,
		.stream = stream });
}

static void
setup(void)
{
	loop = loop_new();
	end.loop = loop;
	trial = (struct trial){ .end = &end, .told = tell };
	tellings = listened = dialled = cancelled = uses = 0;
	listens = true;
}

static void
teardown(void)
{
	trial_end(&trial);
	loop_free(loop);
}

static void
is_told(enum refusal refusal)
{
	ck_assert_uint_eq(tellings, 1);
	ck_assert_uint_eq(told.channel, 7);
	ck_assert_int_eq(told.refusal, refusal);
	ask(8);
	ck_assert(tellings == 2 && told.channel == 8 && told.refusal == refusal);
	ck_assert_uint_eq(listened, 1);
}

/* Who dials there arrives: then it was the port. */
START_TEST(arrives)
{
	ask(7);
	result(EV_LISTENING, LISTENS, NULL);
	ck_assert(dialled == 1 && tellings == 0);
	result(EV_CONNECTED, LISTENS, NULL);
	ck_assert_uint_eq(cancelled, 2);
	is_told(REFUSED);
}
END_TEST

START_TEST(is_refused)
{
	ask(7);
	result(EV_LISTENING, LISTENS, NULL);
	result(EV_FAILED, DIALS, NULL);
	is_told(REFUSED_FORBIDDEN);
}
END_TEST

/* ssh's socket takes every connection, and closes one that leads nowhere. */
START_TEST(is_closed)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ask(7);
	result(EV_LISTENING, LISTENS, NULL);
	result(EV_CONNECTED, DIALS, stream_of(loop, pair[0], &uses));
	ck_assert_uint_eq(tellings, 0);
	close(pair[1]);
	ck_assert_int_eq(loop_once(loop, 10000), 0);
	is_told(REFUSED_FORBIDDEN);
	ck_assert_uint_eq(uses, 0);
}
END_TEST

/* Nobody shall wait for what cannot come. */
START_TEST(no_port_to_be_had)
{
	ask(7);
	result(EV_FAILED, LISTENS, NULL);
	ck_assert_uint_eq(dialled, 0);
	is_told(REFUSED_FORBIDDEN);
}
END_TEST

START_TEST(cannot_begin)
{
	listens = false;
	ask(7);
	is_told(REFUSED);
}
END_TEST

/* Nothing was learnt: nobody is told that ssh forbids it. */
START_TEST(no_answer)
{
	ask(7);
	ck_assert_uint_eq(tellings, 0);
	trial_expired(&trial);
	is_told(REFUSED);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, arrives);
	tcase_add_test(t, is_refused);
	tcase_add_test(t, is_closed);
	tcase_add_test(t, no_port_to_be_had);
	tcase_add_test(t, cannot_begin);
	tcase_add_test(t, no_answer);
}

int
main(void)
{
	return unit_run("trial", add);
}
