#include "process/linelog.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/log.h"
#include "base/loop.h"

#define LINE_SIZE 4200 /* what log.c writes at once is shorter */

struct linelog {
	struct watch *watch;
	int fds[2];
	size_t len;
	char line[LINE_SIZE];
};

/* They have been escaped, and are as many as our level allows. */
static bool
take_bytes(struct linelog *l)
{
	static const char program[] = "ftp-over-ssh-helper: ";
	char bytes[4096];
	ssize_t n = read(l->fds[0], bytes, sizeof(bytes));

	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] != '\n')
			l->line[l->len++] = bytes[i];
		if (bytes[i] != '\n' && l->len < sizeof(l->line) - 1)
			continue;
		l->line[l->len] = '\0';
		l->len = 0;
		log_passed_on(log_level() <= LOG_NORMAL ? log_level() : LOG_SESSIONS, l->line +
		    (strncmp(l->line, program, strlen(program)) == 0 ? strlen(program) : 0));
	}
	return n > 0;
}

static void
linelog_ready(void *arg, short revents)
{
	take_bytes(arg);
}

/* A message that is not read must not stop a session. */
struct linelog *
linelog_new(struct loop *loop)
{
	struct linelog *l = calloc(1, sizeof(*l));

	if (l != NULL && pipe2(l->fds, O_CLOEXEC | O_NONBLOCK) == 0) {
		if ((l->watch = loop_watch(loop, l->fds[0], POLLIN, linelog_ready, l)) != NULL)
			return l;
		close(l->fds[0]);
		close(l->fds[1]);
	}
	free(l);
	return NULL;
}

void
linelog_free(struct linelog *l)
{
	if (l == NULL)
		return;
	while (take_bytes(l))
		;
	watch_free(l->watch);
	close(l->fds[0]);
	close(l->fds[1]);
	free(l);
}

int
linelog_fd(const struct linelog *l)
{
	return l->fds[1];
}
