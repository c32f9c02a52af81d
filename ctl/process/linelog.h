/* What a process says that must not write it where our messages go: it writes to a pipe. Helpers'
 * messages for syslog (a sandboxed process cannot talk to syslogd) the tunnel passes on; those of a session
 * process for a terminal its broker does; and ssh's are looked into. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct loop;
struct linelog;

#define LINELOG_MAX 4200 /* with its newline; what log.c writes at once is shorter */

/* A line as it came, without its newline; a NUL is behind it. One that is too long comes in pieces. */
typedef void linelog_fn(void *arg, const char *line, size_t len);

/* fn NULL: it is a helper, whose messages are passed on. NULL with errno. */
struct linelog *linelog_new(struct loop *, linelog_fn *, void *arg);
void linelog_free(struct linelog *);        /* NULL is harmless; takes what is there */
int linelog_fd(const struct linelog *);     /* the process's stderr; CLOEXEC */
/* What comes is also written to that descriptor, at once, as it is; -1: it is not, as at the beginning. */
void linelog_copy(struct linelog *, int fd);
/* Take what is there; all: also a line without its end. */
void linelog_take(struct linelog *, bool all);
