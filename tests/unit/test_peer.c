#include "base/compat.h"
#include "net/peer.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#define NOBODY 65534

/* In place of the C library's: this machine has that one address, or does not tell. */
static bool untold;
static struct sockaddr_in only = { .sin_family = AF_INET };

int
getifaddrs(struct ifaddrs **all)
{
	static struct ifaddrs one = { .ifa_addr = (struct sockaddr *)&only };

	*all = &one;
	return untold ? -1 : 0;
}

void
freeifaddrs(struct ifaddrs *all)
{
	(void)all;
}

static struct sockaddr_storage
addr(const char *text, unsigned port)
{
	struct sockaddr_storage ss;
	struct sockaddr_in *v4 = (void *)&ss;
	struct sockaddr_in6 *v6 = (void *)&ss;

	memset(&ss, 0, sizeof(ss));
	if (strchr(text, ':') == NULL) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		ck_assert_int_eq(inet_pton(AF_INET, text, &v4->sin_addr), 1);
	} else {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		ck_assert_int_eq(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
	}
	return ss;
}

static socklen_t
addr_len(const struct sockaddr_storage *ss)
{
	return ss->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* A listener there, its port put into *ss; -1 when this machine has no such address. */
static int
listen_on(struct sockaddr_storage *ss)
{
	int fd = socket(ss->ss_family, SOCK_STREAM, 0), off = 0;
	socklen_t len = sizeof(*ss);

	if (fd == -1)
		return -1;
	if (ss->ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (struct sockaddr *)ss, addr_len(ss)) == -1) {
		close(fd);
		return -1;
	}
	ck_assert_int_eq(listen(fd, 5), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)ss, &len), 0);
	return fd;
}

static int
dial(const struct sockaddr_storage *to)
{
	int fd = socket(to->ss_family, SOCK_STREAM, 0);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)to, addr_len(to)), 0);
	return fd;
}

static in_port_t
port_of(const struct sockaddr_storage *ss)
{
	return ntohs(ss->ss_family == AF_INET ? ((const struct sockaddr_in *)(const void *)ss)->sin_port
	    : ((const struct sockaddr_in6 *)(const void *)ss)->sin6_port);
}

/* Both ends of a connection to `to` on a listener at `at` are ours. */
static void
knows_itself(const char *at, const char *to)
{
	struct sockaddr_storage there = addr(at, 0), dialled;
	int listener = listen_on(&there), client, server;
	uid_t uid = (uid_t)-1;

	if (listener == -1)
		return; /* no IPv6 here */
	dialled = addr(to, port_of(&there));
	client = dial(&dialled);
	ck_assert_int_ne(server = accept(listener, NULL, NULL), -1);
	ck_assert_msg(peer_uid(server, &uid) == PEER_KNOWN, "%s from %s", at, to);
	ck_assert_uint_eq(uid, geteuid());
	uid = (uid_t)-1;
	ck_assert_int_eq(peer_uid(client, &uid), PEER_KNOWN);
	ck_assert_uint_eq(uid, geteuid());
	close(client);
	close(server);
	close(listener);
}

START_TEST(own_connection)
{
	knows_itself("127.0.0.1", "127.0.0.1");
	knows_itself("127.0.0.1", "::ffff:127.0.0.1");
	knows_itself("0.0.0.0", "127.5.6.7");
	knows_itself("::1", "::1");
	knows_itself("::", "127.0.0.1");
	knows_itself("::", "::ffff:127.0.0.1");
}
END_TEST

/* The child connects as nobody and waits until its end of a pipe is closed. */
static pid_t
dial_as_nobody(const struct sockaddr_storage *to, int keep[2])
{
	pid_t pid = fork();
	char c;
	int fd;

	ck_assert_int_ne(pid, -1);
	if (pid != 0)
		return pid;
	close(keep[1]);
	if (setuid(NOBODY) == -1 || (fd = socket(to->ss_family, SOCK_STREAM, 0)) == -1 ||
	    connect(fd, (const struct sockaddr *)to, addr_len(to)) == -1)
		_exit(1);
	if (read(keep[0], &c, 1) == -1)
		_exit(1);
	_exit(0);
}

