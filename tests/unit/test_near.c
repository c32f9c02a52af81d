/* The near end's listeners: one connection, of the right host, in time (CVE-1999-0351). */
#include "ends/end.h"
#undef LISTEN_DEADLINE_MS
#define LISTEN_DEADLINE_MS deadline_ms
static unsigned deadline_ms = 60000;
#define peer_uid some_uid
#include "ends/near.c"
#include "ends/near_port.c"
#include "ends/slot.c"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include "relay/stream.h"
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
	ck_assert_int_eq(got.event, EV_LISTENING);
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
	ck_assert_int_eq(got.event, EV_CONNECTED);
	ck_assert_int_eq(write(got.stream->fd, "x", 1), 1);
	ck_assert_int_eq(read(first, &(char){ 0 }, 1), 1);
	ck_assert_int_le(read(second, &(char){ 0 }, 1), 0);
	stream_free(got.stream);
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

	deadline_ms = 150;
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
	ck_assert_int_eq(got.event, EV_FAILED);
	ck_assert_uint_ge(loop_now() - began, LISTEN_DEADLINE_MS);
	finish();
}
END_TEST

START_TEST(deadline)
{
	uint16_t port;

	deadline_ms = 150;
	begin("127.0.0.1");
	port = got.port;
	await_answer();
	ck_assert_int_eq(got.event, EV_FAILED);
	got.port = port;
	ck_assert_int_eq(come("127.0.0.1"), -1);
	ck_assert_uint_eq(near->ops->count(near), 0);
	finish();
}
END_TEST

/* ---- whose connection is it? ---- */

static uid_t owner;
static enum peer_result found;

enum peer_result
some_uid(int fd, uid_t *uid)
{
	(void)fd;
	*uid = owner;
	return found;
}

/* Come as somebody else. */
static void
from(enum peer_result result, uid_t uid)
{
	found = result;
	owner = uid;
}

static void
begin_guarded(void)
{
	begin("127.0.0.1");
	((struct near *)near)->config.check_owner = true;
	((struct near *)near)->config.owner = 12345;
}

START_TEST(owners)
{
	const struct {
		enum peer_result result;
		uid_t uid;
		enum event_kind event; /* GONE: none */
	} rows[] = { { PEER_KNOWN, 12345, EV_CONNECTED }, { PEER_KNOWN, getuid(), EV_CONNECTED },
		{ PEER_REMOTE, 0, EV_CONNECTED }, { PEER_KNOWN, 54321, EV_GONE },
		{ PEER_KNOWN, 0, getuid() == 0 ? EV_CONNECTED : EV_GONE },
		{ PEER_UNKNOWN, 0, EV_STRANGER } };
	int fd;

	begin_guarded();
	from(rows[_i].result, rows[_i].uid);
	answers = 0;
	fd = come("127.0.0.1");
	ck_assert_int_eq(loop_once(loop, 1000), 0);
	ck_assert_int_eq(answers, rows[_i].event != EV_GONE);
	if (answers > 0)
		ck_assert_int_eq(got.event, rows[_i].event);
	if (got.event == EV_CONNECTED)
		stream_free(got.stream);
	close(fd);
	finish();
}
END_TEST

/* Who cannot be told is put aside: taken when the session says so ... */
START_TEST(stranger_taken)
{
	int fd;

	begin_guarded();
	from(PEER_UNKNOWN, 0);
	ck_assert(!near->ops->take(near, 7));
	fd = come("127.0.0.1");
	await_answer();
	ck_assert_int_eq(got.event, EV_STRANGER);
	ck_assert_uint_eq(got.port, 1);
	ck_assert_uint_eq(near->ops->count(near), 2);
	ck_assert(near->ops->take(near, 7));
	ck_assert_int_eq(got.event, EV_CONNECTED);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	ck_assert_int_eq(poll(&(struct pollfd){ got.stream->fd, POLLIN, 0 }, 1, 1000), 1);
	ck_assert(!near->ops->take(near, 7));
	stream_free(got.stream);
	ck_assert_uint_eq(near->ops->count(near), 0);
	close(fd);
	finish();
}
END_TEST

