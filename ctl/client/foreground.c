#include "client/foreground.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/ftp_client.h"
#include "process/signals.h"

/* Whoever does that in the background is stopped for it, unless he ignores the signal. */
static void
give_terminal(int terminal, pid_t group)
{
	void (*before)(int) = signal(SIGTTOU, SIG_IGN);

	tcsetpgrp(terminal, group);
	signal(SIGTTOU, before);
}

static int
become_client(void *arg)
{
	const struct foreground *f = arg;

	proc_restore_limit();
	if (f->terminal != 0 && setpgid(0, 0) == 0)
		give_terminal(f->terminal, getpid());
	return client_exec(f->at->argv, &f->at->tokens);
}

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
client_stopped(void *arg, int signo)
{
	struct foreground *f = arg;

	if (f->terminal == 0)
		return;
	if ((signo != SIGTTIN && signo != SIGTTOU) || !is_ours(f)) {
		if (tcgetpgrp(f->terminal) == f->proc.pid)
			give_terminal(f->terminal, getpgrp());
		raise(SIGSTOP);
	}
	if (is_ours(f))
		give_terminal(f->terminal, f->proc.pid);
	foreground_kill(f, SIGCONT);
}

static void
client_ended(void *arg, int status)
{
	struct foreground *f = arg;

	foreground_forget(f);
	f->ended(f->arg, status);
}

int
foreground_start(struct foreground *f, struct loop *loop, const struct client_at *at,
    proc_fn *ended, void *arg, char *why, size_t why_size)
{
	const struct proc_start start = { .become = become_client, .arg = f,
		.fd = { PROC_OURS, PROC_OURS, PROC_OURS }, .certain = true };

	*f = (struct foreground){ .at = at, .terminal = own_terminal(), .ended = ended, .arg = arg };
	if (f->terminal == 0)
		signals_leave_terminal();
	if (proc_start(&f->proc, loop, &start, client_ended, f) == 0) {
		f->proc.stopped = client_stopped;
		return 0;
	}
	snprintf(why, why_size, "%s: cannot run it: %s", at->argv[0], strerror(errno));
	foreground_forget(f);
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
	give_terminal(f->terminal, getpgrp());
	close(f->terminal);
	f->terminal = 0;
}
