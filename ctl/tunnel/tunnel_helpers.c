#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/packet.h"
#include "status/notice.h"
#include "status/status.h"
#include "tunnel/tunnel_private.h"

#define MASTERS_REFUSED_MAX 1000
#define LAST_REPORTS 32 /* read when it has ended */

static void
helper_free(struct helper *one)
{
	proc_forget(&one->proc);
	kept_forget(one->kept);
	watch_free(one->watch);
	close(one->status_fd);
	free(one->seen);
	free(one);
}

bool
helpers_need_masters(const struct helpers *all)
{
	return all->count > 0 || kept_holds(&all->kept);
}

void
helpers_end(struct helpers *all, bool ours)
{
	bool needed = helpers_need_masters(all);
	struct helper *one;

	while ((one = all->first) != NULL) {
		all->first = one->next;
		helper_free(one);
	}
	kept_close(&all->kept, !needed && ours);
	linelog_close(&all->log);
}

static const char *
path_of(const struct master *m)
{
	return m->state == MASTER_UP ? m->path : "";
}

enum forward_method
helpers_method(const struct tunnel *t)
{
	const struct master *first = t->master;

	if (kept_refused(&t->helpers.kept, path_of(first)) > MASTERS_REFUSED_MAX)
		return METHOD_MUX;
	if (t->cmdline->ftp.forward != METHOD_AUTO)
		return t->cmdline->ftp.forward;
	return master_is_ours(first) || (first->state != MASTER_UP && t->setup->master->ctl_path == NULL) ?
	    METHOD_PROXY : METHOD_MUX;
}

/* As recv(2). What came along unasked for is closed. */
static ssize_t
take_report(struct helper *one)
{
	struct tunnel *t = one->tunnel;
	char report[STATUS_PACKET_MAX], why[NOTICE_MAX];
	enum notice notice;
	int fd[FDPASS_MAX];
	ssize_t n = packet_receive(one->status_fd, report, sizeof(report), fd);

	if (n > 0 && !notice_get(report, (size_t)n, &notice, why)) {
		statusd_report(t, one, report, (size_t)n);
	} else if (n > 0 && notice == NOTICE_DIALS) {
		t->helpers.dials = one->session.server;
	} else if (n > 0 && notice != NOTICE_NO_MASTER) {
		tunnel_noticed(t, one, notice, why);
	} else if (n > 0 && fd[0] != -1) {
		accept_again(t, one, fd[0]);
		fd[0] = -1;
	}
	for (int i = 0; i < FDPASS_MAX; i++)
		fd_close(&fd[i]);
	return n;
}

static void
status_ready(void *arg, short revents)
{
	struct helper *one = arg;

	if (packet_over(take_report(one)))
		memory_drop(watch_free, one->watch); /* it ends: helper_ended() */
}

static void
helper_ended(void *arg, int status)
{
	struct helper *one = arg;
	struct tunnel *t = one->tunnel;

	for (int i = 0; i < LAST_REPORTS && take_report(one) > 0; i++)
		;
	list_remove(helper, t->helpers.first, one);
	t->helpers.count--;
	kept_end(one->kept, status < 0, master_is_ours(t->master));
	one->kept = NULL;
	log_at(LOG_DETAIL, "session of %s: helper %u ended with %d", one->session.peer, one->number,
	    proc_shell_status(status));
	tunnel_helper_ended(t, one, proc_shell_status(status));
	helper_free(one);
#ifdef __GLIBC__
	if (t->helpers.count == 0)
		malloc_trim(0); /* what a crowd has needed goes back to the system */
#endif
}

/* Its descriptors, of which the last one may be -1: none. */
static const char *const fd_options[] = { "-s", "-k", "-P" };
struct fds {
	int fd[3];
	char text[3][16];
};

/* fds and server live as long as it. */
static struct strings
command_line(const struct tunnel *t, const struct session *s, struct fds *fds, const char *server)
{
	static const char *const verbosity[] = { "-q", NULL, "-v", "-vv", "-vvv" };
	const struct cmdline *c = t->cmdline;
	int level = s->unsaid && c->verbosity <= LOG_SESSIONS ? LOG_QUIET : c->verbosity;
	struct strings w = { .bad = false };

	strings_add(&w, t->setup->helper);
	if (c->gateway)
		strings_add(&w, "-g");
	if (strcmp(t->helpers.dials.host, s->server.host) == 0)
		strings_add(&w, "-d");
	if (verbosity[1 + level] != NULL)
		strings_add(&w, verbosity[1 + level]);
	if (s->remote)
		strings_add(&w, "-R");
	for (size_t i = 0; i < c->ftp_texts.count; i++)
		strings_add(&w, "-o", c->ftp_texts.item[i]);
	strings_add(&w, "-o", helpers_method(t) == METHOD_PROXY ? "FtpForward=proxy" :
	    "FtpForward=mux");
	for (int i = 0; i < 3; i++)
		if (fds->fd[i] != -1) {
			snprintf(fds->text[i], sizeof(fds->text[i]), "%d", fds->fd[i]);
			strings_add(&w, fd_options[i], fds->text[i]);
		}
	for (size_t i = 0; i < t->masters.count; i++)
		strings_add(&w, "-S", path_of(&t->masters.one[i]));
	strings_add(&w, server, NULL);
	return w;
}

static int
start_process(struct helper *one, int status_fd)
{
	struct tunnel *t = one->tunnel;
	const struct session *s = &one->session;
	struct proc_start p = { .own_session = s->own_session,
		.fd = { s->in, s->out, t->helpers.log.watch != NULL ? t->helpers.log.out : PROC_OURS } };
	struct fds fds = { .fd = { status_fd } };
	char server[SPEC_HOST_MAX + 16];
	struct strings argv;
	int result = -1;

	masters_tend(&t->masters);
	if ((one->kept = kept_begin(&t->helpers.kept, path_of(t->master), &fds.fd[1])) == NULL)
		return -1;
	fds.fd[2] = helpers_method(t) == METHOD_PROXY ? kept_spare(one->kept) : -1;
	hostport_format(server, sizeof(server), s->server.host, s->server.port);
	argv = command_line(t, s, &fds, server);
	if (!argv.bad) {
		p.argv = argv.item;
		memcpy(p.keep, fds.fd, sizeof(p.keep));
		result = proc_start(&one->proc, t->loop, &p, helper_ended, one);
	}
	free(argv.item);
	fd_close(&fds.fd[1]);
	return result;
}

int
helpers_start(struct tunnel *t, const struct session *s)
{
	struct helper *one = memory_new(sizeof(*one));
	int fds[2], result = -1, saved;

	if (one == NULL || packet_pair(fds, true) == -1) {
		free(one);
		return -1;
	}
	*one = (struct helper){ .tunnel = t, .status_fd = fds[0], .started = loop_now(), .session = *s };
	if ((one->watch = loop_watch(t->loop, fds[0], POLLIN, status_ready, one)) != NULL)
		result = start_process(one, fds[1]);
	fd_close(&fds[1]);
	if (result == -1) {
		saved = errno;
		helper_free(one);
		errno = saved;
		return -1;
	}
	one->number = (unsigned)++t->helpers.started;
	list_add(t->helpers.first, one);
	t->helpers.count++;
	log_at(LOG_DETAIL, "session of %s: helper %u, process %ld", one->session.peer, one->number,
	    (long)one->proc.pid);
	return 0;
}
