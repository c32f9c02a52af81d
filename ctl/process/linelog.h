/* Messages of a process that must not write them itself: it writes them to a pipe. Those of helpers
 * for syslog (a sandboxed process cannot talk to syslogd) the tunnel passes on; those of a session
 * process for a terminal its broker does. */
#pragma once

struct loop;
struct linelog;

struct linelog *linelog_new(struct loop *); /* NULL when out of memory or descriptors */
void linelog_free(struct linelog *);        /* NULL is harmless; passes on what is there */
int linelog_fd(const struct linelog *);     /* a helper's stderr; CLOEXEC */
