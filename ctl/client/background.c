#include "client/background.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/log.h"

#define GENERATIONS 4 /* ssh, its shell, a script, us */
#define NAME_SIZE 256

int
background_start(int *ready)
{
	int fds[2], status;
	ssize_t n;
	pid_t pid;
	char byte;

	if (pipe2(fds, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		log_error("cannot go to the background: %s", strerror(errno));
		return 255;
	}
	if (pid == 0) {
		close(fds[0]);
		*ready = fds[1];
		return -1;
	}
	close(fds[1]);
	while ((n = read(fds[0], &byte, 1)) == -1 && errno == EINTR)
		;
	if (n == 1)
		return 0;
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return 255;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
background_ready(int ready, bool keep_stderr)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	bool told = write(ready, "", 1) == 1;

	close(ready);
	setsid();
	for (int fd = 0; fd < (keep_stderr ? 2 : 3) && null != -1; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	return told ? 0 : -1;
}

/* Name and parent of a process; 0 = nobody knows. */
static pid_t
parent_of(pid_t pid, char name[NAME_SIZE])
{
	int parent = 0;
	FILE *f;
#ifdef ON_LINUX
	char path[32];

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	if (fscanf(f, "%*d (%255[^)]) %*c %d", name, &parent) != 2)
		parent = 0;
	fclose(f);
#else
	char command[64], path[NAME_SIZE] = "";

	snprintf(command, sizeof(command), "ps -o ppid= -o comm= -p %ld", (long)pid);
	if ((f = popen(command, "r")) == NULL)
		return 0;
	if (fscanf(f, "%d %255s", &parent, path) != 2)
		parent = 0;
	pclose(f);
	snprintf(name, NAME_SIZE, "%s", basename(path));
#endif
	return (pid_t)parent;
}

bool
background_under_ssh(void)
{
	pid_t pid = getppid();
	char name[NAME_SIZE] = "";

	for (int i = 0; i < GENERATIONS && pid > 1; i++) {
		pid = parent_of(pid, name);
		if (pid > 0 && strcmp(name, "ssh") == 0)
			return true;
	}
	return false;
}

/* --- service managers ------------------------------------------------------------------- */

#ifdef __APPLE__
int launch_activate_socket(const char *name, int **fds, size_t *count);
#endif

#define FIRST 3
#define MOST 64

static int *launched; /* by launchd; NULL: it is systemd's way, from descriptor FIRST on */

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
