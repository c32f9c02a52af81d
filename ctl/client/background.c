#include "client/background.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/log.h"

#define GENERATIONS 4 /* ssh, its shell, a script, us */

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
background_ready(int ready, int keep_stderr)
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
#ifdef ON_LINUX
static pid_t
parent_of(pid_t pid, char *name, size_t size)
{
	char path[32], line[256], *open_paren, *close_paren;
	int parent = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = '\0';
	fclose(f);
	open_paren = strchr(line, '(');
	close_paren = strrchr(line, ')');
	if (open_paren == NULL || close_paren == NULL)
		return 0;
	*close_paren = '\0';
	snprintf(name, size, "%s", open_paren + 1);
	if (sscanf(close_paren + 1, " %*c %d", &parent) != 1)
		return 0;
	return (pid_t)parent;
}
#else
static pid_t
parent_of(pid_t pid, char *name, size_t size)
{
	char command[64], path[256] = "";
	const char *slash;
	int parent = 0;
	FILE *f;

	snprintf(command, sizeof(command), "ps -o ppid= -o comm= -p %ld", (long)pid);
	if ((f = popen(command, "r")) == NULL)
		return 0;
	if (fscanf(f, "%d %255s", &parent, path) != 2)
		parent = 0;
	pclose(f);
	slash = strrchr(path, '/');
	snprintf(name, size, "%s", slash != NULL ? slash + 1 : path);
	return (pid_t)parent;
}
#endif

int
background_under_ssh(void)
{
	pid_t pid = getppid();
	char name[32];

	for (int i = 0; i < GENERATIONS && pid > 1; i++) {
		pid = parent_of(pid, name, sizeof(name));
		if (pid > 0 && strcmp(name, "ssh") == 0)
			return 1;
	}
	return 0;
}
