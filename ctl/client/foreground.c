#include "client/foreground.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* With output to a pager, say, both need the terminal. */
static int
own_terminal(void)
{
	int fd;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    (fd = open("/dev/tty", O_RDWR | O_CLOEXEC)) == -1)
		return 0;
	if (tcgetpgrp(fd) == getpgrp())
		return fd;
	close(fd);
	return 0;
}

static bool
is_ours(const struct foreground *f)
{
	return tcgetpgrp(f->terminal) == getpgrp();
}

/* Ctrl-Z: whoever has started us sees us stop, and has the terminal back by then. A client that
 * wants the terminal although we have been continued in its background is not stopped for that
 * any longer than we are. */
static void
client_stopped(struct proc *proc, int signo)
{
	struct foreground *f = (struct foreground *)proc; /* of which it is the beginning */

	if (f->terminal == 0)
		return;
	if ((signo != SIGTTIN && signo != SIGTTOU) || !is_ours(f)) {
		if (tcgetpgrp(f->terminal) == f->proc.pid)
			proc_give_terminal(f->terminal, getpgrp());
		raise(SIGSTOP);
	}
	if (is_ours(f))
		proc_give_terminal(f->terminal, f->proc.pid);
	foreground_kill(f, SIGCONT);
}

int
foreground_start(struct foreground *f, struct loop *loop, const char *const argv[],
    const char *const env[], proc_fn *ended, void *arg)
{
	const struct proc_start start = { .argv = argv, .env = env, .terminal = own_terminal(),
		.fd = { PROC_OURS, PROC_OURS, PROC_OURS }, .first_limit = true, .certain = true };
	int error;

	*f = (struct foreground){ .terminal = start.terminal };
	if (f->terminal == 0) {
		signal(SIGINT, SIG_IGN);
		signal(SIGQUIT, SIG_IGN);
	}
	if (proc_start(&f->proc, loop, &start, ended, arg) == 0) {
		f->proc.stopped = client_stopped;
		return 0;
	}
	error = errno;
	foreground_forget(f);
	errno = error;
	return -1;
}

void
foreground_kill(const struct foreground *f, int signo)
{
	if (f->proc.pid > 0)
		kill(f->terminal != 0 ? -f->proc.pid : f->proc.pid, signo);
}

void
foreground_forget(struct foreground *f)
{
	proc_forget(&f->proc);
	if (f->terminal == 0)
		return;
	proc_give_terminal(f->terminal, getpgrp());
	close(f->terminal);
	f->terminal = 0;
}
