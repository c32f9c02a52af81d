/* Signals as events of the loop. One owner per process. SIGCHLD belongs to proc.h. */
#pragma once

#include <stdbool.h>

struct loop;
struct signals;

typedef void signals_fn(void *arg, int signo);

/* First thing in main: what a careless parent has left ignored or blocked would let us wait for
 * ever for what never comes, or reap nobody. */
void signals_start(void);

/* From now on SIGTERM, and SIGHUP and SIGINT unless they were ignored, or SIGCHLD (children: for proc.h),
 * come as calls from the loop; SIGPIPE is ignored. NULL with errno. */
struct signals *signals_new(struct loop *, bool children, signals_fn *, void *arg);
void signals_free(struct signals *); /* NULL is harmless */
/* Call for those that have come, without waiting for the loop: Ctrl-C ends our children, too, and is
 * the reason for their end. */
void signals_look(struct signals *);

/* The end of this process, by that signal, so that whoever has started it knows: a loop in a shell ends
 * with Ctrl-C. */
_Noreturn void signals_die(int signo);

/* In a child: everything as it was given to us. */
void signals_default(void);
