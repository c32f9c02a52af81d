/* Forwards through a real ControlMaster and a throw-away sshd on loopback. Skipped
 * (exit 77) where there is no sshd. */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "mux/mux.h"
#include "ssh/sshcmd.h"

#define DEADLINE_MS 10000
#define ROUNDS 300

/* The rig: made once, each test has a master of its own. */
static char dir[64], config[80];
static pid_t sshd_pid;
static uint16_t trap_port;
static char sshd_path[PATH_MAX];

static int
tcp_listen(uint16_t *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 || listen(fd, 400) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		abort();
	*port = ntohs(sin.sin_port);
	return fd;
}

static int
tcp_connect(uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0)
		return fd;
	close(fd);
	return -1;
}

static uint16_t
free_port(void)
{
	uint16_t port;

	close(tcp_listen(&port));
	return port;
}

static int
unix_socket(const char *path, bool listening)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (listening ? bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0 &&
	    listen(fd, 16) == 0 : connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
accept_soon(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, DEADLINE_MS) == 1 ? accept(fd, NULL, NULL) : -1;
}

/* Read up to want bytes (non-blocking descriptor or not); stops at EOF. */
static size_t
read_soon(int fd, char *buf, size_t want)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t have = 0;

	while (have < want && poll(&p, 1, DEADLINE_MS) == 1) {
		ssize_t n = read(fd, buf + have, want - have);

		if (n <= 0)
			break;
		have += (size_t)n;
	}
	return have;
}

