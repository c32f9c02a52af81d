#include "broker/client_process.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/peer.h"
#include "net/peer_owner.h"

#define LINK_MAX_LEN 32 /* "socket:[4294967295]" */
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

/* From the youngest on, for clients are rarely old. */
static bool
find_process(struct client_process *h, const char *socket)
{
	pid_t pids[PROCESSES];
	size_t n = list_processes(pids), end = n > PROCESSES ? n - PROCESSES : 0;
	unsigned looks = LOOKS;

	while (n > end && looks > 0) {
		pid_t pid = pids[--n % PROCESSES];
		char name[16];
		int fd;

		snprintf(name, sizeof(name), "%ld", (long)pid);
		if ((fd = find_fd(name, socket, &looks)) == -1)
			continue;
		h->pid = pid;
		h->fd = fd;
		return true;
	}
	return false;
}

static bool
as_before(const struct client_process *h, const char *socket)
{
	char pid[16], fd[16];

	snprintf(pid, sizeof(pid), "%ld", (long)h->pid);
	snprintf(fd, sizeof(fd), "%d", h->fd);
	return h->pid != 0 && holds(pid, fd, socket);
}

void
client_process_init(struct client_process *h, const struct sockaddr_storage *client,
    const struct sockaddr_storage *local)
{
	*h = (struct client_process){ .client = *client, .local = *local, .fd = -1 };
	if (!addr_is_here((const struct sockaddr *)client, (const struct sockaddr *)local))
		h->client.ss_family = AF_UNSPEC;
}

static void
socket_name(char name[LINK_MAX_LEN], const struct peer_socket *socket)
{
	snprintf(name, LINK_MAX_LEN, "socket:[%u]", socket->inode);
}

void
client_process_find(struct client_process *h)
{
	struct peer_socket socket;
	char name[LINK_MAX_LEN];

	if (h->sought || h->client.ss_family == AF_UNSPEC)
		return;
	h->sought = true;
	if (!peer_owner(&h->client, &h->local, &socket) || socket.inode == 0 ||
	    (geteuid() != 0 && geteuid() != socket.uid)) /* else its descriptors are not ours to read */
		return;
	socket_name(name, &socket);
	find_process(h, name);
}

/* Not where it was: it may have been handed to a child. */
enum client_state
client_process_state(struct client_process *h)
{
	struct peer_socket socket;
	char name[LINK_MAX_LEN];

	client_process_find(h);
	if (h->client.ss_family == AF_UNSPEC)
		return CLIENT_UNKNOWN;
	if (!peer_owner(&h->client, &h->local, &socket))
		return h->pid != 0 ? CLIENT_DIES : CLIENT_UNKNOWN;
	if (socket.inode == 0)
		return CLIENT_DIES;
	if (h->pid == 0)
		return CLIENT_UNKNOWN;
	socket_name(name, &socket);
	return as_before(h, name) || find_process(h, name) ? CLIENT_LIVES : CLIENT_DIES;
}
