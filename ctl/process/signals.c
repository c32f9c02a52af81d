#include "process/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/loop.h"
#include "base/memory.h"

static const int to_end[] = { SIGHUP, SIGINT, SIGTERM, 0 }, of_children[] = { SIGCHLD, 0 };

struct signals {
	struct watch *watch;
	const int *wanted;
	signals_fn *fn;
	void *arg;
	int fds[2];
};

static volatile sig_atomic_t self_pipe = -1, pipe_of_children = -1;

/* What we change, and how it was before: children get that back. */
static struct {
	int signo;
	struct sigaction before;
} changed[] = { { .signo = SIGCHLD }, { .signo = SIGHUP }, { .signo = SIGINT },
	{ .signo = SIGQUIT }, { .signo = SIGTERM }, { .signo = SIGPIPE } };
#define CHANGED (sizeof(changed) / sizeof(changed[0]))

static void
unblock_all(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
dispose(int signo, void (*how)(int))
{
	struct sigaction sa = { .sa_handler = how, .sa_flags = SA_RESTART };

	sigemptyset(&sa.sa_mask);
	sigaction(signo, &sa, NULL);
}

void
signals_start(void)
{
	for (size_t i = 0; i < CHANGED; i++)
		sigaction(changed[i].signo, NULL, &changed[i].before);
	dispose(SIGCHLD, SIG_DFL);
	unblock_all();
}

/* A full pipe loses nothing that matters: the same signals are in it already. */
static void
handler(int signo)
{
	unsigned char byte = (unsigned char)signo;
	int saved = errno, fd = signo == SIGCHLD ? pipe_of_children : self_pipe;

	if (fd != -1 && write(fd, &byte, 1) == -1)
		errno = saved;
	errno = saved;
}

/* fn may free it, if there is one signal only. */
static void
signals_ready(void *arg, short revents)
{
	struct signals *s = arg;
	const int *signo = s->wanted;
	unsigned char bytes[64];
	ssize_t n = read(s->fds[0], bytes, sizeof(bytes));

	for (; *signo != 0 && n > 0; signo++)
		if (memchr(bytes, *signo, (size_t)n) != NULL)
			s->fn(s->arg, *signo);
}

void
signals_look(struct signals *s)
{
	signals_ready(s, POLLIN);
}

struct signals *
signals_new(struct loop *loop, bool children, signals_fn *fn, void *arg)
{
	const int *wanted = children ? of_children : to_end;
	struct signals *s = memory_make(struct signals, .wanted = wanted, .fn = fn, .arg = arg);
	struct sigaction now;

	if (s == NULL || pipe2(s->fds, O_CLOEXEC | O_NONBLOCK) == -1) {
		free(s);
		return NULL;
	}
	if ((s->watch = loop_watch(loop, s->fds[0], POLLIN, signals_ready, s)) == NULL) {
		signals_free(s);
		errno = ENOMEM;
		return NULL;
	}
	*(wanted == to_end ? &self_pipe : &pipe_of_children) = s->fds[1];
	for (; *wanted != 0; wanted++) {
		sigaction(*wanted, NULL, &now);
		/* what was ignored stays so (nohup, "&" in a script), except what we need */
		if (now.sa_handler != SIG_IGN || *wanted == SIGTERM || *wanted == SIGCHLD)
			dispose(*wanted, handler);
	}
	dispose(SIGPIPE, SIG_IGN);
	unblock_all();
	return s;
}

void
signals_free(struct signals *s)
{
	if (s == NULL)
		return;
	*(s->wanted == to_end ? &self_pipe : &pipe_of_children) = -1;
	watch_free(s->watch);
	close(s->fds[0]);
	close(s->fds[1]);
	free(s);
}

void
signals_default(void)
{
	for (size_t i = 0; i < CHANGED; i++)
		sigaction(changed[i].signo, &changed[i].before, NULL);
	dispose(SIGPIPE, SIG_DFL);
	dispose(SIGCHLD, SIG_DFL);
	unblock_all();
}

void
signals_die(int signo)
{
	dispose(signo, SIG_DFL);
	unblock_all();
	raise(signo);
	_exit(128 + signo);
}
