#include "ends/keep.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fdpass.h"
#include "base/memory.h"
#include "master/keepmsg.h"

struct keep {
	int fd;
};

struct keep *
keep_new(int fd)
{
	struct keep *k = memory_new(sizeof(*k));

	if (k != NULL)
		k->fd = fd;
	return k;
}

void
keep_free(struct keep *k)
{
	if (k == NULL)
		return;
	close(k->fd);
	free(k);
}

bool
keep_lives(void *keep)
{
	const struct keep *k = keep;
	struct pollfd p = { .fd = k != NULL ? k->fd : -1 };

	return k != NULL && poll(&p, 1, 0) == 0;
}

/* A tunnel that does not take it has no copy: that is all. */
static int
keep_send(struct keep *k, enum keep_op op, unsigned id, const int *fds, size_t count)
{
	struct keep_message message = { op, id };
	ssize_t n = fdpass_send(k->fd, &message, sizeof(message), fds, count);

	return n == (ssize_t)sizeof(message) ? 0 : -1;
}

int
keep_proxy(struct keep *k, unsigned number, int fd, int trace)
{
	const int fds[] = { fd, trace };

	return k != NULL && fd != -1 ? keep_send(k, KEEP_PROXY, number, fds, 2) : -1;
}

void
keep_upload(struct keep *k, unsigned id, int fd)
{
	if (k != NULL && fd != -1)
		keep_send(k, KEEP_UPLOAD, id, &fd, 1);
}

void
keep_release(struct keep *k, unsigned id)
{
	if (k != NULL)
		keep_send(k, KEEP_RELEASE, id, NULL, 0);
}
