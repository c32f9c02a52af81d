#include "foreground.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "fdlimit.h"
#include "signals.h"

/* Tells errno when the client could not be executed: the pipe closes itself otherwise. */
static void
child(char *const *argv, const char *host, uint16_t port, int failure)
{
	int error;

	signals_default();
	fdlimit_restore();
	error = client_exec(argv, host, port);
	if (write(failure, &error, sizeof(error)) == -1)
		_exit(126);
	_exit(127);
}

static int
exec_failure(int fd)
{
	int error = 0;
	ssize_t n;

	while ((n = read(fd, &error, sizeof(error))) == -1 && errno == EINTR)
		;
	return n == sizeof(error) ? error : 0;
}

pid_t
foreground_start(char *const *argv, const char *host, uint16_t port, char *why, size_t why_size)
{
	int fds[2], error;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1) {
		snprintf(why, why_size, "%s: cannot run it: %s", argv[0], strerror(errno));
		return -1;
	}
	signals_leave_terminal();
	if ((pid = fork()) == 0)
		child(argv, host, port, fds[1]);
	error = pid == -1 ? errno : 0;
	close(fds[1]);
	if (pid != -1)
		error = exec_failure(fds[0]);
	close(fds[0]);
	if (error == 0)
		return pid;
	if (pid != -1)
		waitpid(pid, NULL, 0);
	snprintf(why, why_size, "%s: cannot run it: %s", argv[0], strerror(error));
	return -1;
}

int
foreground_child(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, WNOHANG) != pid)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
