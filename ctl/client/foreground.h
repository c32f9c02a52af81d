/* The FTP client that runs in the foreground, on our terminal. */
#pragma once

#include <stddef.h>

#include "process/proc.h"
#include "options/spec.h"

struct client_at {
	char *const *argv;
	struct tokens tokens;
};

/* Where input and output are the terminal in whose foreground we are, the client gets a process group
 * of its own there, as a shell would give it: the terminal's signals are for it alone, and when it
 * is stopped we stop as well, until somebody continues us. Elsewhere it stays in our group, and this
 * process ignores the terminal's SIGINT and SIGQUIT. All zero at the beginning. */
struct foreground {
	struct proc proc;
	const struct client_at *at; /* while it is started */
	int terminal; /* 0 = none */
	proc_fn *ended;
	void *arg;
};

/* Start it (see client.h). -1 with a message in why, also when the program cannot be executed. */
int foreground_start(struct foreground *, struct loop *, const struct client_at *, proc_fn *ended,
    void *arg, char *why, size_t why_size);
void foreground_kill(const struct foreground *, int signo);
void foreground_forget(struct foreground *); /* the terminal is ours again */
