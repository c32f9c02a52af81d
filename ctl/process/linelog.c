#include "process/linelog.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"

#define AT_ONCE 256 /* reads, which is more than a pipe holds: somebody may go on writing */

/* They have been escaped, and are as many as our level allows. */
static void
pass_on(void *arg, const char *line, size_t len)
{
	static const char program[] = "ftp-over-ssh-helper: ";

	log_passed_on(log_level() <= LOG_NORMAL ? log_level() : LOG_SESSIONS, line +
	    (strncmp(line, program, strlen(program)) == 0 ? strlen(program) : 0));
}

static void
line_complete(struct linelog *l)
{
	l->line[l->len] = '\0';
	l->fn(l->arg, l->line, l->len);
	l->len = 0;
}

static bool
take_bytes(struct linelog *l)
{
	char bytes[4096];
	ssize_t n = read(l->in, bytes, sizeof(bytes));

	if (n > 0 && l->copy != -1 && write(l->copy, bytes, (size_t)n) == -1) {
		/* the terminal has gone */
	}
	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] != '\n')
			l->line[l->len++] = bytes[i];
		if (bytes[i] == '\n' || l->len == sizeof(l->line) - 1)
			line_complete(l);
	}
	return n > 0;
}

static void
linelog_ready(void *arg, short revents)
{
	take_bytes(arg);
}

void
linelog_take(struct linelog *l, bool all)
{
	for (int i = 0; i < AT_ONCE && take_bytes(l); i++)
		;
	if (all && l->len > 0)
		line_complete(l);
}

/* A message that is not read must not stop a session, nor ssh. */
int
linelog_open(struct linelog *l, struct loop *loop, linelog_fn *fn, void *arg)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	*l = (struct linelog){ .watch = loop_watch(loop, fds[0], POLLIN, linelog_ready, l),
		.fn = fn != NULL ? fn : pass_on, .arg = arg, .in = fds[0], .out = fds[1], .copy = -1 };
	if (l->watch != NULL)
		return 0;
	fd_close(&l->in);
	fd_close(&l->out);
	return -1;
}

void
linelog_close(struct linelog *l)
{
	if (l->watch == NULL)
		return;
	linelog_take(l, true);
	memory_drop(watch_free, l->watch);
	close(l->in);
	close(l->out);
}
