#include "helpers.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "helperlog.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "signals.h"
#include "status.h"

#define NAME "ftp-over-ssh-helper"
#define LAST_REPORTS 32 /* read when it has ended */

struct helpers {
	struct loop *loop;
	const char *program;
	const struct cmdline *cmdline;
	helpers_fn *ended;
	void *arg;
	struct helper *first;
	size_t count;
	unsigned started;
	helpers_report_fn *report;
	void *report_arg;
	helpers_notice_fn *notice;
	void *notice_arg;
	struct helperlog *log; /* NULL: their messages go where ours go */
};

/* Which program */

/* Of "/somewhere/ctl/ftp-over-ssh" it is in /somewhere/helper; and an installation may have been
 * moved, or have got its PREFIX when it was built already. */
static const struct {
	const char *ours, *its;
} places[] = { { "ctl", "helper" }, { "bin", "libexec" } };

static bool
is_beside(char *path, size_t size)
{
	char own[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *dir, *name;

	if (n == -1)
		return false;
	own[n] = '\0';
	dir = dirname(own);
	if ((name = strrchr(dir, '/')) == NULL)
		return false;
	*name++ = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcmp(name, places[i].ours) == 0)
			return (size_t)snprintf(path, size, "%s/%s/" NAME, dir, places[i].its) <
			    size && access(path, X_OK) == 0;
	return false;
}

const char *
helpers_program(char *why, size_t why_size)
{
	static char beside[PATH_MAX];
	const char *program = getenv("FTP_OVER_SSH_HELPER");

	if (program == NULL || *program == '\0')
		program = is_beside(beside, sizeof(beside)) ? beside : LIBEXECDIR "/" NAME;
	if (access(program, X_OK) == 0)
		return program;
	snprintf(why, why_size, "%s: %s; install it, or name it in FTP_OVER_SSH_HELPER", program,
	    strerror(errno));
	return NULL;
}

/* The set */

struct helpers *
helpers_new(struct loop *loop, const char *program, const struct cmdline *cmdline,
    helpers_fn *ended, void *arg)
{
	struct helpers *h = memory_new(sizeof(*h));

	if (h == NULL)
		return NULL;
	*h = (struct helpers){ .loop = loop, .program = program, .cmdline = cmdline,
		.ended = ended, .arg = arg };
	if (cmdline->to_syslog || (cmdline->background && cmdline->log_file == NULL))
		h->log = helperlog_new(loop);
	return h;
}

static void
helper_free(struct helper *one)
{
	proc_forget(&one->proc);
	watch_free(one->watch);
	close(one->status_fd);
	free(one->seen);
	free(one);
}

void
helpers_free(struct helpers *h)
{
	struct helper *one;

	if (h == NULL)
		return;
	while ((one = h->first) != NULL) {
		h->first = one->next;
		helper_free(one);
	}
	helperlog_free(h->log);
	free(h);
}

size_t
helpers_count(const struct helpers *h)
{
	return h->count;
}

unsigned
helpers_started(const struct helpers *h)
{
	return h->started;
}

void
helpers_on_report(struct helpers *h, helpers_report_fn *fn, void *arg)
{
	h->report = fn;
	h->report_arg = arg;
}

void
helpers_on_notice(struct helpers *h, helpers_notice_fn *fn, void *arg)
{
	h->notice = fn;
	h->notice_arg = arg;
}

const struct helper *
helpers_first(const struct helpers *h)
{
	return h->first;
}

void
helpers_terminate(struct helpers *h)
{
	for (const struct helper *one = h->first; one != NULL; one = one->next)
		proc_kill(&one->proc, SIGTERM);
}

static void
report_or_notice(struct helper *one, const void *packet, size_t len)
{
	const struct helpers *h = one->owner;
	char why[NOTICE_MAX];
	enum notice notice;

	if (notice_get(packet, len, &notice, why)) {
		if (h->notice != NULL)
			h->notice(h->notice_arg, one, notice, why);
	} else if (h->report != NULL) {
		h->report(h->report_arg, one, packet, len);
	}
}

/* One packet; as recv(2). */
static ssize_t
take_report(struct helper *one)
{
	char report[STATUS_PACKET_MAX];
	ssize_t n = recv(one->status_fd, report, sizeof(report), 0);

	if (n > 0)
		report_or_notice(one, report, (size_t)n);
	return n;
}

static void
status_ready(void *arg, short revents)
{
	struct helper *one = arg;
	ssize_t n = take_report(one);

	(void)revents;
	if (n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR)))
		return;
	watch_free(one->watch); /* it ends: helper_ended() */
	one->watch = NULL;
}

