/* A subverted session process: linked instead of run.c, it does what $HOSTILE names and says on
 * stderr what came of it. Only the sandbox and the broker stand in its way. Or a subverted broker,
 * linked with --wrap=broker_serve, that does what $HOSTILE_BROKER names. */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ask/ask.h"
#include "control/run.h"

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
	return syscall(SYS_openat, AT_FDCWD, MADE, O_WRONLY | O_CREAT, 0600);
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

/* A connection that begins with its first bytes, on any socket that was one for TCP. */
static long
try_fastopen(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return sendto(STDOUT_FILENO, "x", 1, MSG_FASTOPEN | MSG_DONTWAIT | MSG_NOSIGNAL,
	    (struct sockaddr *)&at, sizeof(at)) != -1 || errno != EPERM ? 0 : -1;
}

static long
try_address(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "/tmp/ctl" };

	return sendto(STDOUT_FILENO, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&sun,
	    sizeof(sun)) != -1 || errno != EPERM ? 0 : -1;
}

/* Descriptors that somebody hands over. */
static long
try_receive(void)
{
	char byte, control[64];
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control) };

	return recvmsg(broker, &msg, MSG_DONTWAIT) != -1 || errno == EAGAIN ? 0 : -1;
}

static long
try_pipe(void)
{
	int fds[2];

	return pipe2(fds, O_NONBLOCK);
}

static long
try_linger(void)
{
	struct linger l = { 1, 0 };

	return setsockopt(STDOUT_FILENO, SOL_SOCKET, SO_LINGER, &l, sizeof(l)) == 0 ||
	    errno == ENOTSOCK ? 0 : -1;
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
	return unlink(MADE ".is-not-there") == 0 || errno == ENOENT ? 0 : -1;
}

static long
try_chmod(void)
{
	return chmod(MADE ".is-not-there", 0777) == 0 || errno == ENOENT ? 0 : -1;
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
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &(int){ STDIN_FILENO }, sizeof(int));
	return sendmsg(broker, &msg, 0);
}

static long
try_bind(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = MADE };

	return bind(broker, (struct sockaddr *)&sun, sizeof(sun));
}

static long
try_accept(void)
{
	return accept(broker, NULL, NULL) == -1 && errno != EINVAL && errno != EOPNOTSUPP ? -1 : 0;
}

/* To be root there, and reach more of the kernel. */
static long
try_namespace(void)
{
	return unshare(CLONE_NEWUSER) == 0 || errno != EPERM ? 0 : -1;
}

/* To send another process signals by what arrives. */
static long
try_owner(void)
{
	return fcntl(broker, F_SETOWN, getppid());
}

/* To limit another process. */
static long
try_limit(void)
{
	struct rlimit limit;

	return prlimit(getppid(), RLIMIT_CPU, NULL, &limit);
}

