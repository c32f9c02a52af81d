#include "ends/keep.h"

#include <sys/socket.h>

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "master/keepmsg.h"

bool
keep_lives(void *keep)
{
	const struct keep *k = keep;
	struct pollfd p = { .fd = k != NULL ? k->fd : -1 };

	return p.fd != -1 && poll(&p, 1, 0) == 0;
}

/* A tunnel that does not take it has no copy: that is all. */
static int
keep_send(const struct keep *k, enum keep_op op, unsigned id, const int *fds, size_t count)
{
	struct keep_message message = { op, id };
	struct iovec iov = { &message, sizeof(message) };
	union {
		char buf[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (k == NULL || k->fd == -1)
		return -1;
	memset(&control, 0, sizeof(control));
	if (count > 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(count * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	}
	return sendmsg(k->fd, &msg, MSG_NOSIGNAL) == (ssize_t)sizeof(message) ? 0 : -1;
}

int
keep_proxy(const struct keep *k, unsigned number, int fd, int trace)
{
	const int fds[] = { fd, trace };

	return fd != -1 ? keep_send(k, KEEP_PROXY, number, fds, 2) : -1;
}

void
keep_upload(const struct keep *k, unsigned id, int fd)
{
	if (fd != -1)
		keep_send(k, KEEP_UPLOAD, id, &fd, 1);
}

void
keep_release(const struct keep *k, unsigned id)
{
	keep_send(k, KEEP_RELEASE, id, NULL, 0);
}
