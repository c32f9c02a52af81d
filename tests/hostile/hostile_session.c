/* A subverted session process: linked instead of run.c, it does what $HOSTILE names and says on
 * stderr what came of it. Only the sandbox and the broker stand in its way. */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ask.h"
#include "run.h"

static int broker;
static unsigned next_channel = 1;

static void
say(const char *what, long n)
{
	char line[128];
	int len = snprintf(line, sizeof(line), "hostile: %s %ld\n", what, n);

	if (write(STDERR_FILENO, line, (size_t)len) == -1)
		_exit(3);
}

/* ---- the kernel ---- */

static long
try_open(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long
try_creat(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/tmp/hostile", O_WRONLY | O_CREAT, 0600);
}

static long
try_memory_of_others(void)
{
	return open("/proc/1/mem", O_RDWR);
}

static long
try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long
try_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long
try_connect(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "/tmp/ctl" };

	return connect(STDOUT_FILENO, (struct sockaddr *)&sun, sizeof(sun)) == 0 || errno == ENOENT ||
	    errno == ENOTSOCK ? 0 : -1;
}

static long
try_exec(void)
{
	char *argv[] = { "sh", "-c", "echo hostile: exec SUCCEEDED >&2", NULL };

	return execv("/bin/sh", argv);
}

static long
try_fork(void)
{
	long pid = syscall(SYS_fork);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long
try_ptrace(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static long
try_kill(void)
{
	return kill(getpid(), 0);
}

static long
try_process_vm_readv(void)
{
	char byte;
	struct iovec iov = { &byte, 1 };

	return process_vm_readv(getpid(), &iov, 1, &iov, 1, 0);
}

static long
try_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	    MAP_FAILED ? -1 : 0;
}

static long
try_mprotect(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static long
try_tty(void)
{
	return ioctl(STDERR_FILENO, TIOCSTI, "x") == 0 || errno != EPERM ? 0 : -1;
}

/* What is typed at a terminal; O_NONBLOCK cannot be had in the sandbox. */
static long
try_keyboard(void)
{
	struct pollfd p = { STDERR_FILENO, POLLIN, 0 };
	char key;

	return poll(&p, 1, 3000) == 1 && read(STDERR_FILENO, &key, 1) == 1 ? 0 : -1;
}

/* What makes a terminal do something. */
static long
try_escape(void)
{
	static const char text[] = "\033]0;title\007\n";

	return write(STDERR_FILENO, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1 ? 0 : -1;
}

static long
try_mark(void)
{
	int mark = 1;

	return setsockopt(broker, SOL_SOCKET, SO_KEEPALIVE, &mark, sizeof(mark));
}

/* As SO_LINGER, but for TCP: it may load a module into the kernel. */
static long
try_congestion(void)
{
	return setsockopt(broker, IPPROTO_TCP, 13, "reno", 4) == 0 || errno != EPERM ? 0 : -1;
}

/* To leave passwords in a core dump. */
static long
try_core(void)
{
	struct rlimit limit = { 0, 0 };

	return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0 ? -1 : 0;
}

static long
try_unlink(void)
{
	return unlink("/tmp/hostile-is-not-there") == 0 || errno == ENOENT ? 0 : -1;
}

static long
try_chmod(void)
{
	return chmod("/tmp/hostile-is-not-there", 0777) == 0 || errno == ENOENT ? 0 : -1;
}

static long
try_prctl(void)
{
	return prctl(PR_SET_DUMPABLE, 1);
}

static long
try_dup(void)
{
	return fcntl(STDOUT_FILENO, F_DUPFD, 100);
}

/* To hold them where nobody counts them, or to hand them to others. */
static long
try_pass(void)
{
	const int fds[] = { STDIN_FILENO };

	return ask_send(broker, "", 1, fds, 1);
}

static long
try_bind(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "/tmp/hostile" };

	return bind(broker, (struct sockaddr *)&sun, sizeof(sun));
}

static long
try_accept(void)
{
	return accept(broker, NULL, NULL) == -1 && errno != EINVAL && errno != EOPNOTSUPP ? -1 : 0;
}

static long
try_io_uring(void)
{
	char params[120] = { 0 };

	return syscall(425, 1, params); /* io_uring_setup, with which no other call is needed */
}

/* Which of the descriptors lead to the master itself, and which to a forward of it? */
static void
look_around(void)
{
	const char *master = getenv("HOSTILE_MASTER");
	long masters = 0, forwards = 0;

	for (int fd = 0; fd < 1024; fd++) {
		struct sockaddr_un sun = { 0 };
		socklen_t len = sizeof(sun) - 1;

		if (getpeername(fd, (struct sockaddr *)&sun, &len) == -1 || sun.sun_family != AF_UNIX)
			continue;
		if (strncmp(sun.sun_path, master, strlen(master)) == 0)
			masters++;
		else if (sun.sun_path[0] != '\0')
			forwards++;
	}
	say("masters", masters);
	say("forwards", forwards);
}

/* ---- the broker ---- */

static bool
writable(void)
{
	struct pollfd p = { broker, POLLOUT, 0 };

	return poll(&p, 1, 3000) == 1;
}

static void
ask_raw(const void *record, size_t len)
{
	writable();
	if (send(broker, record, len, MSG_NOSIGNAL) == -1)
		say("send failed", errno);
}

static struct ask
request(uint32_t op, uint32_t end, const char *host, uint16_t port)
{
	struct ask a;

	memset(&a, 0, sizeof(a));
	a.op = op;
	a.channel = next_channel++;
	a.end = end;
	a.address.family = 4;
	a.address.port = port;
	inet_pton(AF_INET, host, a.address.bytes);
	return a;
}

static bool
readable(int ms)
{
	struct pollfd p = { broker, POLLIN, 0 };

	return poll(&p, 1, ms) == 1;
}

/* The next answer's kind; 0 when the broker has gone; -1 when it says nothing for ms. */
static int
answer(int ms)
{
	struct answer a;
	int fds[ASK_FDS], n;

	if (!readable(ms))
		return -1;
	if ((n = ask_receive(broker, &a, sizeof(a), fds)) <= 0)
		return 0;
	ask_close(fds);
	return (int)a.kind;
}

static void
one(uint32_t op, uint32_t end, const char *host, uint16_t port)
{
	struct ask a = request(op, end, host, port);

	ask_raw(&a, sizeof(a));
	say("answer", answer(10000));
}

static uint16_t
env_port(void)
{
	return (uint16_t)atoi(getenv("HOSTILE_PORT"));
}

static void ask_dial_ftp(void) { one(ASK_DIAL, SERVER, "127.0.0.1", 21); }
static void ask_dial_ssh(void) { one(ASK_DIAL, SERVER, "127.0.0.1", 22); }
static void ask_dial_low(void) { one(ASK_DIAL, SERVER, "127.0.0.1", 1023); }
static void ask_dial_zero(void) { one(ASK_DIAL, SERVER, "127.0.0.1", 0); }
static void ask_dial_other(void) { one(ASK_DIAL, SERVER, "127.0.0.2", env_port()); }
static void ask_dial_data(void) { one(ASK_DIAL, SERVER, "127.0.0.1", env_port()); }
static void ask_client_ssh(void) { one(ASK_DIAL, CLIENT, "127.0.0.1", 22); }
static void ask_client_other(void) { one(ASK_DIAL, CLIENT, "192.0.2.1", 5000); }
static void ask_op(void) { one(77, SERVER, "127.0.0.1", 5000); }
static void ask_end(void) { one(ASK_LISTEN, 2, "127.0.0.1", 5000); }
static void ask_end_huge(void) { one(ASK_CANCEL, 0xffffffffU, "127.0.0.1", 5000); }

static void
ask_channel(uint32_t channel)
{
	struct ask a = request(ASK_DIAL, SERVER, "127.0.0.1", 5000);

	a.channel = channel;
	ask_raw(&a, sizeof(a));
	say("answer", answer(10000));
}

static void ask_channel_zero(void) { ask_channel(0); }
static void ask_channel_control(void) { ask_channel(UINT32_MAX); }

static void
ask_family(void)
{
	struct ask a = request(ASK_LISTEN, CLIENT, "127.0.0.1", 0);

	a.address.family = 200;
	ask_raw(&a, sizeof(a));
	say("answer", answer(10000));
}

static void
ask_short(void)
{
	struct ask a = request(ASK_LISTEN, CLIENT, "127.0.0.1", 0);

	ask_raw(&a, sizeof(a) - 1);
	say("answer", answer(10000));
}

static void
ask_long(void)
{
	static char long_record[60000];
	struct ask a = request(ASK_LISTEN, CLIENT, "127.0.0.1", 0);

	memcpy(long_record, &a, sizeof(a));
	ask_raw(long_record, sizeof(long_record));
	say("answer", answer(10000));
}

/* How many of 400 listeners are given? */
static void
ask_listeners(uint32_t end)
{
	long given = 0, refused = 0;

	for (int i = 0; i < 400; i++) {
		struct ask a = request(ASK_LISTEN, end, "127.0.0.1", 0);
		int kind;

		ask_raw(&a, sizeof(a));
		while ((kind = answer(2000)) == ANSWER_ALIVE)
			;
		given += kind == ANSWER_LISTENING;
		refused += kind == ANSWER_FAILED;
		if (kind <= 0)
			break;
	}
	say("given", given);
	say("refused", refused);
}

static void ask_near_listeners(void) { ask_listeners(CLIENT); }
static void ask_far_listeners(void) { ask_listeners(SERVER); }

/* A dial by the way of a listener: who comes there has the broker dial. */
static void
ask_then_low(void)
{
	struct ask a = request(ASK_LISTEN, CLIENT, "127.0.0.1", 0);
	struct answer got;
	int fds[ASK_FDS];

	a.then = a.address;
	a.then.port = 1023;
	ask_raw(&a, sizeof(a));
	if (!readable(10000) || ask_receive(broker, &got, sizeof(got), fds) != 1)
		return;
	say("port", got.port);
	say("answer", answer(10000));
	say("answer", answer(10000));
}

/* Dials that are prepared behind listeners which are cancelled, which there are not, or on whose
 * own end something else is dialled. */
static void
ask_prepared(void)
{
	for (int i = 0; i < 400; i++) {
		struct ask a = request(ASK_LISTEN, CLIENT, "127.0.0.1", i % 3 == 1 ? 4000 : 0);

		a.then = a.address;
		a.then.port = 5000;
		ask_raw(&a, sizeof(a));
		if (answer(10000) <= 0)
			return;
		a.op = ASK_DIAL;
		a.address.port = 4000;
		if (i % 3 == 2) {
			ask_raw(&a, sizeof(a));
			answer(10000);
		}
		a.op = ASK_CANCEL;
		if (i % 3 != 1)
			ask_raw(&a, sizeof(a));
	}
	say("prepared", 400);
	answer(5000);
}

/* The port of a spare listener that there is not. */
static void ask_spare(void) { one(ASK_LISTEN, CLIENT, "127.0.0.1", 4000); }

static void
flood(uint32_t op, uint32_t end)
{
	long sent = 0;

	while (sent < 500000 && writable()) {
		struct ask a = request(op, end, "127.0.0.1", 4000);

		if (send(broker, &a, sizeof(a), MSG_NOSIGNAL) != -1)
			sent++;
		else if (errno != EAGAIN)
			break;
	}
	say("error", errno);
	say("sent", sent);
}

static void ask_flood_check(void) { flood(ASK_CHECK, SERVER); }
static void ask_flood_dial(void) { flood(ASK_DIAL, SERVER); }
static void ask_flood_listen(void) { flood(ASK_LISTEN, CLIENT); }
static void ask_flood_cancel(void) { flood(ASK_CANCEL, SERVER); }

/* Descriptors that nobody wants. */
static void
ask_with_fds(void)
{
	const int fds[] = { 0, 1 };

	for (int i = 0; i < 2000; i++) {
		struct ask a = request(ASK_CANCEL, CLIENT, "127.0.0.1", 0);

		if (!writable() || ask_send(broker, &a, sizeof(a), fds, 2) == -1)
			break;
	}
	one(ASK_DIAL, SERVER, "127.0.0.1", 22);
}

static const struct {
	const char *name;
	long (*try)(void);  /* the kernel: 0 or more means that it has worked */
	void (*ask)(void);
} deeds[] = {
	{ "open", try_open, NULL }, { "creat", try_creat, NULL },
	{ "memory", try_memory_of_others, NULL }, { "socket", try_socket, NULL },
	{ "unix_socket", try_unix_socket, NULL }, { "connect", try_connect, NULL },
	{ "exec", try_exec, NULL }, { "fork", try_fork, NULL }, { "ptrace", try_ptrace, NULL },
	{ "kill", try_kill, NULL }, { "vm_readv", try_process_vm_readv, NULL },
	{ "code", try_code, NULL }, { "mprotect", try_mprotect, NULL }, { "tty", try_tty, NULL },
	{ "keyboard", try_keyboard, NULL }, { "escape", try_escape, NULL },
	{ "mark", try_mark, NULL }, { "congestion", try_congestion, NULL },
	{ "core", try_core, NULL },
	{ "unlink", try_unlink, NULL }, { "chmod", try_chmod, NULL },
	{ "prctl", try_prctl, NULL }, { "dup", try_dup, NULL },
	{ "pass", try_pass, NULL }, { "bind", try_bind, NULL }, { "accept", try_accept, NULL },
	{ "io_uring", try_io_uring, NULL }, { "look", NULL, look_around },
	{ "dial_ftp", NULL, ask_dial_ftp }, { "dial_ssh", NULL, ask_dial_ssh },
	{ "dial_low", NULL, ask_dial_low }, { "dial_zero", NULL, ask_dial_zero },
	{ "dial_other", NULL, ask_dial_other }, { "dial_data", NULL, ask_dial_data },
	{ "client_ssh", NULL, ask_client_ssh }, { "client_other", NULL, ask_client_other },
	{ "op", NULL, ask_op }, { "end", NULL, ask_end }, { "end_huge", NULL, ask_end_huge },
	{ "channel_zero", NULL, ask_channel_zero },
	{ "channel_control", NULL, ask_channel_control }, { "family", NULL, ask_family },
	{ "short", NULL, ask_short }, { "long", NULL, ask_long },
	{ "near_listeners", NULL, ask_near_listeners },
	{ "far_listeners", NULL, ask_far_listeners },
	{ "flood_check", NULL, ask_flood_check }, { "flood_dial", NULL, ask_flood_dial },
	{ "flood_listen", NULL, ask_flood_listen }, { "flood_cancel", NULL, ask_flood_cancel },
	{ "with_fds", NULL, ask_with_fds }, { "then_low", NULL, ask_then_low },
	{ "spare", NULL, ask_spare }, { "prepared", NULL, ask_prepared },
};

int
run_session(const struct run_config *config)
{
	const char *name = getenv("HOSTILE");

	broker = config->ask_fd;
	for (size_t i = 0; name != NULL && i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		if (strcmp(deeds[i].name, name) != 0)
			continue;
		if (deeds[i].ask != NULL)
			deeds[i].ask();
		else if (deeds[i].try() >= 0)
			say("SUCCEEDED", 0);
		else
			say("refused", errno);
		return 0;
	}
	say("no such deed", 0);
	return 1;
}
