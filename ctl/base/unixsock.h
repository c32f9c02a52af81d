/* Unix sockets in directories of this user's: CLOEXEC, non-blocking. Nobody but this user or root
 * is believed to be what listens there (EPERM). */
#pragma once

#include <stdbool.h>
#include <sys/un.h>

#include "base/loop.h"

#define UNIXSOCK_PATIENCE_MS 60000 /* while a crowd of clients fills a ControlMaster's backlog */

/* Listen at a path that does not exist; -1 with errno, ENAMETOOLONG for example. Nobody unlinks it
 * but the caller. */
int unixsock_listen(const char *path, int backlog);

/* -1 with errno; EAGAIN: somebody listens, but the backlog is full just now. */
int unixsock_connect(const char *path);

/* false: nobody listens there any more. Who does, does not notice the question. */
bool unixsock_bound(const char *path);

/* Where the backlog is full: it is tried again until that works, fails, or ms have passed, while its timer
 * runs. Part of its owner, which stops the timer when it does not want it any more. */
typedef void unixsock_fn(void *arg, int fd); /* fd -1: errno says why */
struct unixsock {
	struct timer timer;
	struct loop *loop;
	unixsock_fn *fn;
	void *arg;
	uint64_t end;
	unsigned pause_ms;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};
/* As unixsock_connect(), but after EAGAIN it waits for that, and fn is told. */
int unixsock_open(struct unixsock *, struct loop *, const char *path, unsigned ms, unixsock_fn *, void *);
/* For who cannot wait for the loop any more: wait here, up to ms. */
int unixsock_finish(struct unixsock *, unsigned ms);
