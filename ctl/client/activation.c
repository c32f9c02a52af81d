#include "client/activation.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"

#ifdef __APPLE__
int launch_activate_socket(const char *name, int **fds, size_t *count);
#endif

#define FIRST 3
#define MOST 64

static int *launched; /* NULL: they are those from FIRST on */

static long
number(const char *name)
{
	const char *text = getenv(name);

	return text != NULL ? strtol(text, NULL, 10) : 0;
}

int
activation_descriptor(int i)
{
	return launched != NULL ? launched[i] : FIRST + i;
}

int
activation_descriptors(void)
{
	long count = number("LISTEN_PID") == (long)getpid() ? number("LISTEN_FDS") : 0;
#ifdef __APPLE__
	size_t by_launchd;

	if (count == 0 && launch_activate_socket("Listeners", &launched, &by_launchd) == 0)
		count = (long)by_launchd;
#endif

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (count < 0 || count > MOST)
		return 0;
	for (int i = 0; i < (int)count; i++)
		fcntl(activation_descriptor(i), F_SETFD, FD_CLOEXEC);
	return (int)count;
}

/* A leading '@' stands for Linux's abstract name space. */
void
activation_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = path != NULL ? strlen(path) : 0;
	int fd;

	if (len == 0 || len >= sizeof(sun.sun_path) || (*path != '/' && *path != '@'))
		return;
	memcpy(sun.sun_path, path, len);
	if (*path == '@')
		sun.sun_path[0] = '\0';
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}
