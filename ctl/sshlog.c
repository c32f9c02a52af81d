#include "sshlog.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"

struct sshlog {
	struct watch *watch;
	int fd;
	bool to_syslog, hinted;
	size_t len;
	char line[1024];
};

/* Whoever asked for that forward is answered, too. */
static const char answered[] = "mux_confirm_remote_forward: ";

/* channel 3: open failed: administratively prohibited: open failed */
static const char prohibited[] = "open failed: administratively prohibited";

static void
sshlog_line(struct sshlog *s)
{
	char text[sizeof(s->line) + 64];

	while (s->len > 0 && s->line[s->len - 1] == '\r')
		s->len--;
	log_escape(text, sizeof(text), s->line, s->len);
	s->len = 0;
	if (*text == '\0')
		return;
	if (strncmp(text, answered, strlen(answered)) == 0) {
		log_at(LOG_DETAIL, "ssh: %s", text);
		return;
	}
	if (s->to_syslog)
		log_at(LOG_NORMAL, "ssh: %s", text);
	else
		dprintf(STDERR_FILENO, "%s\n", text); /* ssh knows itself about -q */
	if (s->hinted || strstr(text, prohibited) == NULL)
		return;
	s->hinted = true;
	log_error("the ssh server forbids the forward: look at AllowTcpForwarding, PermitOpen "
	    "and DisableForwarding in its sshd_config");
}

/* A line that is too long is passed on in pieces. */
static void
sshlog_bytes(struct sshlog *s, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != '\n')
			s->line[s->len++] = bytes[i];
		if (bytes[i] == '\n' || s->len == sizeof(s->line))
			sshlog_line(s);
	}
}

static void
sshlog_end(struct sshlog *s)
{
	watch_free(s->watch);
	s->watch = NULL;
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
	sshlog_line(s);
}

static void
sshlog_ready(void *arg, short revents)
{
	struct sshlog *s = arg;
	char bytes[1024];
	ssize_t n = read(s->fd, bytes, sizeof(bytes));

	if (n > 0)
		sshlog_bytes(s, bytes, (size_t)n);
	else if (n == 0 || (revents & (POLLERR | POLLNVAL)) != 0)
		sshlog_end(s);
}

struct sshlog *
sshlog_new(struct loop *loop, int fd, bool to_syslog)
{
	struct sshlog *s = calloc(1, sizeof(*s));

	if (s != NULL) {
		s->fd = fd;
		s->to_syslog = to_syslog;
	}
	if (s != NULL && (s->watch = loop_watch(loop, fd, POLLIN, sshlog_ready, s)) != NULL)
		return s;
	close(fd);
	free(s);
	return NULL;
}

void
sshlog_drain(struct sshlog *s)
{
	char bytes[1024];
	ssize_t n;

	if (s == NULL)
		return;
	while (s->fd != -1 && (n = read(s->fd, bytes, sizeof(bytes))) > 0)
		sshlog_bytes(s, bytes, (size_t)n);
}

void
sshlog_free(struct sshlog *s)
{
	if (s == NULL)
		return;
	sshlog_drain(s);
	sshlog_end(s);
	free(s);
}
