/* Unix sockets in directories of this user's: CLOEXEC, non-blocking. Nobody but this user or root
 * is believed to be what listens there (EPERM). */
#pragma once

#include <stdbool.h>

struct loop;
struct unixsock;

#define UNIXSOCK_PATIENCE_MS 60000 /* while a crowd of clients fills a ControlMaster's backlog */

/* Listen at a path that does not exist; -1 with errno, ENAMETOOLONG for example. Nobody unlinks it
 * but the caller. */
int unixsock_listen(const char *path, int backlog);

/* -1 with errno; EAGAIN: somebody listens, but the backlog is full just now. */
int unixsock_connect(const char *path);

/* false: nobody listens there any more. Who does, does not notice the question. */
bool unixsock_bound(const char *path);

/* After EAGAIN: try again until it works, fails, or ms have passed. fd -1: errno says why. The
 * unixsock is no more when fn is called. NULL when out of memory. */
typedef void unixsock_fn(void *arg, int fd);
struct unixsock *unixsock_wait(struct loop *, const char *path, unsigned ms, unixsock_fn *, void *);
void unixsock_free(struct unixsock *); /* NULL is harmless */

/* For who cannot wait for the loop any more: wait here, up to ms, and free it (*u is NULL then). */
int unixsock_finish(struct unixsock **, unsigned ms);
