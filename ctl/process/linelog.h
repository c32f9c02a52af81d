/* What a process says that must not write it where our messages go: it writes to a pipe. Helpers'
 * messages for syslog (a sandboxed process cannot talk to syslogd) the tunnel passes on; those of a session
 * process for a terminal its broker does; and ssh's are looked into. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct loop;

#define LINELOG_MAX 4200 /* with its newline; what log.c writes at once is shorter */

/* A line as it came, without its newline; a NUL is behind it. One that is too long comes in pieces. */
typedef void linelog_fn(void *arg, const char *line, size_t len);

/* Part of its owner; all zero at the beginning. */
struct linelog {
	struct watch *watch; /* NULL: it is not open */
	linelog_fn *fn;
	void *arg;
	int in, out; /* out: the process's stderr; CLOEXEC */
	int copy;    /* where what comes is also written, at once, as it is; -1: nowhere, as it begins */
	size_t len;
	char line[LINELOG_MAX];
};

/* fn NULL: it is a helper, whose messages are passed on. -1 with errno. */
int linelog_open(struct linelog *, struct loop *, linelog_fn *, void *arg);
void linelog_close(struct linelog *); /* takes what is there; harmless if it is not open */
/* Take what is there; all: also a line without its end. */
void linelog_take(struct linelog *, bool all);
