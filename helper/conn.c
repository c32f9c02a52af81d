#include "conn.h"

#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#ifdef __linux__
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#endif
#include <unistd.h>

void
conn_close(struct conn *c)
{
	if (c->rfd != -1)
		close(c->rfd);
	if (c->wfd != -1 && c->wfd != c->rfd)
		close(c->wfd);
	*c = CONN_NONE;
}

static void
linger(int fd, int on)
{
	struct linger l = { on, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)); /* means nothing but to TCP */
}

void
conn_break_on_close(const struct conn *c)
{
	linger(c->wfd, 1);
}

void
conn_end_write(struct conn *c)
{
	if (c->wfd == -1)
		return;
#ifndef __OpenBSD__ /* pledge(2) forbids it; once both ends have closed it does not matter */
	linger(c->wfd, 0);
#endif
	shutdown(c->wfd, SHUT_WR); /* fails on a pipe, which close() ends */
	if (c->wfd != c->rfd) {
		close(c->wfd);
		c->wfd = -1;
	}
}

/* Linux sets POLLHUP in the very moment in which a unix socket's peer is closed. */
bool
conn_half_closed(const struct conn *c)
{
#ifdef __linux__
	struct pollfd p = { .fd = c->rfd };

	return c->rfd == c->wfd && poll(&p, 1, 0) == 0;
#else
	(void)c;
	return false;
#endif
}

bool
conn_written(const struct conn *c, uint64_t *bytes)
{
#ifdef __linux__
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(c->wfd != -1 ? c->wfd : c->rfd, IPPROTO_TCP, TCP_INFO, &info, &len) == -1 ||
	    len < offsetof(struct tcp_info, tcpi_bytes_retrans) + sizeof(info.tcpi_bytes_retrans))
		return false;
	*bytes = info.tcpi_bytes_sent - info.tcpi_bytes_retrans + info.tcpi_notsent_bytes;
	return true;
#else
	(void)c;
	(void)bytes;
	return false;
#endif
}

int
conn_unsent(const struct conn *c)
{
	int n = 0;
	int fd = c->wfd != -1 ? c->wfd : c->rfd;

#ifdef SIOCOUTQ
	if (fd == -1 || ioctl(fd, SIOCOUTQ, &n) == -1)
		return 0;
#else
	(void)fd;
#endif
	return n;
}
