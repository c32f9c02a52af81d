#include "marker.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "rundir.h"

#define KIND 'L'
#define IDENTITY_MAX 4096

struct question {
	const char *identity;
	bool found;
};

static void
compare(const char *path, long pid, void *arg)
{
	struct question *q = arg;
	char text[IDENTITY_MAX];
	size_t len = strlen(q->identity);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	(void)pid;
	if (fd == -1)
		return;
	if (read(fd, text, sizeof(text)) == (ssize_t)len && memcmp(text, q->identity, len) == 0)
		q->found = true;
	close(fd);
}

bool
marker_exists(const char *identity)
{
	struct question q = { identity, false };

	rundir_each(KIND, compare, &q);
	return q.found;
}

void
marker_make(const char *identity, char *path, size_t size)
{
	size_t len = strlen(identity);
	int fd = -1;

	if (len < IDENTITY_MAX && rundir_fresh(path, size, KIND) == 0)
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1) {
		*path = '\0';
		return;
	}
	if (write(fd, identity, len) != (ssize_t)len) {
		unlink(path);
		*path = '\0';
	}
	close(fd);
}
