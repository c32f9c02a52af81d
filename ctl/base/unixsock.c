#include "base/unixsock.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"

/* poll(2) says nothing about room in a backlog: so it is tried again, more and more seldom, lest
 * a crowd that tries takes its processor from the one who could accept them. */
#define AGAIN_FIRST_MS 5
#define AGAIN_MOST_MS  100

/* A socket for that path, and its address. */
static int
new_socket(const char *path, struct sockaddr_un *sun, int type)
{
	*sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(sun->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun->sun_path, path, strlen(path) + 1);
	return socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int
unixsock_listen(const char *path, int backlog)
{
	struct sockaddr_un sun;
	int fd = new_socket(path, &sun, SOCK_STREAM);

	if (fd == -1)
		return -1;
	if (bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) == -1)
		fd_close(&fd);
	else if (listen(fd, backlog) == -1) {
		fd_close(&fd);
		unlink(path);
	}
	return fd;
}

int
unixsock_connect(const char *path)
{
	struct sockaddr_un sun;
	int fd = new_socket(path, &sun, SOCK_STREAM), r;
	uid_t uid;
	gid_t gid;

	if (fd == -1)
		return -1;
	do
		r = connect(fd, (const struct sockaddr *)&sun, sizeof(sun));
	while (r == -1 && errno == EINTR);
	if (r == 0 && (r = getpeereid(fd, &uid, &gid)) == 0 && uid != geteuid() && uid != 0) {
		errno = EPERM;
		r = -1;
	}
	if (r == -1)
		fd_close(&fd);
	return fd;
}

/* Nobody sees a connection of the wrong type: EPROTOTYPE where there is a socket to connect to. */
bool
unixsock_bound(const char *path)
{
	struct sockaddr_un sun;
	int fd = new_socket(path, &sun, SOCK_DGRAM);
	bool bound = fd == -1 || connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0 ||
	    (errno != ECONNREFUSED && errno != ENOENT);

	fd_close(&fd);
	return bound;
}

static void
unixsock_again(void *arg)
{
	struct unixsock *u = arg;
	int fd = unixsock_connect(u->path);

	u->pause_ms = u->pause_ms * 2 > AGAIN_MOST_MS ? AGAIN_MOST_MS : u->pause_ms * 2;
	if (fd == -1 && errno == EAGAIN && loop_now() < u->end)
		timer_set(&u->timer, u->loop, u->pause_ms, unixsock_again, u);
	else
		u->fn(u->arg, fd);
}

int
unixsock_open(struct unixsock *u, struct loop *loop, const char *path, unsigned ms, unixsock_fn *fn,
    void *arg)
{
	int fd = unixsock_connect(path);

	if (fd != -1 || errno != EAGAIN)
		return fd;
	*u = (struct unixsock){ .loop = loop, .fn = fn, .arg = arg, .end = loop_now() + ms,
		.pause_ms = AGAIN_FIRST_MS };
	memcpy(u->path, path, strlen(path) + 1); /* it fits into an address */
	timer_set(&u->timer, loop, u->pause_ms, unixsock_again, u);
	errno = EAGAIN;
	return -1;
}

int
unixsock_finish(struct unixsock *u, unsigned ms)
{
	uint64_t end = loop_now() + ms;
	int fd;

	timer_stop(&u->timer);
	while ((fd = unixsock_connect(u->path)) == -1 && errno == EAGAIN && loop_now() < end)
		poll(NULL, 0, AGAIN_FIRST_MS);
	return fd;
}
