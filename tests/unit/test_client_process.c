/* A client that dies has no descriptor any more while its connections still stand. A socket that
 * is on its way to another process, and in no process's table, looks the same. */
#include "broker/client_process.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/peer_owner.h"
#include "unit.h"

static int client, server; /* the control connection */
static int way[2];
static struct sockaddr_storage local;
static struct client_process h;

static void
setup(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_storage peer;
	socklen_t len = sizeof(at), peer_len = sizeof(peer), local_len = sizeof(local);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	client = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(client, (struct sockaddr *)&at, sizeof(at)), 0);
	server = accept(listener, (struct sockaddr *)&peer, &peer_len);
	ck_assert_int_ne(server, -1);
	ck_assert_int_eq(getsockname(server, (struct sockaddr *)&local, &local_len), 0);
	client_process_init(&h, &peer, &local);
	close(listener);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, way), 0);
}

static void
teardown(void)
{
	close(server);
	close(way[0]);
	close(way[1]);
}

/* From here on nobody has it, and it lives. */
static void
dies(void)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &client, sizeof(int));
	ck_assert_int_eq(sendmsg(way[0], &m, 0), 1);
	close(client);
}

#ifdef ON_LINUX
#define CHILDREN 60

/* Returns when it has them. */
static pid_t
child_with_descriptors(int count)
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		close(client);
		for (int i = 0; i < count && dup(ready[0]) != -1; i++)
			;
		close(ready[1]);
		pause();
		_exit(0);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 0);
	close(ready[0]);
	return pid;
}

START_TEST(lives)
{
	ck_assert_int_eq(client_process_state(&h), CLIENT_LIVES);
	ck_assert_int_eq(h.holder.pid, getpid());
	ck_assert_int_eq(h.holder.fd, client);
	ck_assert_int_eq(client_process_state(&h), CLIENT_LIVES);
	close(client);
}
END_TEST

START_TEST(known)
{
	client_process_find(&h);
	ck_assert_int_eq(h.holder.pid, getpid());
	dies();
	ck_assert_int_eq(client_process_state(&h), CLIENT_DIES);
	ck_assert_int_eq(client_process_state(&h), CLIENT_DIES);
}
END_TEST

/* It has closed it in an orderly way. */
START_TEST(closed)
{
	client_process_find(&h);
	close(client);
	ck_assert_int_eq(client_process_state(&h), CLIENT_DIES);
}
END_TEST

/* Killed before it was looked for: that cannot be told from one that /proc does not show. */
START_TEST(unknown)
{
	dies();
	client_process_find(&h);
	ck_assert_int_eq(client_process_state(&h), CLIENT_UNKNOWN);
}
END_TEST

/* More descriptors than are looked at, before its own: dying or not, it is not seen. */
START_TEST(crowd)
{
	pid_t child[CHILDREN + 1];

	for (int i = 0; i < CHILDREN; i++)
		child[i] = child_with_descriptors(60000 / CHILDREN);
	if ((child[CHILDREN] = fork()) == 0) {
		pause();
		_exit(0);
	}
	close(client);
	client_process_find(&h);
	ck_assert_int_eq(h.holder.pid, 0);
	ck_assert_int_eq(client_process_state(&h), CLIENT_UNKNOWN);
	for (int i = 0; i <= CHILDREN; i++) {
		kill(child[i], SIGKILL);
		waitpid(child[i], NULL, 0);
	}
}
END_TEST

/* ... but who is older than the helper that looks, and not much, is seen first. */
START_TEST(crowd_after_us)
{
	pid_t child[CHILDREN], helper;
	int go[2], status;
	char byte;

	ck_assert_int_eq(pipe(go), 0);
	if ((helper = fork()) == 0) {
		close(client);
		close(go[1]);
		if (read(go[0], &byte, 1) == 1)
			client_process_find(&h);
		_exit(h.holder.pid == getppid() ? 0 : 1);
	}
	close(go[0]);
	for (int i = 0; i < CHILDREN; i++)
		child[i] = child_with_descriptors(60000 / CHILDREN);
	ck_assert_int_eq(write(go[1], "", 1), 1);
	ck_assert_int_eq(waitpid(helper, &status, 0), helper);
	ck_assert_int_eq(status, 0);
	for (int i = 0; i < CHILDREN; i++) {
		kill(child[i], SIGKILL);
		waitpid(child[i], NULL, 0);
	}
	close(go[1]);
	close(client);
}
END_TEST

START_TEST(other_descriptor)
{
	int moved;

	client_process_find(&h);
	moved = dup(client);
	close(client);
	ck_assert_int_eq(client_process_state(&h), CLIENT_LIVES);
	ck_assert_int_eq(h.holder.fd, moved);
	close(moved);
}
END_TEST
#endif /* ON_LINUX */

START_TEST(another_machine)
{
	struct sockaddr_storage there = h.client;

	((struct sockaddr_in *)&there)->sin_addr.s_addr = htonl(0xc0000207); /* 192.0.2.7 */
	client_process_init(&h, &there, &local);
	client_process_find(&h);
	dies();
	ck_assert_int_eq(client_process_state(&h), CLIENT_UNKNOWN);
}
END_TEST

START_TEST(pipes)
{
	client_process_init(&h, &(struct sockaddr_storage){ 0 }, &(struct sockaddr_storage){ 0 });
	client_process_find(&h);
	dies();
	ck_assert_int_eq(client_process_state(&h), CLIENT_UNKNOWN);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
#ifdef ON_LINUX
	tcase_add_test(t, lives);
	tcase_add_test(t, known);
	tcase_add_test(t, closed);
	tcase_add_test(t, unknown);
	tcase_add_test(t, crowd);
	tcase_add_test(t, crowd_after_us);
	tcase_add_test(t, other_descriptor);
#endif
	tcase_add_test(t, another_machine);
	tcase_add_test(t, pipes);
}

int
main(void)
{
	return unit_run("client_process", add);
}
