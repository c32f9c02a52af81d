#include "foreground.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "fdlimit.h"
#include "signals.h"

static int
become_client(void *arg)
{
	const struct client_at *at = arg;

	fdlimit_restore();
	return client_exec(at->argv, &at->tokens);
}

int
foreground_start(struct proc *p, struct loop *loop, const struct client_at *at, proc_fn *ended,
    void *arg, char *why, size_t why_size)
{
	struct client_at copy = *at;
	const struct proc_start start = { .become = become_client, .arg = &copy,
		.fd = { PROC_OURS, PROC_OURS, PROC_OURS }, .certain = true };

	signals_leave_terminal();
	if (proc_start(p, loop, &start, ended, arg) == 0)
		return 0;
	snprintf(why, why_size, "%s: cannot run it: %s", at->argv[0], strerror(errno));
	return -1;
}
