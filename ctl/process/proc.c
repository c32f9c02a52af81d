#include "process/proc.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/list.h"
#include "base/loop.h"
#include "base/memory.h"
#include "process/signals.h"

#ifdef ON_LINUX
#include <sys/prctl.h>
#include <sys/syscall.h>
#elif defined(__FreeBSD__)
#include <sys/procctl.h>
#endif
#if defined(__APPLE__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__)
#include <sys/event.h>
#endif

#define KILL_MS 500 /* for SIGKILL to have its effect */

/* The loop hears of SIGCHLD while there is a process. */
static struct proc *first;
static struct signals *signals;

int
proc_shell_status(int status)
{
	return status < 0 ? 128 - status : status;
}

static int
status_of(int wait_status)
{
	return WIFSIGNALED(wait_status) ? -WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

static void
removed(struct proc *p)
{
	list_remove(proc, first, p);
	p->pid = 0;
	if (first == NULL)
		memory_drop(signals_free, signals);
}

/* Children that nobody knows were left to us by whoever was this process before. */
static void
child_ended(void *arg, int signo)
{
	struct proc *p;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		for (p = first; p != NULL && p->pid != pid; p = p->next)
			;
		if (p != NULL && WIFSTOPPED(status) && p->stopped != NULL)
			p->stopped(p, WSTOPSIG(status));
		if (p == NULL || WIFSTOPPED(status))
			continue;
		removed(p);
		p->fn(p->arg, status_of(status));
	}
}

static struct rlimit limit_before;
static bool limit_raised;

void
proc_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit_before) == -1 || limit_before.rlim_cur >= limit_before.rlim_max)
		return;
	limit = limit_before;
	limit.rlim_cur = limit.rlim_max;
	limit_raised = setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/* Whoever does that in the background is stopped for it, unless he ignores the signal. */
void
proc_give_terminal(int terminal, pid_t group)
{
	void (*before)(int) = signal(SIGTTOU, SIG_IGN);

	tcsetpgrp(terminal, group);
	signal(SIGTTOU, before);
}

#if !defined(ON_LINUX) && !defined(__FreeBSD__)
#define GUARD_MS 200
static int life[2] = { -1, -1 }; /* ends with the process that starts others */

/* A child of what is started waits for our end, and for its own parent's. */
static void
guard(pid_t ward)
{
	struct pollfd p = { .events = POLLIN };

	if (fork() != 0)
		return;
	dup2(life[0], 0);
	closefrom(1);
	while (getppid() == ward)
		if (poll(&p, 1, GUARD_MS) > 0 && getppid() == ward) {
			kill(ward, SIGTERM);
			break;
		}
	_exit(0);
}
#endif

static void
die_with(pid_t parent)
{
#ifdef ON_LINUX
	prctl(PR_SET_PDEATHSIG, SIGTERM);
#elif defined(__FreeBSD__)
	int signo = SIGTERM;

	procctl(P_PID, 0, PROC_PDEATHSIG_CTL, &signo);
#else
	guard(getpid());
#endif
	if (getppid() != parent)
		_exit(127);
}

static int
arrange_descriptors(const struct proc_start *s)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < 3; i++) {
		int from = s->fd[i] == PROC_NULL ? null : s->fd[i];

		if (from == i)
			fcntl(i, F_SETFD, 0);
		else if (s->fd[i] != PROC_OURS && dup2(from, i) == -1)
			return errno;
	}
	for (size_t i = 0; i < sizeof(s->keep) / sizeof(s->keep[0]); i++)
		if (s->keep[i] > 0 && fcntl(s->keep[i], F_SETFD, 0) == -1)
			return errno;
	return 0;
}

static _Noreturn void
child(const struct proc_start *s, pid_t parent, int failure)
{
	int error;

	signals_default();
	if (s->dies_with_us)
		die_with(parent);
	if (s->own_session)
		setsid();
	if (s->many_descriptors)
		proc_raise_limit();
	if (s->first_limit && limit_raised)
		setrlimit(RLIMIT_NOFILE, &limit_before);
	if (s->terminal != 0 && setpgid(0, 0) == 0)
		proc_give_terminal(s->terminal, getpid());
	error = arrange_descriptors(s);
	for (const char *const *e = s->env; error == 0 && e != NULL && *e != NULL; e += 2)
		error = setenv(e[0], e[1], 1) == -1 ? errno : 0;
	if (error == 0) {
		execvp(s->argv[0], (char *const *)(uintptr_t)s->argv);
		error = errno;
	}
	if (failure == -1)
		dprintf(STDERR_FILENO, "%s: %s\n", s->argv[0], strerror(error));
	else if (write(failure, &error, sizeof(error)) == -1)
		_exit(126);
	_exit(127);
}

/* A copy of our memory costs more than all else, and who executes a program at once has no need of it:
 * until then he runs in ours, and we wait. Where that is deprecated, it is copied. */
#ifdef __linux__
#define fork_for(s) \
	((s)->env || (s)->dies_with_us || (s)->many_descriptors ? fork() : vfork())
