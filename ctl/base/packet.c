#include "base/packet.h"

#include <sys/socket.h>

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
	struct cmsghdr header;
	char bytes[CMSG_SPACE(FDPASS_MAX * sizeof(int))];
};

ssize_t
fdpass_send(int sock, const void *data, size_t len, const int *fds, size_t count)
{
	struct iovec part = { (void *)(uintptr_t)data, len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	union control control = { 0 };

	if (count > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
	}
	return sendmsg(sock, &message, MSG_NOSIGNAL);
}

ssize_t
fdpass_receive(int sock, void *data, size_t size, int fds[FDPASS_MAX])
{
	struct iovec part = { data, size };
	union control control = { 0 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control) };
	const struct cmsghdr *c = &control.header;
	ssize_t n = recvmsg(sock, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	for (int i = 0; i < FDPASS_MAX; i++)
		fds[i] = -1;
	if (n >= 0 && message.msg_controllen >= CMSG_LEN(sizeof(int)) &&
	    c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	for (int i = 0; i < FDPASS_MAX && MSG_CMSG_CLOEXEC == 0; i++)
		if (fds[i] != -1)
			fcntl(fds[i], F_SETFD, FD_CLOEXEC);
	return n;
}

bool
packet_again(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

bool
packet_over(ssize_t n)
{
	return n == 0 || (n == -1 && !packet_again(errno));
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
	return (count > 0 ? fdpass_send(fd, data, len, fds, count) : write(fd, data, len)) == -1 ? -1 : 0;
}

ssize_t
packet_receive(int fd, void *data, size_t size, int *fds)
{
	return fds != NULL ? fdpass_receive(fd, data, size, fds) : read(fd, data, size);
}
#else
#define LONGEST 16384
#define BUFFER (8 * LONGEST)
#define PATIENCE_MS 1000

/* With less room than SO_SNDLOWAT a socket takes nothing at all: so no packet is sent in part. */
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
		} else if (packet_over(n) || poll(&p, 1, PATIENCE_MS) == 0) {
			return break_off(fd);
		}
	}
	return 0;
}

int
packet_send(int fd, const void *data, size_t len, const int *fds, size_t count)
{
	char whole[sizeof(uint32_t) + LONGEST];
	uint32_t head = (uint32_t)len;
	ssize_t n;

	if (len > LONGEST) {
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(whole, &head, sizeof(head));
	memcpy(whole + sizeof(head), data, len);
	len += sizeof(head);
	n = count > 0 ? fdpass_send(fd, whole, len, fds, count) : write(fd, whole, len);
	return n == -1 ? -1 : finish(fd, POLLOUT, whole + n, len - (size_t)n);
}

ssize_t
packet_receive(int fd, void *data, size_t size, int *fds)
{
	char beyond[LONGEST];
	uint32_t len;
	ssize_t n = fds != NULL ? fdpass_receive(fd, &len, sizeof(len), fds) :
	    read(fd, &len, sizeof(len));
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
