#include "ask.h"

#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

union control {
	char buf[CMSG_SPACE(ASK_FDS * sizeof(int))];
	struct cmsghdr align;
};

int
ask_send(int fd, const void *record, size_t len, const int *fds, int nfds)
{
	struct iovec iov = { (void *)record, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t size = (size_t)nfds * sizeof(int);
	union control control;
	struct cmsghdr *c;

	if (nfds == 0) /* the sandbox lets through nothing that could carry descriptors */
		return send(fd, record, len, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -1;
	memset(&control, 0, sizeof(control));
	msg.msg_control = control.buf;
	msg.msg_controllen = CMSG_SPACE(size);
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), fds, size);
	return sendmsg(fd, &msg, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -1;
}

/* Take the first descriptors out of a message; whatever else came is closed. */
static void
take_fds(struct msghdr *msg, int fds[ASK_FDS])
{
	int n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= c->cmsg_len; at += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + at, sizeof(fd));
			if (n < ASK_FDS)
				fds[n++] = fd;
			else
				close(fd);
		}
	}
}

void
ask_close(int fds[ASK_FDS])
{
	for (int i = 0; i < ASK_FDS; i++) {
		if (fds[i] != -1)
			close(fds[i]);
		fds[i] = -1;
	}
}

int
ask_receive(int fd, void *record, size_t len, int fds[ASK_FDS])
{
	struct iovec iov = { record, len };
	union control control;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
		.msg_controllen = sizeof(control.buf) };
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	for (int i = 0; i < ASK_FDS; i++)
		fds[i] = -1;
	if (n == -1)
		return -1;
	take_fds(&msg, fds);
	if (n == (ssize_t)len && !(msg.msg_flags & MSG_TRUNC))
		return 1;
	ask_close(fds);
	if (n == 0)
		return 0;
	errno = EPROTO;
	return -1;
}
