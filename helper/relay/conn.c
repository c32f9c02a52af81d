#include "relay/conn.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/sockios.h>
#endif

void
conn_break_on_close(int fd, bool breaks)
{
	struct linger l = { breaks, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)); /* means nothing but to TCP */
}

void
conn_drop(int fd)
{
	conn_break_on_close(fd, true);
	close(fd);
}

void
conn_end_write(int fd)
{
	conn_break_on_close(fd, false);
	shutdown(fd, SHUT_WR);
}

/* In the very moment in which a unix socket's peer is closed nothing can be sent to it any more, not
 * even nothing. */
bool
conn_half_closed(int fd)
{
	return send(fd, "", 0, MSG_NOSIGNAL) == 0;
}

/* By its peer: Linux goes on to count what nobody will take. */
static bool
is_broken(int fd)
{
	struct pollfd p = { fd, 0, 0 };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

/* Every system but OpenBSD can tell, so that a portable build asks Linux, too. */
int
conn_unsent(int fd)
{
	int n = 0;

#if defined(__linux__)
	if (ioctl(fd, SIOCOUTQ, &n) == -1)
		return 0;
#elif defined(FIONWRITE) /* FreeBSD */
	if (ioctl(fd, FIONWRITE, &n) == -1)
		return 0;
#elif defined(SO_NWRITE) /* macOS */
	socklen_t len = sizeof(n);

	if (getsockopt(fd, SOL_SOCKET, SO_NWRITE, &n, &len) == -1)
		return 0;
#endif
	return n > 1 && is_broken(fd) ? 0 : n; /* one may be a FIN, which nobody asks about */
}

/* Closing throws away what was not read: that makes room, too. It is not asked by conn_half_closed(), for
 * our own end may have been sent. */
bool
conn_took(int fd, uint64_t written)
{
#ifdef __linux__
	struct pollfd p = { fd, POLLRDHUP, 0 };

	return written > (uint64_t)conn_unsent(fd) && poll(&p, 1, 0) == 0;
#else
	return written > 0;
#endif
}
