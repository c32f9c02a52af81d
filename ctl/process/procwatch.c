#include "process/procwatch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/loop.h"
#include "base/memory.h"

#ifdef ON_LINUX
#include <sys/syscall.h>
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__)
#include <sys/event.h>
#endif

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
ended(void *arg, short revents)
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
		p->watch = loop_watch(loop, p->fd, POLLIN, ended, p);
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
