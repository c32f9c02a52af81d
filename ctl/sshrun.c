#include "sshrun.h"

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

#include "loop.h"
#include "memory.h"

#define REAP_MS 5 /* between two looks at a process whose output has ended */

struct sshrun {
	struct loop *loop;
	struct watch *watch;
	struct timer *deadline, *reap;
	sshrun_fn *fn;
	void *arg;
	pid_t pid; /* 0 = reaped */
	int fd;    /* what it prints; -1 = ended */
	bool timed_out;
	char *output;
	size_t len, cap;
};

static void run_ready(void *arg, short revents);
static void run_overdue(void *arg);

static void
child(const char *const argv[], int out)
{
	int null = open("/dev/null", O_RDWR);

	signal(SIGPIPE, SIG_DFL);
	if (null == -1 || dup2(null, 0) == -1 || dup2(out, 1) == -1 || dup2(out, 2) == -1)
		_exit(127);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int
run_fork(struct sshrun *r, const char *const argv[])
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	if ((r->pid = fork()) == 0)
		child(argv, fds[1]);
	close(fds[1]);
	r->fd = fds[0];
	fcntl(r->fd, F_SETFL, O_NONBLOCK);
	if (r->pid == -1) {
		r->pid = 0;
		return -1;
	}
	return 0;
}

int
sshrun_reap(pid_t pid, unsigned ms, bool *running)
{
	uint64_t end = loop_now() + ms;
	int status;
	pid_t got;

	*running = true;
	while ((got = waitpid(pid, &status, WNOHANG)) == 0 || (got == -1 && errno == EINTR)) {
		if (loop_now() >= end)
			return -1;
		poll(NULL, 0, 1);
	}
	*running = false;
	if (got == -1)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct sshrun *
sshrun_new(struct loop *loop, const char *const argv[], unsigned timeout_ms, sshrun_fn *fn,
    void *arg)
{
	struct sshrun *r;
	int saved;

	if ((r = memory_new(sizeof(*r))) == NULL)
		return NULL;
	r->loop = loop;
	r->fn = fn;
	r->arg = arg;
	r->fd = -1;
	if (run_fork(r, argv) == 0 &&
	    (r->watch = loop_watch(loop, r->fd, POLLIN, run_ready, r)) != NULL &&
	    (r->deadline = loop_timer(loop, timeout_ms, run_overdue, r)) != NULL)
		return r;
	saved = errno;
	sshrun_free(r);
	errno = saved;
	return NULL;
}

static void
run_end_output(struct sshrun *r)
{
	watch_free(r->watch);
	r->watch = NULL;
	if (r->fd != -1)
		close(r->fd);
	r->fd = -1;
}

void
sshrun_free(struct sshrun *r)
{
	if (r == NULL)
		return;
	run_end_output(r);
	timer_free(r->deadline);
	timer_free(r->reap);
	if (r->pid > 0 && kill(r->pid, SIGKILL) == 0)
		waitpid(r->pid, NULL, 0); /* at once: it was killed */
	free(r->output);
	free(r);
}

static void
run_keep(struct sshrun *r, const char *data, size_t n)
{
	char *grown;

	if (n > SSHRUN_OUTPUT_MAX - r->len)
		n = SSHRUN_OUTPUT_MAX - r->len;
	if (r->len + n + 1 > r->cap) {
		if ((grown = memory_grow(r->output, r->len + n + 1 + 1024)) == NULL)
			return;
		r->output = grown;
		r->cap = r->len + n + 1 + 1024;
	}
	memcpy(r->output + r->len, data, n);
	r->len += n;
	r->output[r->len] = '\0';
}

/* 1 while there may be more, 0 at the end. */
static int
run_read(struct sshrun *r)
{
	char data[4096];
	ssize_t n = read(r->fd, data, sizeof(data));

	if (n > 0)
		run_keep(r, data, (size_t)n);
	return n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR));
}

/* The output has ended, so the process is about to; a moment later if not now. */
static void
run_reap(void *arg)
{
	struct sshrun *r = arg;
	struct sshrun_result result = { .timed_out = r->timed_out };
	bool running;

	r->reap = NULL;
	result.status = sshrun_reap(r->pid, 0, &running);
	result.output = r->output != NULL ? r->output : "";
	if (running) {
		r->reap = loop_timer(r->loop, REAP_MS, run_reap, r);
		return;
	}
	r->pid = 0;
	timer_free(r->deadline);
	r->deadline = NULL;
	r->fn(r->arg, &result);
}

static void
run_overdue(void *arg)
{
	struct sshrun *r = arg;

	r->deadline = NULL;
	r->timed_out = true;
	kill(r->pid, SIGKILL);
	run_end_output(r); /* its children may hold the other end still */
	run_reap(r);
}

static void
run_ready(void *arg, short revents)
{
	struct sshrun *r = arg;

	(void)revents;
	if (run_read(r) == 1)
		return;
	run_end_output(r);
	run_reap(r);
}

void
sshrun_finish(struct sshrun *r, unsigned ms)
{
	uint64_t now, end = loop_now() + ms;
	bool running;

	if (r == NULL)
		return;
	while (r->fd != -1 && (now = loop_now()) < end) {
		struct pollfd p = { .fd = r->fd, .events = POLLIN };

		if (poll(&p, 1, (int)(end - now)) > 0 && run_read(r) == 0)
			run_end_output(r);
	}
	if (r->fd == -1 && r->pid > 0) {
		sshrun_reap(r->pid, ms, &running);
		if (!running)
			r->pid = 0;
	}
	sshrun_free(r);
}