#else
#define fork_for(s) fork()
#endif

/* No signal must find our handlers in the child: what they write is read by us. */
static pid_t
start(const struct proc_start *s, int failure[2])
{
	pid_t parent = getpid(), pid;
	sigset_t all, before;
	int error;

	if (s->certain && pipe2(failure, O_CLOEXEC) == -1)
		return -1;
#ifdef GUARD_MS
	if (s->dies_with_us && life[0] == -1 && pipe2(life, O_CLOEXEC) == -1)
		return -1;
#endif
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if ((pid = fork_for(s)) == 0)
		child(s, parent, failure[1]);
	error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return pid;
}

int
proc_start(struct proc *p, struct loop *loop, const struct proc_start *s, proc_fn *fn, void *arg)
{
	int failure[2] = { -1, -1 }, error;
	ssize_t n = 0;

	if (signals == NULL && (signals = signals_new(loop, true, child_ended, NULL)) == NULL)
		return -1;
	*p = (struct proc){ .next = first, .fn = fn, .arg = arg };
	first = p;
	p->pid = start(s, failure);
	error = p->pid == -1 ? errno : 0;
	fd_close(&failure[1]);
	if (error == 0 && s->certain) /* the pipe closes itself when the program is executed */
		while ((n = read(failure[0], &error, sizeof(error))) == -1 && errno == EINTR)
			;
	fd_close(&failure[0]);
	if (n > 0)
		waitpid(p->pid, NULL, 0);
	if (error == 0)
		return 0;
	removed(p);
	errno = error;
	return -1;
}

void
proc_kill(const struct proc *p, int signo)
{
	if (p->pid > 0)
		kill(p->pid, signo);
}

void
proc_forget(struct proc *p)
{
	if (p->pid > 0)
		removed(p);
}

bool
proc_wait(struct proc *p, unsigned ms, int *status)
{
	uint64_t end = loop_now() + ms;
	int ended = 0;
	pid_t got;

	if (p->pid <= 0)
		return true;
	while ((got = waitpid(p->pid, &ended, WNOHANG)) == 0 || (got == -1 && errno == EINTR)) {
		if (loop_now() >= end)
			return false;
		poll(NULL, 0, 1);
	}
	removed(p);
	if (status != NULL)
		*status = status_of(ended);
	return true;
}

void
proc_end(struct proc *p, unsigned ms)
{
	proc_kill(p, SIGTERM);
	if (proc_wait(p, ms, NULL))
		return;
	proc_kill(p, SIGKILL);
	proc_wait(p, KILL_MS, NULL);
	proc_forget(p);
}

/* --- the end of one that is not our child ---------------------------------------------- */

#define LOOK_MS 1000

struct procwatch {
	struct loop *loop;
	pid_t pid;
	int fd; /* pidfd or kqueue, -1 = look now and then */
	struct watch *watch;
	struct timer timer;
	void (*fn)(void *);
	void *arg;
};

/* Readable when the process has ended. */
static int
pidfd(pid_t pid)
{
#if defined(ON_LINUX) && defined(SYS_pidfd_open)
	return (int)syscall(SYS_pidfd_open, pid, 0);
#elif defined(EVFILT_PROC)
	int fd = kqueue();
	struct kevent end;

	EV_SET(&end, (uintptr_t)pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, NULL);
	if (fd == -1 || (fcntl(fd, F_SETFD, FD_CLOEXEC) != -1 &&
	    kevent(fd, &end, 1, NULL, 0, NULL) != -1))
		return fd;
	close(fd);
	return -1;
#else
	errno = ENOSYS;
	return -1;
#endif
}

static void
watched_ended(void *arg, short revents)
{
	struct procwatch *p = arg;

	memory_drop(watch_free, p->watch);
	p->fn(p->arg);
}

static void
look(void *arg)
{
	struct procwatch *p = arg;

	if (kill(p->pid, 0) == -1 && errno == ESRCH)
		p->fn(p->arg);
	else
		timer_set(&p->timer, p->loop, LOOK_MS, look, p);
}

struct procwatch *
procwatch_new(struct loop *loop, pid_t pid, void (*fn)(void *), void *arg)
{
	struct procwatch *p;

	if (kill(pid, 0) == -1 && errno == ESRCH)
		return NULL;
	p = memory_make(struct procwatch, .loop = loop, .pid = pid, .fn = fn, .arg = arg);
	if (p == NULL)
		return NULL;
	if ((p->fd = pidfd(pid)) != -1)
		p->watch = loop_watch(loop, p->fd, POLLIN, watched_ended, p);
	else
		timer_set(&p->timer, loop, LOOK_MS, look, p);
	if (p->watch != NULL || p->fd == -1)
		return p;
	procwatch_free(p);
	errno = ENOMEM;
	return NULL;
}

void
procwatch_free(struct procwatch *p)
{
	if (p == NULL)
		return;
	watch_free(p->watch);
	timer_stop(&p->timer);
	fd_close(&p->fd);
	free(p);
}
