/* Notice the end of a process that is not our child. */
#pragma once

#include <sys/types.h>

struct loop;
struct procwatch;

/* fn is called once, when pid is no more; it may free the watch. NULL with errno: ESRCH when
 * there is no such process. At once where there is pidfd_open(2) or kqueue(2), else within a second. */
struct procwatch *procwatch_new(struct loop *, pid_t pid, void (*fn)(void *arg), void *arg);
void procwatch_free(struct procwatch *); /* NULL is harmless */
