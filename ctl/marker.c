#include "marker.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rundir.h"

#define KIND 'L'

/* The name is "L<pid>.<hash of the identity>", a socket because a sweep of the runtime
 * directory takes those of the dead away. Nobody listens there. */
static uint64_t
fnv1a(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

static void
suffix(char dst[18], const char *identity)
{
	snprintf(dst, 18, ".%016llx", (unsigned long long)fnv1a(identity));
}

struct question {
	char suffix[18];
	bool found;
};

static void
compare(const char *path, long pid, void *arg)
{
	struct question *q = arg;
	const char *dot = strrchr(path, '.');

	(void)pid;
	if (dot != NULL && strcmp(dot, q->suffix) == 0)
		q->found = true;
}

bool
marker_exists(const char *identity)
{
	struct question q = { .found = false };

	suffix(q.suffix, identity);
	rundir_each(geteuid(), KIND, compare, &q);
	return q.found;
}

static int
bind_to(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, result;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -1;
	memcpy(sun.sun_path, path, strlen(path) + 1);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return -1;
	result = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	close(fd); /* the name stays */
	return result;
}

void
marker_make(const char *identity, char *path, size_t size)
{
	char end[18], why[256];
	const char *dir = rundir_path(why, sizeof(why));
	int len = -1;

	suffix(end, identity);
	if (dir != NULL)
		len = snprintf(path, size, "%s/%c%ld%s", dir, KIND, (long)getpid(), end);
	if (len < 0 || (size_t)len >= size || bind_to(path) == -1)
		*path = '\0';
}
