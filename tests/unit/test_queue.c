/* The pending commands, and what a session has to say. */
#include "state/output.h"
#include "state/queue.h"

#include "unit.h"

static struct queue q;

static void
setup(void)
{
	memset(&q, 0, sizeof(q));
}

static void
teardown(void)
{
	queue_clear(&q);
	ck_assert_ptr_null(queue_at(&q, 0));
}

START_TEST(in_order)
{
	struct pending *first = queue_push(&q, PENDING_PLAIN);

	for (unsigned i = 1; i < QUEUE_MAX; i++)
		queue_push(&q, PENDING_PLAIN)->number = (int)i;
	ck_assert_ptr_null(queue_push(&q, PENDING_PLAIN));
	for (int i = 0; i < 1000; i++) { /* round and round, and nobody moves */
		struct pending *second = queue_at(&q, 1);

		queue_pop(&q);
		ck_assert_ptr_eq(queue_at(&q, 0), second);
		queue_push(&q, PENDING_PLAIN)->number = QUEUE_MAX + i;
		ck_assert_int_eq(queue_tail(&q)->number - queue_at(&q, 0)->number, QUEUE_MAX - 1);
	}
	ck_assert_ptr_nonnull(first);
}
END_TEST

START_TEST(found)
{
	queue_push(&q, PENDING_PLAIN);
	queue_push(&q, PENDING_ACTIVE)->channel = 1;
	queue_push(&q, PENDING_TRANSFER)->channel = 1;
	queue_push(&q, PENDING_TRANSFER)->channel = 2;
	ck_assert_ptr_eq(queue_find(&q, SETUPS, 1), queue_at(&q, 1));
	ck_assert_ptr_null(queue_find(&q, SETUPS, 2));
	ck_assert_ptr_eq(queue_find(&q, TRANSFERS, 2), queue_at(&q, 3));
	ck_assert_ptr_eq(queue_find(&q, TRANSFERS, 0), queue_at(&q, 2));
	ck_assert_ptr_eq(queue_find(&q, ANY_KIND, 2), queue_at(&q, 3));
	ck_assert(pending_is_setup(queue_at(&q, 1)) && !pending_is_setup(queue_at(&q, 2)));
}
END_TEST

START_TEST(unanswered)
{
	for (int i = 0; i < 4; i++)
		queue_push(&q, PENDING_PLAIN)->sent = i % 2 == 1;
	ck_assert_ptr_eq(queue_first_sent(&q), queue_at(&q, 1));
	ck_assert_uint_eq(queue_next_sent(&q, 2), 3);
	ck_assert_uint_eq(queue_next_sent(&q, 4), 4);
	queue_answer(queue_at(&q, 1), NULL);
	queue_answer(queue_at(&q, 3), strdup("200 ok"));
	ck_assert_ptr_null(queue_first_sent(&q));
	ck_assert(queue_at(&q, 3)->kind == PENDING_OWN);
	ck_assert_str_eq(queue_at(&q, 3)->text, "200 ok");
}
END_TEST

static char traced[64];

static void
trace(void *arg, enum side from, const char *line, size_t len)
{
	(void)arg;
	snprintf(traced, sizeof(traced), "%d %.*s", from, (int)len, line);
}

START_TEST(output)
{
	struct output o = { .trace = trace };
	struct action a;

	output_text(&o, CLIENT, "200 ok");
	ck_assert_str_eq(traced, "1 200 ok"); /* as if from the server */
	ck_assert_uint_eq(o.bytes[CLIENT].len, 8);
	ck_assert_int_eq(memcmp(bytes_data(&o.bytes[CLIENT]), "200 ok\r\n", 8), 0);
	for (unsigned i = 1; i <= 100; i++)
		output_act(&o, &(struct action){ .kind = ACT_CLOSE, .channel = i });
	output_hangup(&o, CLIENT);
	output_hangup(&o, CLIENT);
	output_text(&o, CLIENT, "late");
	ck_assert_uint_eq(o.bytes[CLIENT].len, 8);
	for (unsigned i = 1; i <= 100; i++)
		ck_assert(output_next(&o, &a) && a.channel == i);
	ck_assert(output_next(&o, &a) && a.kind == ACT_HANGUP && !output_next(&o, &a));
	output_free(&o);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, in_order);
	tcase_add_test(t, found);
	tcase_add_test(t, unanswered);
	tcase_add_test(t, output);
}

int
main(void)
{
	return unit_run("queue", add);
}