/* ... and dropped when a better one comes. */
START_TEST(stranger_and_owner)
{
	uint16_t port;
	int stranger[6], fd;

	begin_guarded();
	port = got.port;
	from(PEER_UNKNOWN, 0);
	for (int i = 0; i < 6; i++) {
		got.port = port;
		stranger[i] = come("127.0.0.1");
		await_answer();
		ck_assert_uint_eq(got.port, (unsigned)i + 1);
	}
	from(PEER_KNOWN, 12345);
	got.port = port;
	fd = come("127.0.0.1");
	await_answer();
	ck_assert_int_eq(got.event, EV_CONNECTED);
	for (int i = 0; i < 6; i++) {
		ck_assert_int_le(read(stranger[i], &(char){ 0 }, 1), 0);
		close(stranger[i]);
	}
	stream_free(got.stream);
	close(fd);
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

/* Who cannot be accepted is there all the time: that makes no busy loop. */
START_TEST(no_descriptors)
{
	unsigned rounds = 0;
	int fd;

	begin("127.0.0.1");
	fd = come("127.0.0.1");
	descriptors(false);
	for (uint64_t end = loop_now() + 3 * LISTENER_PAUSE_MS; loop_now() < end; rounds++)
		ck_assert_int_eq(loop_once(loop, 1000), 0);
	descriptors(true);
	ck_assert_uint_le(rounds, 10);
	close(fd);
	finish();
}
END_TEST

START_TEST(cancelled)
{
	begin("127.0.0.1");
	ck_assert_uint_eq(near->ops->count(near), 1);
	near->ops->cancel(near, 7);
	ck_assert_uint_eq(near->ops->count(near), 0);
	ck_assert_int_eq(come("127.0.0.1"), -1);
	finish();
}
END_TEST

/* A dial that is given up shows its peer no end of file, though it may be connected by now. */
START_TEST(dial_cancelled)
{
	struct sockaddr_in at = address("127.0.0.1", 0);
	socklen_t len = sizeof(at);
	int listens = listener_bind((struct sockaddr *)&at, sizeof(at), 1), fd;

	begin("127.0.0.1");
	ck_assert_int_eq(getsockname(listens, (struct sockaddr *)&at, &len), 0);
	ck_assert(near->ops->dial(near, 8, "127.0.0.1", ntohs(at.sin_port)));
	fcntl(listens, F_SETFL, 0);
	ck_assert_int_ge(fd = accept(listens, NULL, NULL), 0);
	near->ops->cancel(near, 8);
	ck_assert_int_eq(read(fd, &(char){ 0 }, 1), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	close(fd);
	close(listens);
	finish();
}
END_TEST

/* PASV by a client of 192.0.2.7, whose control connection came to a dual-stack listener. */
START_TEST(mapped_address)
{
	struct near_config one = { .lo = 0 };
	struct sockaddr_in6 *local = (struct sockaddr_in6 *)&one.local;
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

/* FtpDataPorts: all of its ports are used, the first and the last one, and no other. */
START_TEST(port_range)
{
	struct near_config c = { .lo = 0 };
	const char *reason;
	uint16_t port[3];
	int fd[3] = { -1, -1, -1 };

	for (int tries = 0; tries < 100 && fd[1] == -1; tries++) { /* somebody may have one of them */
		c.lo = (uint16_t)(49152 + arc4random_uniform(16000));
		c.hi = c.lo + 1;
		fd[0] = near_port_open(&c, 4, &port[0], &reason);
		if ((fd[1] = near_port_open(&c, 4, &port[1], &reason)) == -1)
			close(fd[0]);
	}
	ck_assert_uint_ne(port[0], port[1]);
	ck_assert_uint_eq(port[0] + port[1], c.lo + c.hi);
	fd[2] = near_port_open(&c, 4, &port[2], &reason);
	ck_assert_int_eq(fd[2], -1);
	ck_assert_str_eq(reason, "no free port in FtpDataPorts");
	close(fd[0]);
	close(fd[1]);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, one_connection);
	tcase_add_test(t, nobody_but_strangers);
	tcase_add_test(t, deadline);
	tcase_add_test(t, cancelled);
	tcase_add_test(t, dial_cancelled);
	tcase_add_test(t, mapped_address);
	tcase_add_test(t, port_range);
	tcase_add_test(t, no_descriptors);
	tcase_add_loop_test(t, owners, 0, 6);
	tcase_add_test(t, stranger_taken);
	tcase_add_test(t, stranger_and_owner);
}

int
main(void)
{
	return unit_run("near", add);
}
