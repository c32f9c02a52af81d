/* The FTP client that runs in the foreground, on our terminal. */
#pragma once

#include "process/proc.h"

/* Where input and output are the terminal in whose foreground we are, the client gets a process group
 * of its own there, as a shell would give it: the terminal's signals are for it alone, and when it
 * is stopped we stop as well, until somebody continues us. Elsewhere it stays in our group, and this
 * process ignores the terminal's SIGINT and SIGQUIT. All zero at the beginning. */
struct foreground {
	struct proc proc;
	int terminal; /* 0 = none */
};

/* Start it; env as in proc.h. -1 with errno, also when the program cannot be executed. When it has ended it is
 * to be forgotten. */
int foreground_start(struct foreground *, struct loop *, const char *const argv[],
    const char *const env[], proc_fn *ended, void *arg);
void foreground_kill(const struct foreground *, int signo);
void foreground_forget(struct foreground *); /* the terminal is ours again */
