/* The FTP client that ftp-over-ssh runs: which one, with which arguments, and in the foreground of our terminal. */
#pragma once

#include <stddef.h>

#include "options/spec.h"
#include "process/proc.h"

/* The client's argument vector, NULL-terminated, for a tunnel that listens there.
 *
 * command is what the user asked for (NULL-terminated; NULL or empty = nothing): its
 * %h, %p, %u, %U and %% are expanded, nothing is added. Otherwise $FTP_OVER_SSH_CLIENT, split
 * at blanks, or the first client found in $PATH; where that has no token, what the program
 * wants is appended ("-p 1234 127.0.0.1" for lftp).
 *
 * malloc'ed, for client_argv_free(); NULL with a message in why. */
char **client_argv(char *const *command, const struct tokens *, char *why, size_t why_size);
bool client_exists(const char *program); /* as far as PATH tells */
void client_argv_free(char **argv); /* NULL is harmless */

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
