#include "conn.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#ifdef __linux__
#include <linux/sockios.h>
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

void
conn_end_write(struct conn *c)
{
	if (c->wfd == -1)
		return;
	shutdown(c->wfd, SHUT_WR); /* fails on a pipe, which close() ends */
	if (c->wfd != c->rfd) {
		close(c->wfd);
		c->wfd = -1;
	}
}

bool
conn_can_reset(const struct conn *c)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd = c->wfd != -1 ? c->wfd : c->rfd;

	return getsockname(fd, (struct sockaddr *)&ss, &len) == 0 &&
	    (ss.ss_family == AF_INET || ss.ss_family == AF_INET6);
}

void
conn_reset(struct conn *c)
{
	struct linger now = { 1, 0 };

	if (c->wfd != -1)
		setsockopt(c->wfd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	conn_close(c);
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
