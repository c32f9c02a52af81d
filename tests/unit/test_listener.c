/* Listeners of this machine: whom they let in, and on which addresses they are. */
#include "net/listener.h"

#include <netinet/in.h>

#include <unistd.h>

#include "base/loop.h"
#include "unit.h"

static struct loop *loop;
static struct listener *list;
static struct tunnel_spec spec;
static struct cmdline cmdline;
static char why[256];

static void
setup(void)
{
	loop = loop_new();
	spec = (struct tunnel_spec){ .target = { "ftp", 21 } };
	cmdline = (struct cmdline){ .family = AF_UNSPEC };
}

static void
teardown(void)
{
	listener_free(list);
	list = NULL;
	loop_free(loop);
}

static int
bound(in_addr_t address)
{
	const struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(address) };

	return listener_bind((const struct sockaddr *)&at, sizeof(at), 1);
}

static enum listen_result
adopt(int fd)
{
	return listener_adopt(&list, loop, &spec, &cmdline, fd, why, sizeof(why));
}

static enum listen_result
tcp(const char *host)
{
	snprintf(spec.listen.host, sizeof(spec.listen.host), "%s", host);
	return listener_tcp(&list, loop, &spec, &cmdline, why, sizeof(why));
}

static bool
has_ipv6(void)
{
	const struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
	int fd = listener_bind((const struct sockaddr *)&at, sizeof(at), 1);

	return fd != -1 && close(fd) == 0;
}

/* A service manager may hand over a socket that others reach: only with -g. */
START_TEST(handed_over)
{
	ck_assert_int_eq(adopt(bound(INADDR_ANY)), LISTEN_FAILED);
	ck_assert(strstr(why, "-g") != NULL && list == NULL);
	ck_assert_int_eq(adopt(bound(INADDR_LOOPBACK)), LISTEN_OK);
	cmdline.gateway = true;
	ck_assert_int_eq(adopt(bound(INADDR_ANY)), LISTEN_OK);
	ck_assert_str_eq(list->at.host, "127.0.0.1");
	ck_assert_str_eq(list->next->at.host, "0.0.0.0");
	ck_assert_str_eq(list->next->target.host, "ftp");
}
END_TEST

START_TEST(no_listening_socket)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(adopt(fd), LISTEN_FAILED);
	ck_assert_ptr_nonnull(strstr(why, "not a listening socket"));
	close(fd);
}
END_TEST

/* Each family has a listener of its own, on the same port. */
START_TEST(both_families)
{
	cmdline.gateway = _i == 1;
	ck_assert_int_eq(tcp(_i == 1 ? "*" : ""), LISTEN_OK);
	ck_assert_str_eq(list->at.host, _i == 1 ? "0.0.0.0" : "127.0.0.1");
	ck_assert_int_eq(list->next != NULL, has_ipv6());
	ck_assert(list->next == NULL || list->next->at.port == list->at.port);
}
END_TEST

START_TEST(others_are_let_in_if_that_is_meant)
{
	ck_assert_int_eq(tcp("0.0.0.0"), LISTEN_FAILED);
	ck_assert(strstr(why, "-g") != NULL && list == NULL);
}
END_TEST

START_TEST(port_in_use)
{
	ck_assert_int_eq(tcp("127.0.0.1"), LISTEN_OK);
	spec.listen.port = list->at.port;
	ck_assert_int_eq(tcp("127.0.0.1"), LISTEN_IN_USE);
	ck_assert_ptr_null(list->next);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, handed_over);
	tcase_add_test(t, no_listening_socket);
	tcase_add_loop_test(t, both_families, 0, 2);
	tcase_add_test(t, others_are_let_in_if_that_is_meant);
	tcase_add_test(t, port_in_use);
}

int
main(void)
{
	return unit_run("listener", add);
}
