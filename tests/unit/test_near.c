/* The near end's listeners: one connection, of the right host, in time (CVE-1999-0351). */
#define LISTEN_DEADLINE_MS 150
#include "near.c"

#include <arpa/inet.h>
#include <sys/resource.h>

#include "unit.h"

static struct loop *loop;
static struct end *near;
static struct end_result got;
static int answers;

static void
answer(void *arg, const struct end_result *r)
{
	(void)arg;
	got = *r;
	answers++;
}

static void
await_answer(void)
{
	int before = answers;

	while (answers == before)
		ck_assert_int_eq(loop_once(loop, 10000), 0);
}

static struct sockaddr_in
address(const char *text, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

	ck_assert_int_eq(inet_pton(AF_INET, text, &in.sin_addr), 1);
	return in;
}

/* A listener for a peer of that address, on the loopback. */
static void
begin(const char *peer)
{
	struct near_config c = { 0 };
	struct sockaddr_in local = address("127.0.0.1", 0), from = address(peer, 0);

	memcpy(&c.local, &local, sizeof(local));
	memcpy(&c.peer, &from, sizeof(from));
	loop = loop_new();
	near = near_new(loop, &c, answer, NULL);
	near->ops->listen(near, 7, 4);
	await_answer();
	ck_assert_int_eq(got.event, END_LISTENING);
	ck_assert_uint_eq(got.channel, 7);
}

static void
finish(void)
{
	near->ops->free(near);
	loop_free(loop);
}

