#include "ssh/sshrun.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/packet.h"
#include "process/proc.h"

struct sshrun {
	struct watch *watch;
	struct timer deadline;
	struct proc proc;
	sshrun_fn *fn;
	void *arg;
	int fd; /* what it prints; -1 = ended */
	bool timed_out;
	struct bytes output;
};

static void
run_end_output(struct sshrun *r)
{
	memory_drop(watch_free, r->watch);
	fd_close(&r->fd);
}

void
sshrun_free(struct sshrun *r)
{
	if (r == NULL)
		return;
	run_end_output(r);
	timer_stop(&r->deadline);
	proc_kill(&r->proc, SIGKILL);
	proc_end(&r->proc, 0);
	bytes_free(&r->output);
	free(r);
}

/* As read(2). */
static ssize_t
run_read(struct sshrun *r)
{
	char data[4096];
	ssize_t n = read(r->fd, data, sizeof(data));
	size_t most = SSHRUN_OUTPUT_MAX - r->output.len;

	if (n > 0)
		bytes_add(&r->output, data, (size_t)n < most ? (size_t)n : most);
	return n;
}

/* What it has left running may hold the other end of its output still. */
static void
run_ended(void *arg, int status)
{
	struct sshrun *r = arg;
	struct sshrun_result result = { .timed_out = r->timed_out, .status = status < 0 ? -1 : status };

	timer_stop(&r->deadline);
	while (r->fd != -1 && r->output.len < SSHRUN_OUTPUT_MAX && run_read(r) > 0)
		;
	run_end_output(r);
	result.output = bytes_add(&r->output, "", 1) == 0 ? bytes_data(&r->output) : "";
	r->fn(r->arg, &result);
}

static void
run_overdue(void *arg)
{
	struct sshrun *r = arg;

	r->timed_out = true;
	proc_kill(&r->proc, SIGKILL);
}

static void
run_ready(void *arg, short revents)
{
	struct sshrun *r = arg;

	if (packet_over(run_read(r)))
		run_end_output(r);
}

struct sshrun *
sshrun_new(struct loop *loop, const char *const argv[], unsigned timeout_ms, sshrun_fn *fn,
    void *arg)
{
	struct proc_start start = { .argv = argv, .fd = { PROC_NULL, PROC_OURS, PROC_OURS } };
	struct sshrun *r = memory_make(struct sshrun, .fn = fn, .arg = arg, .fd = -1);
	int fds[2] = { -1, -1 }, saved;

	if (r == NULL)
		return NULL;
	if (pipe2(fds, O_CLOEXEC) == 0) {
		fcntl(r->fd = fds[0], F_SETFL, O_NONBLOCK);
		start.fd[1] = start.fd[2] = fds[1];
		if (proc_start(&r->proc, loop, &start, run_ended, r) == 0)
			r->watch = loop_watch(loop, r->fd, POLLIN, run_ready, r);
		fd_close(&fds[1]);
	}
	if (r->watch != NULL) {
		timer_set(&r->deadline, loop, timeout_ms, run_overdue, r);
		return r;
	}
	saved = errno;
	sshrun_free(r);
	errno = saved;
	return NULL;
}
