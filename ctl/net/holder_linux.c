/* Which process has a socket, out of /proc. */
#include "net/peer_owner.h"

#ifdef PEER_SOCK_DIAG
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#define LINK_MAX_LEN 40 /* "socket:[18446744073709551615]" */
#define LOOKS 20000     /* at descriptors, at most, about 2 us each */
#define PROCESSES 4096

static bool
is_number(const char *name)
{
	return isdigit((unsigned char)name[0]);
}

/* Is that descriptor this socket? */
static bool
holds(const char *pid, const char *fd, const char *socket)
{
	char path[64], link[LINK_MAX_LEN];
	ssize_t n;

	if ((size_t)snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, fd) >= sizeof(path))
		return false;
	n = readlink(path, link, sizeof(link) - 1);
	if (n <= 0)
		return false;
	link[n] = '\0';
	return strcmp(link, socket) == 0;
}

/* The number by which that process has the socket, -1 = it has not. */
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
		if (is_number(entry->d_name) && holds(pid, entry->d_name, socket))
			found = atoi(entry->d_name);
	closedir(dir);
	return found;
}

/* The processes there are, as /proc lists them, the oldest first; of more than PROCESSES the
 * youngest, each at its number modulo that. Returns how many there are. */
static size_t
list_processes(pid_t *pids)
{
	const struct dirent *entry;
	DIR *dir = opendir("/proc");
	size_t n = 0;

	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL)
		if (is_number(entry->d_name))
			pids[n++ % PROCESSES] = atoi(entry->d_name);
	closedir(dir);
	return n;
}

static void
socket_name(char name[LINK_MAX_LEN], const struct peer_socket *socket)
{
	snprintf(name, LINK_MAX_LEN, "socket:[%llu]", (unsigned long long)socket->id);
}

static bool
is_holder(struct holder *h, pid_t pid, const char *socket, unsigned *looks)
{
	char name[16];
	int fd;

	snprintf(name, sizeof(name), "%ld", (long)pid);
	if ((fd = find_fd(name, socket, looks)) == -1)
		return false;
	*h = (struct holder){ pid, fd };
	return true;
}

/* Who asks was started for that connection, by a tunnel: the one that made it is older, but not much. */
bool
holder_find(struct holder *h, const struct peer_socket *socket)
{
	pid_t pids[PROCESSES], self = getpid();
	size_t n = list_processes(pids), end = n > PROCESSES ? n - PROCESSES : 0, i = n;
	unsigned looks = LOOKS;
	char wanted[LINK_MAX_LEN];

	socket_name(wanted, socket);
	while (i > end && pids[(i - 1) % PROCESSES] >= self)
		i--;
	for (size_t left = n - end; left > 0 && looks > 0; left--) {
		i = i > end ? i - 1 : n - 1;
		if (is_holder(h, pids[i % PROCESSES], wanted, &looks))
			return true;
	}
	return false;
}

bool
holder_has(const struct holder *h, const struct peer_socket *socket)
{
	char pid[16], fd[16], wanted[LINK_MAX_LEN];

	snprintf(pid, sizeof(pid), "%ld", (long)h->pid);
	snprintf(fd, sizeof(fd), "%d", h->fd);
	socket_name(wanted, socket);
	return h->pid != 0 && holds(pid, fd, wanted);
}
#else
typedef int holder_linux_is_empty;
#endif
