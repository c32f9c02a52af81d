#include "client/probe.h"

#include <sys/socket.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "client/ftp_dialogue.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"

#define QUIT_MS 3000

enum step { GREETING, USER, QUIT, OVER };

struct probe {
	struct loop *loop;
	struct watch *watch;
	struct timer patience; /* for the answer to QUIT */
	probe_fn *bored;
	void *arg;
	const char *user;
	struct ftp_dialogue ftp;
	enum step step;
	struct probe_result result;
};

static void
hang_up(struct probe *p)
{
	memory_drop(watch_free, p->watch);
	timer_stop(&p->patience);
	fd_close(&p->ftp.fd);
	p->step = OVER;
}

static void
say(struct probe *p, enum step step, const char *command, const char *argument)
{
	p->step = step;
	if (dprintf(p->ftp.fd, "%s%s\r\n", command, argument) == -1)
		hang_up(p);
}

static void
no_goodbye(void *arg)
{
	struct probe *p = arg;

	hang_up(p);
	p->bored(p->arg);
}

/* 120 announces a greeting. Who may log in is the client's affair; that a USER is answered at all
 * is ours: 421 is the server's goodbye. */
static void
probe_ready(void *arg, short revents)
{
	struct probe *p = arg;
	int code;

	while (p->step != OVER && (code = ftp_dialogue_next(&p->ftp)) != DIALOGUE_MORE) {
		if (p->step == GREETING && code >= 100 && code < 200)
			continue;
		if (p->step == GREETING || code == 421)
			log_escape(p->result.text, sizeof(p->result.text), p->ftp.reply,
			    strlen(p->ftp.reply));
		if (p->step == GREETING && code >= 200 && code < 300) {
			say(p, USER, "USER ", p->user);
		} else if (p->step == USER && code > 0 && code != 421) {
			p->result.serves = true;
			timer_set(&p->patience, p->loop, QUIT_MS, no_goodbye, p);
			say(p, QUIT, "QUIT", "");
		} else {
			hang_up(p);
		}
	}
}

struct probe *
probe_new(struct loop *loop, const char *user, probe_fn *bored, void *arg, int *fd)
{
	struct probe *p = memory_make(struct probe, .loop = loop, .user = user, .bored = bored,
	    .arg = arg, .ftp.fd = -1);
	int fds[2];

	if (p == NULL)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0) {
		p->ftp.fd = fds[0];
		*fd = fds[1];
		if ((p->watch = loop_watch(loop, fds[0], POLLIN, probe_ready, p)) != NULL)
			return p;
		close(fds[1]);
	}
	probe_free(p);
	return NULL;
}

void
probe_free(struct probe *p)
{
	if (p == NULL)
		return;
	hang_up(p);
	free(p);
}

const struct probe_result *
probe_result(struct probe *p)
{
	probe_ready(p, POLLIN);
	return &p->result;
}
