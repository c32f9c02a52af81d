#include "ssh/sshrun.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include "base/loop.h"
#include "base/memory.h"
#include "process/linelog.h"
#include "process/proc.h"

struct sshrun {
	struct linelog lines; /* what it prints */
	struct timer deadline;
	struct proc proc;
	sshrun_fn *fn;
	void *arg;
	bool timed_out;
	struct bytes output;
};

void
sshrun_free(struct sshrun *r)
{
	if (r == NULL)
		return;
	linelog_close(&r->lines);
	timer_stop(&r->deadline);
	proc_kill(&r->proc, SIGKILL);
	proc_end(&r->proc, 0);
	bytes_free(&r->output);
	free(r);
}

/* Behind a piece of a long line the rest of it follows. */
static void
line_came(void *arg, const char *line, size_t len)
{
	struct bytes *output = arg;

	if (output->len + len < SSHRUN_OUTPUT_MAX && bytes_add(output, line, len) == 0 &&
	    len < LINELOG_MAX - 1)
		bytes_add(output, "\n", 1);
}

/* What it has left running may hold the other end of its output still. */
static void
run_ended(void *arg, int status)
{
	struct sshrun *r = arg;
	struct sshrun_result result = { .timed_out = r->timed_out, .status = status < 0 ? -1 : status };

	timer_stop(&r->deadline);
	linelog_take(&r->lines, true);
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

struct sshrun *
sshrun_new(struct loop *loop, const char *const argv[], unsigned timeout_ms, sshrun_fn *fn,
    void *arg)
{
	struct sshrun *r = memory_make(struct sshrun, .fn = fn, .arg = arg);
	struct proc_start start = { .argv = argv, .fd = { PROC_NULL } };
	int saved;

	if (r != NULL && linelog_open(&r->lines, loop, line_came, &r->output) == 0) {
		start.fd[1] = start.fd[2] = r->lines.out;
		fcntl(start.fd[1], F_SETFL, 0); /* here it may wait until it is read */
		if (proc_start(&r->proc, loop, &start, run_ended, r) == 0) {
			timer_set(&r->deadline, loop, timeout_ms, run_overdue, r);
			return r;
		}
	}
	saved = errno;
	sshrun_free(r);
	errno = saved;
	return NULL;
}
