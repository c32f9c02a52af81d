/* Signals as events of the loop. One owner per process. SIGCHLD belongs to proc.h. */
#ifndef SIGNALS_H
#define SIGNALS_H

struct loop;
struct signals;

typedef void signals_fn(void *arg, int signo);

/* First thing in main: what a careless parent has left ignored or blocked would let us wait for
 * ever for what never comes, or reap nobody. */
void signals_start(void);

/* From now on SIGTERM, and SIGHUP and SIGINT unless they were ignored, come as calls from the
 * loop; SIGPIPE is ignored. NULL with errno. */
struct signals *signals_new(struct loop *, signals_fn *, void *arg);
void signals_free(struct signals *); /* NULL is harmless */

/* Ignore SIGINT and SIGQUIT: the terminal sends them to us too while a client runs. */
void signals_leave_terminal(void);

/* In a child: everything as it was given to us. */
void signals_default(void);

#endif
