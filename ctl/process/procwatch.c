#include "process/procwatch.h"

#include <sys/syscall.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/memory.h"

#define LOOK_MS 1000

struct procwatch {
	struct loop *loop;
	pid_t pid;
	int fd; /* pidfd, -1 = look now and then */
	struct watch *watch;
	struct timer timer;
	void (*fn)(void *);
	void *arg;
};

/* CLOEXEC from birth; readable when the process has ended. */
static int
pidfd(pid_t pid)
{
#if defined(SYS_pidfd_open) && !defined(NO_PIDFD)
	return (int)syscall(SYS_pidfd_open, pid, 0);
#else
	(void)pid;
	errno = ENOSYS;
	return -1;
#endif
}

static void
ended(void *arg, short revents)
{
	struct procwatch *p = arg;

	(void)revents;
	watch_free(p->watch);
	p->watch = NULL;
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
	if ((p = memory_new(sizeof(*p))) == NULL)
		return NULL;
	p->loop = loop;
	p->pid = pid;
	p->fn = fn;
	p->arg = arg;
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
	if (p->fd != -1)
		close(p->fd);
	free(p);
}
