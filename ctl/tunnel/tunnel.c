#include "tunnel/tunnel.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/rundir.h"
#include "client/background.h"
#include "net/listener.h"
#include "process/signals.h"
#include "ssh/sshrun.h"
#include "status/seen.h"
#include "tunnel/tunnel_private.h"

#define LAST_WORDS_MS 1000 /* for the sessions of a client that has ended */
#define TERMINATE_MS 2000  /* for sessions that were told to end, if they hold nothing */

void
tunnel_end(struct tunnel *t, int status)
{
	if (t->phase == ENDING)
		return;
	t->status = status;
	t->phase = ENDING;
	t->over = true;
}

int
tunnel_fail(struct tunnel *t, const char *why)
{
	if (t->signals != NULL)
		signals_look(t->signals);
	if (t->phase != ENDING)
		log_error("%s", why);
	tunnel_end(t, TUNNEL_FAILED);
	return -1;
}

void
tunnel_say(struct tunnel *t, const char *text)
{
	snprintf(t->trouble, sizeof(t->trouble), "%s", text);
	t->trouble_at = loop_now();
	log_at(ratelimit_due(&t->told, text, loop_now(), NULL) ? LOG_NORMAL : LOG_SESSIONS, "%s", text);
}

/* -f: who typed the command is gone (kill, timeout(1)), so nobody waits for the tunnel. */
static void
parent_gone(void *arg, short revents)
{
	struct tunnel *t = arg;

	memory_drop(watch_free, t->parent);
	tunnel_end(t, TUNNEL_FAILED);
}

static void
start_stdio(struct tunnel *t)
{
	const struct session session = { .in = STDIN_FILENO, .out = STDOUT_FILENO,
		.peer = "stdin", .server = t->cmdline->server };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1 || helpers_start(t, &session) == -1)
		tunnel_fail(t, "cannot start the helper: out of processes or descriptors");
	/* Only the helper shall hold them: the other end sees when it closes them. */
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
}

void
tunnel_ready(struct tunnel *t)
{
	char at[SPEC_HOST_MAX + 16], target[SPEC_HOST_MAX + 16];

	if (t->phase != OPENING)
		return;
	t->phase = READY;
	timer_stop(&t->ssh.silent);
	if (t->cmdline->run == RUN_STDIO) {
		start_stdio(t);
		return;
	}
	listener_start(t->near, accept_incoming, t);
	if (t->cmdline->run == RUN_CLIENT) {
		tunnel_probe(t);
		return;
	}
	for (const struct listener *l = t->near; l != NULL; l = l->next)
		printf("listening on %s, forwarding to %s\n",
		    hostport_format(at, sizeof(at), l->at.host, l->at.port),
		    hostport_format(target, sizeof(target), l->target.host, l->target.port));
	far_announce(&t->far);
	activation_notify("READY=1");
	if (t->setup->ready == -1)
		return;
	t->in_background = true;
	memory_drop(watch_free, t->parent);
	if (t->cmdline->log_file == NULL) /* nobody else will hear us */
		log_to_syslog();
	else
		log_spare(-1);
	if (background_ready(t->setup->ready, t->cmdline->log_file != NULL) == -1)
		tunnel_end(t, TUNNEL_FAILED);
}

void
tunnel_signalled(void *arg, int signo)
{
	struct tunnel *t = arg;

	if (signo == SIGHUP && t->in_background)
		return;
	else if (t->phase == ENDING) /* asked a second time: no grace any more */
		t->over = true;
	else if (t->client.proc.pid != 0)
		foreground_kill(&t->client, signo);
	else if (signo == SIGINT && (t->phase == OPENING || t->cmdline->run == RUN_CLIENT))
		tunnel_end(t, -SIGINT);
	else
		tunnel_end(t, t->phase == READY && t->cmdline->run == RUN_TUNNEL ? 0 : TUNNEL_FAILED);
}

void
tunnel_helper_ended(struct tunnel *t, const struct helper *helper, int status)
{
	if (helper->seen != NULL)
		tunnel_status_add(&t->statusd.gone, &helper->seen->session);
	if (helper == t->probe.helper)
		tunnel_probed(t);
	if (t->cmdline->run == RUN_STDIO)
		tunnel_end(t, status);
	else if (t->phase == ENDING && t->helpers.count == 0)
		t->over = true;
}

static int
set_up(struct tunnel *t)
{
	const struct cmdline *c = t->cmdline;
	char why[512];

	t->master = t->masters.one;
	if ((t->loop = loop_new()) == NULL)
		return -1;
	rundir_need(why, sizeof(why)); /* where there is none, it was told before */
	t->signals = signals_new(t->loop, false, tunnel_signalled, t);
	t->helpers.kept = (struct kept){ .loop = t->loop, .hold_ms = c->ftp.abort_hold * 1000 };
	if (c->to_syslog || (c->background && c->log_file == NULL))
		linelog_open(&t->helpers.log, t->loop, NULL, NULL);
	masters_begin(&t->masters, c->ftp.masters, t->loop, t->setup->master, tunnel_master_changed, t);
	return t->signals == NULL ? -1 : 0;
}

static void
tear_down(struct tunnel *t)
{
	statusd_close(&t->statusd);
	listener_free(t->near);
	accept_end(&t->accept);
	far_free(&t->far);
	if (!helpers_need_masters(&t->helpers))
		masters_stop(&t->masters); /* before kept connections are closed, of which it would complain */
	helpers_end(&t->helpers, master_is_ours(t->master));
	masters_end(&t->masters);
	probe_end(&t->probe);
	sshrun_free(t->probe.sftp);
	foreground_forget(&t->client);
	proc_forget(&t->ssh.notify);
	signals_free(t->signals);
	loop_free(t->loop);
}

static void
wait_for_helpers(struct tunnel *t, unsigned ms)
{
	uint64_t now, end = loop_now() + ms;

	t->over = t->helpers.count == 0;
	while (!t->over && (now = loop_now()) < end && loop_once(t->loop, (int)(end - now)) == 0)
		;
}

/* Let nobody in; give the running sessions their time; then end them. What a helper still
 * holds open after that (FtpAbortHold) keeps our master alive. */
static void
wind_up(struct tunnel *t)
{
	unsigned ms = t->cmdline->ftp.grace * 1000;

	activation_notify("STOPPING=1");
	memory_drop(listener_free, t->near);
	if (t->master->state == MASTER_UP && t->far.first != NULL)
		far_cancel(t);
	far_free(&t->far);
	if (t->cmdline->run == RUN_CLIENT && ms < LAST_WORDS_MS)
		ms = LAST_WORDS_MS;
	wait_for_helpers(t, ms);
	for (const struct helper *h = t->helpers.first; h != NULL; h = h->next)
		proc_kill(&h->proc, SIGTERM);
	wait_for_helpers(t, TERMINATE_MS);
}

int
tunnel_run(const struct tunnel_setup *setup)
{
	struct tunnel t = { .setup = setup, .cmdline = setup->cmdline, .started = loop_now() };

	if (set_up(&t) == -1) {
		tunnel_fail(&t, "out of memory or descriptors");
	} else if (tunnel_open_listeners(&t) == 0) {
		if (setup->ready != -1)
			t.parent = loop_watch(t.loop, setup->ready, 0, parent_gone, &t);
		statusd_open(&t);
		tunnel_connect(&t);
		while (!t.over && loop_once(t.loop, -1) == 0)
			;
		if (!t.over)
			tunnel_fail(&t, "cannot wait for events: out of memory?");
		wind_up(&t);
	}
	tear_down(&t);
	return t.status;
}