/* To put it in the place of a file that somebody executes. */
static long
try_rename(void)
{
	return rename(MADE ".is-not-there", MADE) == 0 || errno == ENOENT ? 0 : -1;
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

static bool
ask_raw(const void *record, size_t len)
{
	return writable() && write(broker, record, len) == (ssize_t)len;
}

static struct action
request(uint32_t verb, uint32_t end, const char *host, uint16_t port)
{
	struct action a;

	memset(&a, 0, sizeof(a));
	a.kind = ACT_OPEN;
	a.channel = next_channel++;
	a.ends[end].verb = verb;
	a.ends[end].address.family = 4;
	a.ends[end].address.port = port;
	inet_pton(AF_INET, host, a.ends[end].address.bytes);
	return a;
}

/* The next answer: 1 LISTENING, 2 CONNECTED, 3 FAILED, ...; 0 when the broker has gone; -1 when it
 * says nothing for ms. */
static int
answer(int ms)
{
	struct pollfd p = { broker, POLLIN, 0 };
	struct answer a;

	if (poll(&p, 1, ms) != 1)
		return -1;
	return ask_receive(broker, &a, sizeof(a)) <= 0 ? 0 : (int)a.event.kind + 1;
}

static void
put(const struct action *a)
{
	ask_raw(a, sizeof(*a));
	say("answer", answer(10000));
}

static void
dial(uint32_t end, const char *host, uint16_t port)
{
	struct action a = request(END_DIAL, end, host, port);

	put(&a);
}

static uint16_t
env_port(void)
{
	return (uint16_t)atoi(getenv("HOSTILE_PORT"));
}

static void ask_dial_ftp(void) { dial(SERVER, "127.0.0.1", 21); }
static void ask_dial_ssh(void) { dial(SERVER, "127.0.0.1", 22); }
static void ask_dial_low(void) { dial(SERVER, "127.0.0.1", 1023); }
static void ask_dial_zero(void) { dial(SERVER, "127.0.0.1", 0); }
static void ask_dial_other(void) { dial(SERVER, "127.0.0.2", env_port()); }
static void ask_dial_data(void) { dial(SERVER, "127.0.0.1", env_port()); }
static void ask_client_ssh(void) { dial(CLIENT, "127.0.0.1", 22); }
static void ask_client_other(void) { dial(CLIENT, "192.0.2.1", 5000); }

/* A good request, but for one field. */
static struct action
good(void)
{
	return request(END_LISTEN, CLIENT, "127.0.0.1", 0);
}

static void ask_kind(void) { struct action a = good(); a.kind = 77; put(&a); }
static void ask_kind_timer(void) { struct action a = good(); a.kind = ACT_TIMER; put(&a); }
static void ask_verb(void) { struct action a = good(); a.ends[SERVER].verb = 9; put(&a); }
static void ask_end(void) { struct action a = good(); a.end = 2; put(&a); }
static void ask_end_huge(void) { struct action a = good(); a.end = 0xffffffffU; put(&a); }
static void ask_mask(void) { struct action a = good(); a.mask = 4; put(&a); }
static void ask_channel_zero(void) { struct action a = good(); a.channel = 0; put(&a); }
static void ask_channel_control(void) { struct action a = good(); a.channel = UINT32_MAX; put(&a); }
static void ask_family(void) { struct action a = good(); a.ends[0].address.family = 200; put(&a); }

static void
ask_short(void)
{
	struct action a = good();

	ask_raw(&a, sizeof(a) - 1);
	say("answer", answer(10000));
}

static void
ask_long(void)
{
	static char long_record[60000];
	struct action a = good();

	memcpy(long_record, &a, sizeof(a));
	ask_raw(long_record, sizeof(long_record));
	say("answer", answer(10000));
}

/* What is there is opened once more. */
static void
ask_twice(void)
{
	struct action a = good();

	put(&a);
	put(&a);
}

/* A dial that is to wait for somebody to come to the other end. */
static void
ask_then_low(void)
{
	struct action a = good();

	a.ends[SERVER] = a.ends[CLIENT];
	a.ends[SERVER].verb = END_DIAL;
	a.ends[SERVER].address.port = 1023;
	put(&a);
}

/* More than a session has. */
static void
ask_many(uint32_t end)
{
	long given = 0;

	for (int i = 0; i < 400; i++) {
		struct action a = request(END_LISTEN, end, "127.0.0.1", 0);

		if (!ask_raw(&a, sizeof(a)) || answer(2000) != 1)
			break;
		given++;
	}
	say("given", given);
}

static void ask_many_near(void) { ask_many(CLIENT); }
static void ask_many_far(void) { ask_many(SERVER); }

/* One after the other, each let go at once: what is left of them counts. */
static void
storm(uint32_t verb, uint32_t end, uint32_t kind)
{
	long given = 0, failed = 0;
	int kind_of;

	for (int i = 0; i < 5000; i++) {
		struct action a = request(verb, end, "127.0.0.1", 5000);

		if (!ask_raw(&a, sizeof(a)))
			break;
		a.kind = kind;
		a.mask = 3;
		if (!ask_raw(&a, sizeof(a)))
			break;
		while ((kind_of = answer(0)) > 0) {
			given += kind_of != 3;
			failed += kind_of == 3;
		}
		if (kind_of == 0)
			break;
	}
	say("given", given);
	say("failed", failed);
}

static void ask_storm_listen(void) { storm(END_LISTEN, SERVER, ACT_CLOSE); }
static void ask_storm_near(void) { storm(END_LISTEN, CLIENT, ACT_ABORT); }
static void ask_storm_dial(void) { storm(END_DIAL, SERVER, ACT_CLOSE); }

static void
flood(uint32_t kind, uint32_t verb, uint32_t end)
{
	long sent = 0;

	while (sent < 500000 && writable()) {
		struct action a = request(verb, end, "127.0.0.1", 4000);

		a.kind = kind;
		if (write(broker, &a, sizeof(a)) != -1)
			sent++;
		else if (errno != EAGAIN)
			break;
	}
	say("error", errno);
	say("sent", sent);
}

static void ask_flood_check(void) { flood(ACT_CHECK, END_NONE, SERVER); }
static void ask_flood_dial(void) { flood(ACT_OPEN, END_DIAL, SERVER); }
static void ask_flood_listen(void) { flood(ACT_OPEN, END_LISTEN, CLIENT); }
static void ask_flood_cancel(void) { flood(ACT_CANCEL, END_NONE, SERVER); }

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
	{ "fastopen", try_fastopen, NULL }, { "address", try_address, NULL },
	{ "receive", try_receive, NULL }, { "pipe", try_pipe, NULL },
	{ "linger", try_linger, NULL }, { "namespace", try_namespace, NULL },
	{ "owner", try_owner, NULL }, { "limit", try_limit, NULL }, { "rename", try_rename, NULL },
	{ "dial_ftp", NULL, ask_dial_ftp }, { "dial_ssh", NULL, ask_dial_ssh },
	{ "dial_low", NULL, ask_dial_low }, { "dial_zero", NULL, ask_dial_zero },
	{ "dial_other", NULL, ask_dial_other }, { "dial_data", NULL, ask_dial_data },
	{ "client_ssh", NULL, ask_client_ssh }, { "client_other", NULL, ask_client_other },
	{ "then_low", NULL, ask_then_low },
	{ "kind", NULL, ask_kind }, { "kind_timer", NULL, ask_kind_timer },
	{ "verb", NULL, ask_verb }, { "end", NULL, ask_end }, { "end_huge", NULL, ask_end_huge },
	{ "mask", NULL, ask_mask }, { "channel_zero", NULL, ask_channel_zero },
	{ "channel_control", NULL, ask_channel_control }, { "family", NULL, ask_family },
	{ "short", NULL, ask_short }, { "long", NULL, ask_long },
	{ "twice", NULL, ask_twice },
	{ "many_near", NULL, ask_many_near }, { "many_far", NULL, ask_many_far },
	{ "storm_listen", NULL, ask_storm_listen }, { "storm_near", NULL, ask_storm_near },
	{ "storm_dial", NULL, ask_storm_dial },
	{ "flood_check", NULL, ask_flood_check }, { "flood_dial", NULL, ask_flood_dial },
	{ "flood_listen", NULL, ask_flood_listen }, { "flood_cancel", NULL, ask_flood_cancel },
};

static int
do_deed(const char *name)
{
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

int
run_session(const struct run_config *config)
{
	broker = config->ask_fd;
	return getenv("HOSTILE_BROKER") != NULL ? 0 : do_deed(getenv("HOSTILE"));
}

struct broker;
bool __real_broker_serve(struct broker *b, int fd);
bool __wrap_broker_serve(struct broker *b, int fd);

/* In a child: where it may execute, something must be left that gives back what the master has. */
bool
__wrap_broker_serve(struct broker *b, int fd)
{
	pid_t child;

	if (getenv("HOSTILE_BROKER") == NULL)
		return __real_broker_serve(b, fd);
	broker = fd;
	if ((child = fork()) == 0)
		_exit(do_deed(getenv("HOSTILE_BROKER")));
	waitpid(child, NULL, 0);
	return true;
}