static void
knows_nobody(const char *at, const char *to)
{
	struct sockaddr_storage there = addr(at, 0), dialled;
	int listener = listen_on(&there), server, keep[2], status;
	uid_t uid = 0;
	pid_t pid;

	if (listener == -1)
		return;
	dialled = addr(to, port_of(&there));
	ck_assert_int_eq(pipe(keep), 0);
	pid = dial_as_nobody(&dialled, keep);
	close(keep[0]);
	ck_assert_int_ne(server = accept(listener, NULL, NULL), -1);
	ck_assert_int_eq(peer_uid(server, &uid), PEER_KNOWN);
	ck_assert_uint_eq(uid, NOBODY);
	close(keep[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	close(server);
	close(listener);
}

START_TEST(another_user)
{
	if (geteuid() != 0)
		return; /* only root can be two users */
	knows_nobody("127.0.0.1", "127.0.0.1");
	knows_nobody("::1", "::1");
	knows_nobody("::", "127.0.0.1");
	knows_nobody("127.0.0.1", "::ffff:127.0.0.1");
}
END_TEST

/* A closed peer would read as uid 0: root passes every check, so it must not be known. Linux 6 keeps whose it
 * was, which is known where that is not root. */
START_TEST(orphan)
{
	struct sockaddr_storage there = addr("127.0.0.1", 0);
	int listener = listen_on(&there), client = dial(&there), server;
	struct pollfd fin;
	uid_t uid = 4711;

	ck_assert_int_ne(server = accept(listener, NULL, NULL), -1);
	close(client);
	fin = (struct pollfd){ .fd = server, .events = POLLIN };
	ck_assert_int_eq(poll(&fin, 1, 5000), 1);
	ck_assert(peer_uid(server, &uid) == PEER_UNKNOWN || (uid != 0 && uid == geteuid()));
	close(server);
	close(listener);
}
END_TEST

#ifdef ON_LINUX
/* Closed by its process, and forgotten by the kernel a second later. */
static struct sockaddr_storage
dial_and_vanish(const struct sockaddr_storage *to)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof(own);
	int fd = dial(to), second = 1;

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&own, &len), 0);
	ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_LINGER2, &second, sizeof(second)), 0);
	close(fd);
	return own;
}

/* Without SO_REUSEADDR this succeeds when nothing is left of the old connection; -1 when
 * somebody else has got the port first. */
static int
take_port(struct sockaddr_storage *ss)
{
	int fd = -1;

	for (int i = 0; i < 300 && (fd = listen_on(ss)) == -1; i++)
		poll(NULL, 0, 10);
	return fd;
}

/* Our end is still open; a listener of somebody else has the peer's port now. */
START_TEST(listener_is_no_peer)
{
	struct sockaddr_storage there = addr("127.0.0.1", 0), gone;
	int listener = listen_on(&there), server = -1, imposter = -1;
	uid_t uid = 4711;

	for (int i = 0; i < 5 && imposter == -1; i++) {
		close(server);
		gone = dial_and_vanish(&there);
		ck_assert_int_ne(server = accept(listener, NULL, NULL), -1);
		imposter = take_port(&gone);
	}
	ck_assert_int_ne(imposter, -1);
	ck_assert_int_eq(peer_uid(server, &uid), PEER_UNKNOWN);
	close(imposter);
	close(server);
	close(listener);
}
END_TEST
#endif

START_TEST(unix_socket)
{
	int pair[2];
	uid_t uid = (uid_t)-1;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(peer_uid(pair[0], &uid), PEER_KNOWN);
	ck_assert_uint_eq(uid, geteuid());
	close(pair[0]);
	close(pair[1]);
}
END_TEST

START_TEST(not_connected)
{
	struct sockaddr_storage there = addr("127.0.0.1", 0);
	int listener = listen_on(&there);
	uid_t uid = 4711;

	ck_assert_int_eq(peer_uid(listener, &uid), PEER_UNKNOWN);
	ck_assert_int_eq(peer_uid(-1, &uid), PEER_UNKNOWN);
	ck_assert_uint_eq(uid, 4711);
	close(listener);
}
END_TEST

static bool
loopback(const char *text)
{
	struct sockaddr_storage ss = addr(text, 1);

	return addr_is_loopback((struct sockaddr *)&ss);
}

static bool
same(const char *a, const char *b)
{
	struct sockaddr_storage x = addr(a, 1), y = addr(b, 2);

	return addr_same_host((struct sockaddr *)&x, (struct sockaddr *)&y);
}

