/* What our own ControlMaster says on its stderr: passed on line by line, escaped; with one
 * hint where it means that the server forbids forwarding. */
#ifndef SSHLOG_H
#define SSHLOG_H

#include <stdbool.h>

struct loop;
struct sshlog;

/* Takes over fd. To stderr as ssh said it, or to syslog. NULL (fd closed) when out of
 * memory: ssh is not heard then. */
struct sshlog *sshlog_new(struct loop *, int fd, bool to_syslog);
void sshlog_free(struct sshlog *); /* NULL is harmless, below too */
void sshlog_drain(struct sshlog *); /* pass on what is there now */

#endif
