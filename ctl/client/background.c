#include "client/background.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
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