START_TEST(addresses)
{
	struct sockaddr_storage local = { .ss_family = AF_UNIX };

	ck_assert(loopback("127.0.0.1") && loopback("127.255.0.9") && loopback("::1"));
	ck_assert(loopback("::ffff:127.0.0.1"));
	ck_assert(!loopback("128.0.0.1") && !loopback("::") && !loopback("::2"));
	ck_assert(!loopback("::ffff:10.0.0.1") && !loopback("::127.0.0.1"));
	ck_assert(!addr_is_loopback((struct sockaddr *)&local));
	ck_assert(same("10.0.0.1", "10.0.0.1") && same("10.0.0.1", "::ffff:10.0.0.1"));
	ck_assert(same("::1", "::1"));
	ck_assert(!same("10.0.0.1", "10.0.0.2") && !same("127.0.0.1", "::1"));
	ck_assert(!addr_same_host((struct sockaddr *)&local, (struct sockaddr *)&local));
}
END_TEST

/* As BSD systems have it: the IPv4 address is behind twelve bytes that are not to be looked at. */
static bool
is_end(const char *text, const char *address, bool v4)
{
	struct sockaddr_storage ss = addr(text, 21), at = addr(address, 21);
	char bytes[16] = { 1 };

	if (v4)
		memcpy(bytes + 12, &((struct sockaddr_in *)(void *)&at)->sin_addr, 4);
	else
		memcpy(bytes, &((struct sockaddr_in6 *)(void *)&at)->sin6_addr, 16);
	ck_assert(!addr_is_end(&ss, htons(22), bytes, v4));
	return addr_is_end(&ss, htons(21), bytes, v4);
}

START_TEST(ends)
{
	ck_assert(is_end("10.0.0.1", "10.0.0.1", true) && is_end("::ffff:10.0.0.1", "10.0.0.1", true));
	ck_assert(is_end("::1", "::1", false));
	ck_assert(!is_end("10.0.0.1", "10.0.0.2", true) && !is_end("::1", "::2", false));
	ck_assert(!is_end("::10.0.0.1", "10.0.0.1", true) && !is_end("10.0.0.1", "::10.0.0.1", false));
}
END_TEST

START_TEST(link_local_scopes)
{
	struct sockaddr_storage a = addr("fe80::1", 1), b = a;

	((struct sockaddr_in6 *)(void *)&a)->sin6_scope_id = 2;
	ck_assert(addr_same_host((struct sockaddr *)&a, (struct sockaddr *)&b));
	((struct sockaddr_in6 *)(void *)&b)->sin6_scope_id = 3;
	ck_assert(!addr_same_host((struct sockaddr *)&a, (struct sockaddr *)&b));
}
END_TEST

/* Where the system does not tell its addresses a peer may be here: its owner is asked for. */
START_TEST(own_addresses)
{
	struct sockaddr_storage mine = addr("192.0.2.7", 1), other = addr("192.0.2.8", 1);
	struct sockaddr_storage local = addr("192.0.2.9", 1);
	const struct sockaddr *m = (struct sockaddr *)&mine, *o = (struct sockaddr *)&other;

	memcpy(&only, &mine, sizeof(only));
	ck_assert(addr_is_own(m, false) && !addr_is_own(o, true));
	ck_assert(addr_is_here(m, (struct sockaddr *)&local));
	ck_assert(!addr_is_here(o, (struct sockaddr *)&local));
	untold = true;
	ck_assert(!addr_is_own(m, false) && addr_is_own(o, true));
	ck_assert(addr_is_here(o, (struct sockaddr *)&local));
}
END_TEST

static void
add(TCase *t)
{
#ifdef ON_LINUX
	tcase_add_test(t, own_connection);
	tcase_add_test(t, another_user);
	tcase_add_test(t, listener_is_no_peer);
#else
	(void)own_connection;
	(void)another_user;
#endif
	tcase_add_test(t, orphan);
	tcase_add_test(t, unix_socket);
	tcase_add_test(t, not_connected);
	tcase_add_test(t, addresses);
	tcase_add_test(t, ends);
	tcase_add_test(t, link_local_scopes);
	tcase_add_test(t, own_addresses);
}

int
main(void)
{
	return unit_run("peer", add);
}
