#include "base/packet.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"

#ifdef COMPAT_DESCRIPTORS
#undef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif

union control {
	char space[CMSG_SPACE(PACKET_FDS * sizeof(int))];
	struct cmsghdr align;
};

static ssize_t
send_parts(int fd, struct iovec *parts, size_t n, const int *fds, size_t count)
{
	union control control;
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = (int)n };
	struct cmsghdr *c;

	if (count == 0)
		return writev(fd, parts, (int)n);
	memset(&control, 0, sizeof(control));
	msg.msg_control = control.space;
	msg.msg_controllen = CMSG_SPACE(count * sizeof(int));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

ssize_t
packet_send_fds(int fd, const void *data, size_t len, const int *fds, size_t count)
{
	struct iovec part = { (void *)(uintptr_t)data, len };

	return send_parts(fd, &part, 1, fds, count);
}

/* What is more than was asked for is closed. */
static void
take_fds(struct msghdr *msg, int *fds, size_t count)
{
	struct cmsghdr *c;
	size_t taken = 0;
	int fd;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= c->cmsg_len; at += sizeof(int)) {
			memcpy(&fd, CMSG_DATA(c) + at, sizeof(int));
			if (MSG_CMSG_CLOEXEC == 0)
				fcntl(fd, F_SETFD, FD_CLOEXEC);
			if (taken < count)
				fds[taken++] = fd;
			else
				close(fd);
		}
	}
}

static ssize_t
receive(int fd, void *data, size_t size, int *fds, size_t count)
{
	struct iovec part = { data, size };
	union control control;
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space,
		.msg_controllen = sizeof(control.space) };
	ssize_t n;

	if (count == 0)
		return read(fd, data, size);
	for (size_t i = 0; i < count; i++)
		fds[i] = -1;
	n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n > 0)
		take_fds(&msg, fds, count);
	return n;
}

#ifndef COMPAT_DESCRIPTORS
int
packet_pair(int fds[2], bool nonblocking)
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    (nonblocking ? SOCK_NONBLOCK : 0), 0, fds);
}

int
packet_send(int fd, const void *data, size_t len, const int *fds, size_t count)
{
	ssize_t n = count == 0 ? write(fd, data, len) : packet_send_fds(fd, data, len, fds, count);

	return n == -1 ? -1 : 0;
}

ssize_t
packet_receive(int fd, void *data, size_t size, int *fds, size_t count)
{
	return receive(fd, data, size, fds, count);
}
#else
#define LONGEST 16384
#define BUFFER (8 * LONGEST)
#define PATIENCE_MS 1000

/* Below the low-water mark there is no room at all: so none is sent in part. */
int
packet_pair(int fds[2], bool nonblocking)
{
	int size = BUFFER, mark = LONGEST;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0,
	    fds) == -1)
		return -1;
	for (int i = 0; i < 2; i++) {
		setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		setsockopt(fds[i], SOL_SOCKET, SO_SNDLOWAT, &mark, sizeof(mark));
	}
	return 0;
}

/* Nobody can find the next packet any more. */
static int
break_off(int fd)
{
	shutdown(fd, SHUT_RDWR);
	errno = EPROTO;
	return -1;
}

/* The rest of a packet, one way or the other. Who sends its half and no more is left. */
static int
finish(int fd, short event, void *data, size_t len)
{
	struct pollfd p = { .fd = fd, .events = event };
	char *at = data;

	while (len > 0) {
		ssize_t n = event == POLLOUT ? write(fd, at, len) : read(fd, at, len);

		if (n > 0) {
			at += n;
			len -= (size_t)n;
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR) ||
		    poll(&p, 1, PATIENCE_MS) == 0) {
			return break_off(fd);
		}
	}
	return 0;
}

int
packet_send(int fd, const void *data, size_t len, const int *fds, size_t count)
{
	char *bytes = (char *)(uintptr_t)data;
	uint32_t head = (uint32_t)len;
	struct iovec parts[] = { { &head, sizeof(head) }, { bytes, len } };
	ssize_t n = send_parts(fd, parts, 2, fds, count);
	size_t sent = n > 0 ? (size_t)n : 0;

	if (n == -1)
		return -1;
	if (sent < sizeof(head) &&
	    finish(fd, POLLOUT, (char *)&head + sent, sizeof(head) - sent) == -1)
		return -1;
	sent = sent < sizeof(head) ? 0 : sent - sizeof(head);
	return finish(fd, POLLOUT, bytes + sent, len - sent);
}

ssize_t
packet_receive(int fd, void *data, size_t size, int *fds, size_t count)
{
	char beyond[LONGEST];
	uint32_t len;
	ssize_t n = receive(fd, &len, sizeof(len), fds, count);
	size_t wanted;

	if (n <= 0)
		return n;
	if (finish(fd, POLLIN, (char *)&len + n, sizeof(len) - (size_t)n) == -1)
		return -1;
	if (len > LONGEST)
		return break_off(fd);
	wanted = len < size ? len : size;
	if (finish(fd, POLLIN, data, wanted) == -1 || finish(fd, POLLIN, beyond, len - wanted) == -1)
		return -1;
	return (ssize_t)wanted;
}
#endif