static void
run(const char *command)
{
	if (system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

static void
write_file(const char *name, const char *fmt, uint16_t port)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((f = fopen(path, "w")) == NULL)
		exit(1);
	for (; *fmt != '\0'; fmt++) {
		if (*fmt == '~')
			fputs(dir, f);
		else if (*fmt == '#' && fmt[1] != '!')
			fprintf(f, "%u", port);
		else
			fputc(*fmt, f);
	}
	fclose(f);
}

static bool
find_sshd(void)
{
	static const char *const places[] = { "/usr/sbin/sshd", "/usr/local/sbin/sshd",
		"/usr/lib/ssh/sshd", "/usr/libexec/sshd" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(sshd_path, sizeof(sshd_path), "%s", places[i]);
		if (access(sshd_path, X_OK) == 0)
			return true;
	}
	return false;
}

static void
rig_start(void)
{
	uint16_t port = free_port();
	char command[512];
	int fd;

	snprintf(dir, sizeof(dir), "/tmp/ftfwd.XXXXXX");
	if (mkdtemp(dir) == NULL)
		exit(1);
	snprintf(command, sizeof(command), "cd %s && ssh-keygen -q -t ed25519 -N '' -f host &&"
	    " ssh-keygen -q -t ed25519 -N '' -f user && cp user.pub keys", dir);
	run(command);
	if (geteuid() == 0)
		mkdir("/run/sshd", 0755);
	write_file("sshd_config", "Port #\nListenAddress 127.0.0.1\nHostKey ~/host\n"
	    "AuthorizedKeysFile ~/keys\nStrictModes no\nUsePAM no\nPidFile none\n"
	    "PermitRootLogin yes\nAllowTcpForwarding yes\nMaxSessions 2000\n", port);
	write_file("config", "Host rig\n HostName 127.0.0.1\n Port #\n IdentityFile ~/user\n"
	    " IdentitiesOnly yes\n StrictHostKeyChecking no\n LogLevel ERROR\n"
	    " UserKnownHostsFile /dev/null\n", port);
	/* A trap: neither the master nor -O forward may open the configuration's forwards. */
	trap_port = free_port();
	write_file("trap", "Include ~/config\nHost rig\n LocalForward # localhost:21\n",
	    trap_port);
	write_file("ssh", "#!/bin/sh\nexec ssh -F ~/trap \"$@\"\n", 0);
	snprintf(command, sizeof(command), "chmod 755 %s/ssh", dir);
	run(command);
	snprintf(config, sizeof(config), "%s/trap", dir);
	snprintf(command, sizeof(command), "%s/sshd_config", dir);
	if ((sshd_pid = fork()) == 0) {
		execl(sshd_path, sshd_path, "-D", "-e", "-q", "-f", command, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 1000 && (fd = tcp_connect(port)) == -1; i++)
		poll(NULL, 0, 10);
	close(fd);
}

static void
rig_stop(void)
{
	char command[256];

	/* a test that failed has left its master */
	snprintf(command, sizeof(command), "for m in %s/m*; do"
	    " ssh -F /dev/null -S $m -O exit rig; done 2>/dev/null", dir);
	if (system(command) == -1)
		perror("system");
	kill(sshd_pid, SIGTERM);
	waitpid(sshd_pid, NULL, 0);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	run(command);
}

/* One test's master, loop, connection to it, and the answers. */
static char ctl[FORWARD_PATH_MAX];
static pid_t master_pid;
static struct loop *loop;
static struct mux *mux;
static struct forward_result last;
static bool answered, gone;

static const char *rig_options[] = { "-F", config };
static const struct ssh_settings settings = { rig_options, 2, "rig", NULL, NULL };

static void
take(void *arg, const struct forward_result *r)
{
	(void)arg;
	if (r->id == 0) {
		gone = true;
		return;
	}
	last = *r;
	answered = true;
}

static const struct forward_result *
answer(uint32_t id)
{
	uint64_t end = loop_now() + DEADLINE_MS;

	ck_assert_msg(id != 0, "could not be asked: %s", strerror(errno));
	ck_assert_msg(!answered, "answered from inside the call");
	while ((!answered || last.id != id) && loop_now() < end)
		loop_once(loop, 100);
	ck_assert_uint_eq(last.id, id);
	answered = false;
	return &last;
}

static void
ok(uint32_t id)
{
	const struct forward_result *r = answer(id);

	ck_assert_msg(r->status == FORWARD_OK, "status %d: %s", r->status, r->reason);
}

/* Run this script of the rig as ssh. */
static void
use_ssh(const char *name)
{
	char program[96];

	snprintf(program, sizeof(program), "%s/%s", dir, name);
	setenv("FTP_OVER_SSH_SSH", program, 1);
}

static void
master_start(void)
{
	static int number;
	struct ssh_master m = { .ctl_path = ctl, .batch = true };
	struct proc proc = { 0 };
	int status;

	use_ssh("ssh");
	loop = loop_new();
	snprintf(ctl, sizeof(ctl), "%s/m%d", dir, ++number + (int)getpid());
	ck_assert_int_eq(sshcmd_master_start(&proc, loop, &settings, &m, PROC_NULL, NULL, NULL), 0);
	ck_assert(proc_wait(&proc, 20000, &status));
	ck_assert_int_eq(status, 0);
	answered = gone = false;
	mux = mux_new(loop, ctl, take, NULL);
	ck_assert_msg(mux != NULL, "%s", strerror(errno));
	ok(mux_alive(mux));
	master_pid = last.pid;
}

static void
master_stop(void)
{
	if (mux != NULL)
		mux_terminate(mux);
	mux_finish(mux, 2000);
	loop_free(loop);
}

static struct forward
local_forward(uint16_t port, int number)
{
	struct forward f = { .kind = FORWARD_LOCAL, .port = port, .host = "127.0.0.1" };

	snprintf(f.path, sizeof(f.path), "%s/l%d.%d", dir, (int)getpid(), number);
	return f;
}

static struct forward
remote_forward(int number)
{
	struct forward f = { .kind = FORWARD_REMOTE, .host = "127.0.0.1" };

	snprintf(f.path, sizeof(f.path), "%s/r%d.%d", dir, (int)getpid(), number);
	return f;
}

static void
exchange(int a, int b)
{
	char buf[16];

	ck_assert_int_eq(write(a, "hello", 5), 5);
	ck_assert_uint_eq(read_soon(b, buf, 5), 5);
	ck_assert_int_eq(memcmp(buf, "hello", 5), 0);
	ck_assert_int_eq(write(b, "world", 5), 5);
	ck_assert_uint_eq(read_soon(a, buf, 5), 5);
	ck_assert_int_eq(memcmp(buf, "world", 5), 0);
}

/* Open, connect, ask whether the master lives, cancel: no connection is lost. */
static void
dial_rounds(int rounds)
{
	uint16_t port;
	int lfd = tcp_listen(&port), near, far;

	for (int i = 0; i < rounds; i++) {
		struct forward f = local_forward(port, i);

		ok(mux_open_forward(mux, &f));
		ck_assert_int_ne(near = unix_socket(f.path, false), -1);
		ok(mux_alive(mux));
		ok(mux_close_forward(mux, &f));
		ck_assert_int_eq(unlink(f.path), 0);
		ck_assert_int_ne(far = accept_soon(lfd), -1);
		exchange(near, far);
		close(near);
		close(far);
	}
	close(lfd);
}

START_TEST(test_local)
{
	master_start();
	dial_rounds(ROUNDS);
	ck_assert(!gone);
	ck_assert_int_eq(tcp_connect(trap_port), -1);
	master_stop();
}
END_TEST

START_TEST(test_remote)
{
	struct forward f = remote_forward(0), g = remote_forward(1);
	int near, fd, far;
	uint16_t port;

	master_start();
	ck_assert_int_ne(near = unix_socket(f.path, true), -1);
	ok(mux_open_forward(mux, &f));
	ck_assert_uint_ne(port = last.port, 0);
	ok(mux_open_forward(mux, &g));
	ck_assert_uint_ne(last.port, port);
	ck_assert_int_ne(far = tcp_connect(port), -1);
	ck_assert_int_ne(fd = accept_soon(near), -1);
	exchange(fd, far);
	ok(mux_close_forward(mux, &f));
	exchange(fd, far); /* what was accepted goes on */
	/* sshd closes its listener when the cancel reaches it: the next answer is behind it */
	ok(mux_close_forward(mux, &g));
	ok(mux_open_forward(mux, &g));
	ck_assert_int_eq(tcp_connect(port), -1);
	master_stop();
}
END_TEST

START_TEST(test_refused)
{
	struct forward f = local_forward(21, 0);
	struct forward none = local_forward(21, 1);
	struct forward high = { .kind = FORWARD_REMOTE, .host = "127.0.0.1" };
	char number[8];

	master_start();
	close(unix_socket(f.path, true)); /* the path is taken */
	ck_assert_int_eq(answer(mux_open_forward(mux, &f))->status, FORWARD_REFUSED);
	ck_assert_str_eq(last.reason, "Port forwarding failed");
	ck_assert_int_eq(answer(mux_close_forward(mux, &none))->status, FORWARD_REFUSED);
	ck_assert_str_eq(last.reason, "port not forwarded");
	snprintf(high.path, sizeof(high.path), "%s/none", dir);
	high.port = free_port();
	snprintf(number, sizeof(number), "%u", high.port);
	ok(mux_open_forward(mux, &high));
	ck_assert_uint_eq(last.port, high.port);
	snprintf(high.path, sizeof(high.path), "%s/other", dir);
	ck_assert_int_eq(answer(mux_open_forward(mux, &high))->status, FORWARD_REFUSED);
	ck_assert_ptr_ne(strstr(last.reason, number), NULL);
	ok(mux_alive(mux)); /* a refusal is not the end */
	ck_assert_int_eq(last.pid, master_pid);
	ck_assert(!gone);
	master_stop();
}
END_TEST

START_TEST(test_gone)
{
	struct forward f = local_forward(21, 0);

	master_start();
	ok(mux_open_forward(mux, &f));
	kill(master_pid, SIGKILL);
	for (uint64_t end = loop_now() + DEADLINE_MS; !gone && loop_now() < end;)
		loop_once(loop, 100);
	ck_assert(gone);
	ck_assert_uint_eq(mux_alive(mux), 0);
	ck_assert_uint_eq(mux_open_forward(mux, &f), 0);
	mux_finish(mux, 2000);
	/* the dying process closes its descriptors one by one, the listener maybe last */
	for (uint64_t end = loop_now() + DEADLINE_MS; loop_now() < end; mux_finish(mux, 2000))
		if ((mux = mux_new(loop, ctl, take, NULL)) == NULL)
			break;
	ck_assert_ptr_eq(mux, NULL);
	ck_assert_int_eq(errno, ECONNREFUSED);
	unlink(ctl);
	master_stop();
}
END_TEST

/* Each on a connection of its own, which lives as long as the channel. */
static struct mux *
stdio_open(uint16_t port, int *fd)
{
	const struct forward to = { .port = port, .host = "127.0.0.1" };
	struct mux *one = mux_new(loop, ctl, take, NULL);
	int fds[2];

	ck_assert_ptr_ne(one, NULL);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	answer(mux_stdio_forward(one, &to, fds[1]));
	close(fds[1]);
	*fd = fds[0];
	return one;
}

START_TEST(test_stdio)
{
	uint16_t port;
	int lfd = tcp_listen(&port), far, fd[3];
	struct mux *one[3];
	char buf[8];

	master_start();
	for (int i = 0; i < 3; i++) {
		one[i] = stdio_open(port, &fd[i]);
		ck_assert_int_eq(last.status, FORWARD_OK);
	}
	for (int i = 0; i < 3; i++) {
		ck_assert_int_ne(far = accept_soon(lfd), -1);
		exchange(fd[i], far);
		ck_assert_int_eq(write(far, "more", 4), 4);
		close(far);
		ck_assert_uint_eq(read_soon(fd[i], buf, 8), 4); /* and EOF */
		close(fd[i]);
		mux_free(one[i]);
	}
	ok(mux_alive(mux));
	close(lfd);
	master_stop();
}
END_TEST

START_TEST(test_stdio_refused)
{
	struct mux *one;
	char c;
	int fd;

	master_start();
	one = stdio_open(free_port(), &fd);
	ck_assert_int_eq(last.status, FORWARD_REFUSED);
	ck_assert_str_ne(last.reason, "");
	ck_assert_uint_eq(read_soon(fd, &c, 1), 0);
	ok(mux_alive(mux));
	mux_free(one);
	close(fd);
	master_stop();
}
END_TEST

START_TEST(test_other_version)
{
	int lfd, peer;

	snprintf(ctl, sizeof(ctl), "%s/other", dir);
	ck_assert_int_ne(lfd = unix_socket(ctl, true), -1);
	loop = loop_new();
	mux = mux_new(loop, ctl, take, NULL);
	ck_assert_ptr_ne(mux, NULL);
	ck_assert_int_ne(peer = accept_soon(lfd), -1);
	ck_assert_int_eq(write(peer, "\0\0\0\10" "\0\0\0\1" "\0\0\0\5", 12), 12);
	close(peer);
	answer(mux_alive(mux));
	ck_assert_int_eq(last.status, FORWARD_BROKEN);
	ck_assert(gone);
	mux_finish(mux, 2000);
	loop_free(loop);
	close(lfd);
}
END_TEST

/* What was asked right before the end is still done. */
START_TEST(test_free_finishes)
{
	struct forward f[20], again;
	struct stat st;

	master_start();
	for (int i = 0; i < 20; i++) {
		f[i] = local_forward(21, i);
		ok(mux_open_forward(mux, &f[i]));
	}
	for (int i = 0; i < 20; i++)
		mux_close_forward(mux, &f[i]);
	again = remote_forward(0);
	mux_open_forward(mux, &again);
	mux_close_forward(mux, &again);
	mux_finish(mux, 2000);
	mux = mux_new(loop, ctl, take, NULL);
	answered = false;
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(stat(f[i].path, &st), 0);
		ck_assert_int_eq(answer(mux_close_forward(mux, &f[i]))->status, FORWARD_REFUSED);
	}
	ck_assert_int_eq(answer(mux_close_forward(mux, &again))->status, FORWARD_REFUSED);
	master_stop();
}
END_TEST

START_TEST(test_config)
{
	char why[256], value[256], want[64], *text;
	const char *at;

	ck_assert_ptr_ne(text = sshcmd_config(&settings, 5000, why, sizeof(why)), NULL);
	ck_assert_ptr_ne(sshcmd_value(text, "hostname", value, sizeof(value)), NULL);
	ck_assert_str_eq(value, "127.0.0.1");
	ck_assert_ptr_ne(sshcmd_value(text, "serveraliveinterval", value, sizeof(value)), NULL);
	ck_assert_str_eq(value, "0");
	ck_assert_ptr_ne(at = sshcmd_value(text, "localforward", value, sizeof(value)), NULL);
	snprintf(want, sizeof(want), "%u [localhost]:21", trap_port);
	ck_assert_str_eq(value, want);
	ck_assert_ptr_eq(sshcmd_value(at, "localforward", value, sizeof(value)), NULL);
	ck_assert_ptr_eq(sshcmd_value(text, "host", value, 2), NULL);
	free(text);
}
END_TEST

START_TEST(test_config_bad)
{
	const char *bad[] = { "-F", config, "-o", "NoSuchOption=1" };
	struct ssh_settings s = { bad, 4, "rig", NULL, NULL };
	char why[256];

	ck_assert_ptr_eq(sshcmd_config(&s, 5000, why, sizeof(why)), NULL);
	ck_assert_ptr_ne(strstr(why, "onfiguration option"), NULL);
	setenv("FTP_OVER_SSH_SSH", "/nonexistent/ssh", 1);
	ck_assert_ptr_eq(sshcmd_config(&s, 5000, why, sizeof(why)), NULL);
	ck_assert_str_eq(why, "/nonexistent/ssh: No such file or directory; install the OpenSSH "
	    "client, or name it in FTP_OVER_SSH_SSH");
}
END_TEST

START_TEST(test_master_fails)
{
	const char *bad[] = { "-F", config, "-o", "Port=1" };
	struct ssh_settings s = { bad, 4, "rig", NULL, NULL };
	struct ssh_master m = { .ctl_path = ctl, .batch = true };
	struct proc proc = { 0 };
	int status;

	loop = loop_new();
	snprintf(ctl, sizeof(ctl), "%s/none", dir);
	ck_assert_int_eq(sshcmd_master_start(&proc, loop, &s, &m, PROC_NULL, NULL, NULL), 0);
	ck_assert(proc_wait(&proc, 20000, &status));
	ck_assert_int_eq(status, 255);
	loop_free(loop);
}
END_TEST

START_TEST(test_hang)
{
	struct ssh_settings s = { NULL, 0, "rig", NULL, NULL };
	char program[96], why[256];
	uint64_t start;

	write_file("hang", "#!/bin/sh\nexec sleep 60\n", 0);
	snprintf(program, sizeof(program), "%s/hang", dir);
	chmod(program, 0755);
	setenv("FTP_OVER_SSH_SSH", program, 1);
	start = loop_now();
	ck_assert_ptr_eq(sshcmd_config(&s, 100, why, sizeof(why)), NULL);
	ck_assert_str_eq(why, "ssh -G does not end");
	ck_assert_uint_lt(loop_now() - start, 5000);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("mux with ssh");
	TCase *t = tcase_create("mux with ssh");
	SRunner *runner = srunner_create(s);
	int failed;

	signal(SIGPIPE, SIG_IGN);
	if (!find_sshd()) {
		fprintf(stderr, "test_mux_ssh: skipped: no sshd\n");
		return 77;
	}
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_local);
	tcase_add_test(t, test_remote);
	tcase_add_test(t, test_refused);
	tcase_add_test(t, test_gone);
	tcase_add_test(t, test_free_finishes);
	tcase_add_test(t, test_other_version);
	tcase_add_test(t, test_stdio);
	tcase_add_test(t, test_stdio_refused);
	tcase_add_test(t, test_config);
	tcase_add_test(t, test_config_bad);
	tcase_add_test(t, test_master_fails);
	tcase_add_test(t, test_hang);
	suite_add_tcase(s, t);
	rig_start();
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	rig_stop();
	return failed == 0 ? 0 : 1;
}
