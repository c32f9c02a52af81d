#include "holder.h"

#ifdef __linux__
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crowd.h"
#include "peer.h"
#include "peer_owner.h"

#define LINK_MAX_LEN 32 /* "socket:[4294967295]" */
#define KNOWN_MS 10000  /* a process that is gone: its connections end when it gets a processor */
#define UNKNOWN_MS 1000
#define LOOKS 50000     /* at descriptors, at most, about 2 us each */
#define LOOKS_CROWD 2000 /* ... when processors are short: a thousand clients at once must not ... */
#define PROCESSES 4096
#define CROWD 8         /* ... cost a thousand times all descriptors there are */

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

static unsigned
looks_allowed(void)
{
	int fd = crowd_open();
	unsigned crowd = crowd_size(fd);

	if (fd != -1)
		close(fd);
	return crowd > CROWD ? LOOKS_CROWD : LOOKS;
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

/* From the youngest on, for clients seldom are old. Where it is not before the looks are used up,
 * it may be dying as well as be further on: the same as nowhere, for a wait is the lesser evil. */
static bool
find_process(struct holder *h, const char *socket)
{
	pid_t pids[PROCESSES];
	size_t n = list_processes(pids), end = n > PROCESSES ? n - PROCESSES : 0;
	unsigned looks = looks_allowed();

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
as_before(const struct holder *h, const char *socket)
{
	char pid[16], fd[16];

	snprintf(pid, sizeof(pid), "%ld", (long)h->pid);
	snprintf(fd, sizeof(fd), "%d", h->fd);
	return h->pid != 0 && holds(pid, fd, socket);
}

/* Are the descriptors of that user's processes ours to read? */
static bool
can_see(uid_t uid)
{
	return geteuid() == 0 || geteuid() == uid;
}

static bool
lives(struct holder *h)
{
	struct peer_socket found;
	char socket[LINK_MAX_LEN];

	if (!peer_owner(&h->client, &h->local, &found))
		return false;
	snprintf(socket, sizeof(socket), "socket:[%u]", found.inode);
	return !can_see(found.uid) || as_before(h, socket) || find_process(h, socket);
}

void
holder_init(struct holder *h, const struct sockaddr_storage *client,
    const struct sockaddr_storage *local)
{
	*h = (struct holder){ .client = *client, .local = *local, .fd = -1 };
	if (!addr_is_here((const struct sockaddr *)client, (const struct sockaddr *)local))
		h->client.ss_family = AF_UNSPEC;
}

unsigned
holder_dies_ms(struct holder *h)
{
	bool unseen = h->unseen;

	if (h->client.ss_family == AF_UNSPEC || lives(h))
		return 0;
	if (h->pid != 0)
		return KNOWN_MS;
	h->unseen = true;
	return unseen ? 0 : UNKNOWN_MS;
}

void
holder_know(struct holder *h)
{
	if (h->client.ss_family != AF_UNSPEC && h->pid == 0)
		lives(h);
}
#else
void
holder_init(struct holder *h, const struct sockaddr_storage *client,
    const struct sockaddr_storage *local)
{
	*h = (struct holder){ .client = *client, .local = *local, .fd = -1 };
}

unsigned
holder_dies_ms(struct holder *h)
{
	(void)h;
	return 0;
}

void
holder_know(struct holder *h)
{
	(void)h;
}
#endif
