/* The processes that we start: one way to start them, and one to hear of their end, which needs
 * SIGCHLD to itself. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct loop;

/* status: its exit status, or -n when signal n has ended it. */
typedef void proc_fn(void *arg, int status);
int proc_shell_status(int status); /* as a shell tells it: 128+n */

/* Part of whoever starts it; all zero at the beginning. */
struct proc {
	struct proc *next;
	pid_t pid; /* 0: it does not run, and there is nobody to wait for */
	proc_fn *fn;
	void *arg;
	void (*stopped)(struct proc *, int signo); /* set after the start: it was stopped; NULL: so be it */
};

#define PROC_OURS -1 /* it has ours */
#define PROC_NULL -2 /* it has /dev/null */

struct proc_start {
	const char *const *argv; /* argv[0] is looked up in PATH */
	const char *const *env; /* what its environment has besides: name, value, ..., NULL; or NULL */
	int fd[3];             /* its standard input, output and error */
	int keep[3];           /* more of ours that it has under the same number; 0 = none */
	bool own_session;      /* keep the terminal's signals away from it */
	bool dies_with_us;     /* SIGTERM for it when we are killed */
	bool many_descriptors; /* as many as it may have */
	bool first_limit;      /* as many as we were given at first */
	int terminal;          /* its own process group has it; 0: it stays in ours */
	bool certain;          /* wait until it has been executed, or -1 with errno */
};

/* The signals of the child are those that were given to us. fn is called from the loop, once, and
 * may start another one. A program that cannot be executed says so on its standard error and exits
 * with 127. -1 with errno when there is no process to be had. */
int proc_start(struct proc *, struct loop *, const struct proc_start *, proc_fn *, void *arg);

/* fn is not called by these, nor afterwards. All are harmless when it does not run. */
void proc_forget(struct proc *); /* it may run on; it is reaped, and nobody told */
bool proc_wait(struct proc *, unsigned ms, int *status); /* has it ended? status may be NULL */
void proc_end(struct proc *, unsigned ms); /* SIGTERM; SIGKILL if it lives on for so long */

void proc_kill(const struct proc *, int signo);
void proc_give_terminal(int terminal, pid_t group);

void proc_raise_limit(void); /* as many descriptors as we may have, for many sessions */

/* Notice the end of a process that is not our child: fn is called once, when pid is no more; it may free the
 * watch. NULL with errno: ESRCH when there is no such process. At once where there is pidfd_open(2) or
 * kqueue(2), else within a second. */
struct procwatch;
struct procwatch *procwatch_new(struct loop *, pid_t pid, void (*fn)(void *arg), void *arg);
void procwatch_free(struct procwatch *); /* NULL is harmless */
