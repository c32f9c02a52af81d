#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "client/background.h"
#include "tunnel/tunnel_private.h"

#define SILENT_MS 300   /* a master that says nothing for so long waits for LocalCommand */
#define REOPEN_MS 1000  /* between two attempts to get a master for the far listeners */
#define PATIENCE_MS 30000 /* a master that runs us as its LocalCommand answers within */

static void want_master(struct tunnel *);

static void
open_far(struct tunnel *t)
{
	if (far_open(t) == 0)
		return;
	if (t->phase == OPENING)
		tunnel_fail(t, "the ssh connection is lost: its ControlMaster takes no requests any more");
	else
		tunnel_reopen_later(t, TUNNEL_RETRY_MS);
}

static void
reopen(void *arg)
{
	struct tunnel *t = arg;

	if (t->phase != READY)
		return;
	if (t->master->state == MASTER_UP)
		open_far(t);
	else
		want_master(t);
}

/* No FTP client can come and wake us where the listener is gone as well. */
void
tunnel_reopen_later(struct tunnel *t, unsigned ms)
{
	if (t->far.first != NULL && t->ssh.reopen.loop == NULL)
		timer_set(&t->ssh.reopen, t->loop, ms, reopen, t);
}

static void
notify_ended(void *arg, int status)
{
	if (status != 0)
		log_at(LOG_SESSIONS, "FtpNotify: it exited with %d", proc_shell_status(status));
}

/* The last event counts: one that is still being told about is left to itself. Never through a shell: what
 * went wrong may hold words of a server. */
static void
notify(struct tunnel *t, const char *event, const char *why)
{
	const char *program = t->cmdline->ftp.notify;
	const struct proc_start start = { .argv = (const char *const[]){ program, NULL },
		.env = (const char *const[]){ "FTP_OVER_SSH_EVENT", event, "FTP_OVER_SSH_REASON", why,
		    "FTP_OVER_SSH_NAME", t->statusd.name, "FTP_OVER_SSH_DESTINATION", t->cmdline->destination, NULL },
		.fd = { PROC_NULL, PROC_NULL, PROC_OURS }, .own_session = true, .certain = true };

	if (*program == '\0')
		return;
	proc_forget(&t->ssh.notify);
	if (proc_start(&t->ssh.notify, t->loop, &start, notify_ended, t) == -1)
		log_at(LOG_NORMAL, "FtpNotify: %s: %s", program, strerror(errno));
}

static void
linked(struct tunnel *t)
{
	char text[320];

	if (t->ssh.is_lost) {
		snprintf(text, sizeof(text), "connected to %s again", t->cmdline->destination);
		log_at(ratelimit_due(&t->told, text, loop_now(), NULL) ? LOG_NORMAL : LOG_SESSIONS, "%s", text);
		notify(t, "connected", "");
	}
	log_at(LOG_DIALOGUE, "dialling through %s ssh connection by %s (FtpForward)",
	    master_is_ours(t->master) ? "our own" : "the user's", helpers_method(t) == METHOD_PROXY ?
	    "proxy" : "mux");
	t->ssh.was_up = true;
	t->ssh.is_lost = false;
}

static void
master_lost(struct tunnel *t)
{
	const char *why = t->master->reason;

	if (t->phase == OPENING) {
		tunnel_fail(t, why);
		return;
	}
	snprintf(t->trouble, sizeof(t->trouble), "%.255s", why);
	t->trouble_at = loop_now();
	if (t->ssh.ends_with_master) {
		log_at(LOG_SESSIONS, "%s", why);
		tunnel_end(t, 0);
	} else {
		if (t->ssh.was_up && !t->ssh.is_lost)
			notify(t, "lost", why);
		t->ssh.is_lost |= t->ssh.was_up;
		tunnel_say(t, why);
	}
	far_lost(&t->far);
	tunnel_reopen_later(t, REOPEN_MS);
}

void
tunnel_master_changed(void *arg, enum master_state state)
{
	struct tunnel *t = arg;

	if (state == MASTER_UP)
		masters_tend(&t->masters);
	if (t->phase == ENDING)
		return;
	if (state == MASTER_UP)
		linked(t);
	if (state == MASTER_DOWN)
		master_lost(t);
	else if (t->far.first != NULL)
		open_far(t);
	else
		tunnel_ready(t);
	if (t->phase == READY)
		accept_master(t, state);
}

/* While it is too early for another attempt, somebody who waits has to try again. */
static void
want_master(struct tunnel *t)
{
	if (master_want(t->master, t->phase == OPENING) == MASTER_DOWN && t->phase == READY)
		tunnel_reopen_later(t, REOPEN_MS);
}

/* LocalCommand: ssh waits for us to return before it serves its control socket, so we are
 * ready without having heard from it. */
static void
ready_unheard(void *arg)
{
	struct tunnel *t = arg;

	t->ssh.ends_with_master = true;
	master_be_patient(t->master, PATIENCE_MS);
	tunnel_ready(t);
}

void
tunnel_connect(struct tunnel *t)
{
	const struct cmdline *c = t->cmdline;

	if (c->ftp.connect_first && t->far.first == NULL && c->run != RUN_STDIO) {
		if (c->run == RUN_TUNNEL && !c->background)
			t->accept.may_ask = true;
		tunnel_ready(t);
		return;
	}
	if (c->background && c->ctl_path != NULL) {
		if (background_under_ssh())
			ready_unheard(t);
		else
			timer_set(&t->ssh.silent, t->loop, SILENT_MS, ready_unheard, t);
	}
	want_master(t);
}
