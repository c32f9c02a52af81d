/* Which process has a socket, out of /proc. */
#include "net/peer_owner.h"

#ifdef PEER_SOCK_DIAG
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digits.h"

#define LINK_MAX_LEN 40 /* "socket:[18446744073709551615]" */
#define LOOKS 20000     /* descriptors that are looked at, at most; each takes about 2 us */
#define YOUNG 300       /* processes whose number is less than ours by no more than that */

/* Is that descriptor this socket? */
static bool
holds(int dir, const char *fd, const char *socket)
{
	char link[LINK_MAX_LEN];
	ssize_t n = readlinkat(dir, fd, link, sizeof(link) - 1);

	if (n <= 0)
		return false;
	link[n] = '\0';
	return strcmp(link, socket) == 0;
}

/* The descriptor of that process that is the socket; -1: it has none. */
static int
find_fd(const char *pid, const char *socket, unsigned *looks)
{
	char path[64];
	const struct dirent *entry;
	int found = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	if ((dir = opendir(path)) == NULL)
		return -1;
	for (; found == -1 && *looks > 0 && (entry = readdir(dir)) != NULL; --*looks)
		if (is_digit(*entry->d_name) && holds(dirfd(dir), entry->d_name, socket))
			found = atoi(entry->d_name);
	closedir(dir);
	return found;
}

static void
socket_name(char name[LINK_MAX_LEN], const struct peer_socket *socket)
{
	snprintf(name, LINK_MAX_LEN, "socket:[%llu]", (unsigned long long)socket->id);
}

/* Look at the young processes, or at all others. */
static bool
find_among(bool young, struct holder *h, const char *socket, unsigned *looks)
{
	const struct dirent *entry;
	pid_t pid, self = getpid();
	DIR *dir = opendir("/proc");
	int fd = -1;

	if (dir == NULL)
		return false;
	while (fd == -1 && *looks > 0 && (entry = readdir(dir)) != NULL) {
		pid = atoi(entry->d_name);
		if (is_digit(*entry->d_name) && (pid < self && pid >= self - YOUNG) == young &&
		    (fd = find_fd(entry->d_name, socket, looks)) != -1)
			*h = (struct holder){ pid, fd };
	}
	closedir(dir);
	return fd != -1;
}

/* Who asks was started for the connection: whoever has made that is older, but rarely by much. */
bool
holder_find(struct holder *h, const struct peer_socket *socket)
{
	unsigned looks = LOOKS;
	char wanted[LINK_MAX_LEN];

	socket_name(wanted, socket);
	return find_among(true, h, wanted, &looks) || find_among(false, h, wanted, &looks);
}

bool
holder_has(const struct holder *h, const struct peer_socket *socket)
{
	char path[64], wanted[LINK_MAX_LEN];

	snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)h->pid, h->fd);
	socket_name(wanted, socket);
	return h->pid != 0 && holds(AT_FDCWD, path, wanted);
}
#else
typedef int holder_linux_is_empty;
#endif