/* Connected, or -1: nobody listens there any more. */
static int
come(const char *from)
{
	struct sockaddr_in at = address("127.0.0.1", got.port), here = address(from, 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	ck_assert_int_eq(errno, ECONNREFUSED);
	close(fd);
	return -1;
}

START_TEST(one_connection)
{
	uint16_t port;
	int first, second;

	begin("127.0.0.1");
	port = got.port;
	first = come("127.0.0.1");
	second = come("127.0.0.1"); /* waits behind it */
	await_answer();
	ck_assert_int_eq(got.event, END_CONNECTED);
	ck_assert_int_eq(write(got.rfd, "x", 1), 1);
	ck_assert_int_eq(read(first, &(char){ 0 }, 1), 1);
	ck_assert_int_le(read(second, &(char){ 0 }, 1), 0);
	close(got.rfd);
	got.port = port;
	ck_assert_int_eq(come("127.0.0.1"), -1);
	close(first);
	close(second);
	finish();
}
END_TEST

/* Strangers do not prolong the time either. */
START_TEST(nobody_but_strangers)
{
	uint64_t began = loop_now();
	int before, fd;

	begin("192.0.2.1");
	before = answers;
	while (answers == before) {
		if ((fd = come("127.0.0.1")) != -1) {
			loop_once(loop, 20);
			ck_assert_int_le(read(fd, &(char){ 0 }, 1), 0);
			close(fd);
		}
		loop_once(loop, 20);
	}
	ck_assert_int_eq(got.event, END_FAILED);
	ck_assert_uint_ge(loop_now() - began, LISTEN_DEADLINE_MS);
	finish();
}
END_TEST

START_TEST(deadline)
{
	uint16_t port;

	begin("127.0.0.1");
	port = got.port;
	await_answer();
	ck_assert_int_eq(got.event, END_FAILED);
	got.port = port;
	ck_assert_int_eq(come("127.0.0.1"), -1);
	ck_assert_uint_eq(near->ops->cancel(near, 7), 0);
	finish();
}
END_TEST

/* Who comes before anybody was told the port is a stranger; then it is a listener like others. */
START_TEST(spare)
{
	uint16_t port;
	int fd;

	begin("127.0.0.1");
	near->ops->cancel(near, 7);
	got.port = port = near_spare(near, 4);
	ck_assert_uint_ne(port, 0);
	ck_assert_uint_eq(near_spare(near, 4), 0); /* one is enough */
	fd = come("127.0.0.1");
	await_answer();
	ck_assert_int_eq(got.event, END_VISITOR);
	near_refuse(near);
	ck_assert_int_eq(read(fd, &(char){ 0 }, 1), 0);
	close(fd);
	ck_assert(!near_listen_spare(near, 8, (uint16_t)(port ^ 1)));
	ck_assert(near_listen_spare(near, 8, port));
	ck_assert(!near_listen_spare(near, 9, port));
	got.port = port;
	fd = come("127.0.0.1");
	await_answer();
	ck_assert_int_eq(got.event, END_CONNECTED);
	ck_assert_uint_eq(got.channel, 8);
	close(got.rfd);
	close(fd);
	got.port = port;
	ck_assert_int_eq(come("127.0.0.1"), -1);
	got.port = near_spare(near, 4);
	near_drop_spare(near);
	ck_assert_int_eq(come("127.0.0.1"), -1);
	finish();
}
END_TEST

/* No more descriptors from here on, but those that are open; or again as many as before. */
static void
descriptors(bool any)
{
	static struct rlimit before;
	struct rlimit limit;

	if (before.rlim_cur == 0)
		getrlimit(RLIMIT_NOFILE, &before);
	limit = before;
	if (!any)
		limit.rlim_cur = (rlim_t)socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (!any)
		close((int)limit.rlim_cur);
}

static void
loop_for(unsigned ms)
{
	uint64_t end = loop_now() + ms;

	while (loop_now() < end)
		ck_assert_int_eq(loop_once(loop, 10), 0);
}

static void
refuse(void *arg, const struct end_result *r)
{
	answer(arg, r);
	if (r->event == END_VISITOR)
		near_refuse(near);
}

/* Who cannot be accepted is there all the time: that makes no busy loop. */
START_TEST(no_descriptors_for_visitors)
{
	int fd;

	begin("127.0.0.1");
	near->ops->cancel(near, 7);
	near->fn = refuse;
	got.port = near_spare(near, 4);
	fd = come("127.0.0.1");
	descriptors(false);
	answers = 0;
	loop_for(3 * LISTENER_PAUSE_MS);
	descriptors(true);
	ck_assert_int_ge(answers, 1);
	ck_assert_int_le(answers, 4);
	await_answer();
	ck_assert_int_eq(read(fd, &(char){ 0 }, 1), 0);
	close(fd);
	finish();
}
END_TEST

/* He may come before the port is told, and the listener be cancelled right after that. */
START_TEST(no_descriptors_at_first)
{
	int fd;

	begin("127.0.0.1");
	near->ops->cancel(near, 7);
	((struct near *)near)->config.port_lo = ((struct near *)near)->config.port_hi = got.port;
	near->ops->listen(near, 8, 4);
	fd = come("127.0.0.1");
	descriptors(false);
	await_answer();
	ck_assert_int_eq(got.event, END_LISTENING);
	ck_assert_ptr_null(((struct near *)near)->slots->told);
	ck_assert_ptr_nonnull(((struct near *)near)->slots->pause);
	descriptors(true);
	ck_assert_uint_eq(near->ops->cancel(near, 8), 1);
	loop_for(2 * LISTENER_PAUSE_MS);
	close(fd);
	finish();
}
END_TEST

START_TEST(spare_in_time)
{
	begin("127.0.0.1");
	near->ops->cancel(near, 7);
	ck_assert(near_listen_spare(near, 8, near_spare(near, 4)));
	await_answer();
	ck_assert_int_eq(got.event, END_FAILED);
	ck_assert_uint_eq(got.channel, 8);
	finish();
}
END_TEST

START_TEST(cancelled)
{
	begin("127.0.0.1");
	ck_assert_uint_eq(near->ops->cancel(near, 7), 1);
	ck_assert_int_eq(come("127.0.0.1"), -1);
	finish();
}
END_TEST

/* PASV by a client of 192.0.2.7, whose control connection came to a dual-stack listener. */
START_TEST(mapped_address)
{
	struct near one = { 0 };
	struct sockaddr_in6 *local = (struct sockaddr_in6 *)&one.config.local;
	struct sockaddr_in wanted = address("192.0.2.7", 0);
	struct sockaddr_storage at;

	local->sin6_family = AF_INET6;
	ck_assert_int_eq(inet_pton(AF_INET6, "::ffff:192.0.2.7", &local->sin6_addr), 1);
	for (uint8_t family = 0; family <= 4; family += 4) {
		ck_assert(listen_at(&one, family, &at));
		ck_assert_int_eq(memcmp(&at, &wanted, offsetof(struct sockaddr_in, sin_zero)), 0);
	}
	ck_assert(!listen_at(&one, 6, &at));
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, one_connection);
	tcase_add_test(t, nobody_but_strangers);
	tcase_add_test(t, deadline);
	tcase_add_test(t, cancelled);
	tcase_add_test(t, spare);
	tcase_add_test(t, spare_in_time);
	tcase_add_test(t, mapped_address);
	tcase_add_test(t, no_descriptors_for_visitors);
	tcase_add_test(t, no_descriptors_at_first);
}

int
main(void)
{
	return unit_run("near", add);
}
