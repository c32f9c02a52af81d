/* Messages of a process that must not write them itself: it writes them to a pipe. Those of helpers
 * for syslog (a sandboxed process cannot talk to syslogd) the tunnel passes on; those of a session
 * process for a terminal its broker does. */
#ifndef HELPERLOG_H
#define HELPERLOG_H

struct loop;
struct helperlog;

struct helperlog *helperlog_new(struct loop *); /* NULL when out of memory or descriptors */
void helperlog_free(struct helperlog *);        /* NULL is harmless; passes on what is there */
int helperlog_fd(const struct helperlog *);     /* a helper's stderr; CLOEXEC */

#endif