/* What a crowd has needed goes back to the system. */
static void
memory_give_back(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

static void
unlink_helper(struct helper *one)
{
	struct helper **at;

	for (at = &one->owner->first; *at != one; at = &(*at)->next)
		;
	*at = one->next;
	one->owner->count--;
}

static void
helper_ended(void *arg, int status)
{
	struct helper *one = arg;
	struct helpers *h = one->owner;

	for (int i = 0; i < LAST_REPORTS && take_report(one) > 0; i++)
		;
	unlink_helper(one);
	log_at(LOG_DETAIL, "session of %s: helper %u ended with %d", one->peer, one->number,
	    proc_shell_status(status));
	h->ended(h->arg, one, proc_shell_status(status));
	helper_free(one);
	if (h->count == 0)
		memory_give_back();
}

/* Starting one */

struct words {
	const char **item;
	size_t count;
};

static void
word(struct words *w, const char *text)
{
	w->item[w->count++] = text;
}

static const char *const verbose[] = { NULL, "-v", "-vv", "-vvv" };

/* malloc'ed. status and server are texts that live as long as it. */
static const char **
command_line(const struct helpers *h, const struct helper_start *start, const char *status,
    const char *server)
{
	const struct cmdline *c = h->cmdline;
	size_t masters = masters_count(start->masters);
	struct words w = { memory_new((2 * (c->ftp_texts.count + masters) + 16) * sizeof(char *)), 0 };

	if (w.item == NULL)
		return NULL;
	word(&w, h->program);
	if (c->gateway)
		word(&w, "-g");
	if (c->verbosity == LOG_QUIET)
		word(&w, "-q");
	if (c->verbosity > (start->unsaid ? LOG_SESSIONS : LOG_NORMAL))
		word(&w, verbose[c->verbosity]);
	if (start->reverse)
		word(&w, "-R");
	for (size_t i = 0; i < c->ftp_texts.count; i++) {
		word(&w, "-o");
		word(&w, c->ftp_texts.item[i]);
	}
	word(&w, "-d");
	word(&w, c->destination);
	word(&w, "-s");
	word(&w, status);
	for (size_t i = 0; i < masters; i++) {
		word(&w, "-S");
		word(&w, masters_path(start->masters, i));
	}
	word(&w, server);
	return w.item;
}

static int
start_process(struct helper *one, const struct helper_start *start, int status_fd)
{
	const struct helpers *h = one->owner;
	struct proc_start p = { .fd = { start->in, start->out, PROC_OURS }, .keep = { status_fd },
		.own_session = start->own_session };
	char status[16], server[SPEC_HOST_MAX + 16];
	const char **argv;
	int result, saved;

	snprintf(status, sizeof(status), "%d", status_fd);
	hostport_format(server, sizeof(server), start->server->host, start->server->port);
	if ((argv = command_line(h, start, status, server)) == NULL)
		return -1;
	p.argv = argv;
	if (h->log != NULL)
		p.fd[2] = helperlog_fd(h->log);
	result = proc_start(&one->proc, h->loop, &p, helper_ended, one);
	saved = errno;
	free(argv);
	errno = saved;
	return result;
}

static struct helper *
helper_new(struct helpers *h, const struct helper_start *start, int status_fd)
{
	struct helper *one = memory_new(sizeof(*one));

	if (one == NULL)
		return NULL;
	one->owner = h;
	one->status_fd = status_fd;
	one->started = loop_now();
	one->reverse = start->reverse;
	one->server = *start->server;
	snprintf(one->peer, sizeof(one->peer), "%s", start->peer);
	one->watch = loop_watch(h->loop, status_fd, POLLIN, status_ready, one);
	if (one->watch != NULL)
		return one;
	free(one);
	return NULL;
}

int
helpers_start(struct helpers *h, const struct helper_start *start)
{
	struct helper *one;
	int fds[2], result, saved;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == -1)
		return -1;
	if ((one = helper_new(h, start, fds[0])) == NULL) {
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	result = start_process(one, start, fds[1]);
	saved = errno;
	close(fds[1]);
	if (result == -1) {
		helper_free(one);
		errno = saved;
		return -1;
	}
	one->number = ++h->started;
	one->next = h->first;
	h->first = one;
	h->count++;
	log_at(LOG_DETAIL, "session of %s: helper %u, process %ld", one->peer, one->number,
	    (long)one->proc.pid);
	return 0;
}
