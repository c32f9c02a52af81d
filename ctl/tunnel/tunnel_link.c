/* Who is told that the ssh connection is lost, and that it is there again: the log, and FtpNotify. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "master/masters.h"
#include "tunnel/tunnel_private.h"

struct event {
	const struct tunnel *tunnel;
	const char *name, *why;
};

/* Never through a shell: what went wrong may hold words of a server. */
static int
become_notify(void *arg)
{
	const struct event *e = arg;
	const char *program = e->tunnel->cmdline->ftp.notify;

	if (setenv("FTP_OVER_SSH_EVENT", e->name, 1) == -1 ||
	    setenv("FTP_OVER_SSH_REASON", e->why, 1) == -1 ||
	    setenv("FTP_OVER_SSH_NAME", e->tunnel->name, 1) == -1 ||
	    setenv("FTP_OVER_SSH_DESTINATION", e->tunnel->cmdline->destination, 1) == -1)
		return errno;
	execl(program, program, (char *)NULL);
	return errno;
}

static void
notify_ended(void *arg, int status)
{
	if (status != 0)
		log_at(LOG_SESSIONS, "FtpNotify: it exited with %d", proc_shell_status(status));
}

/* The last event counts: one that is still being told about is left to itself. */
static void
notify(struct tunnel *t, const char *name, const char *why)
{
	struct event event = { t, name, why };
	const struct proc_start start = { .become = become_notify, .arg = &event,
		.fd = { PROC_NULL, PROC_NULL, PROC_OURS }, .own_session = true, .certain = true };

	if (*t->cmdline->ftp.notify == '\0')
		return;
	proc_forget(&t->notify);
	if (proc_start(&t->notify, t->loop, &start, notify_ended, t) == -1)
		log_at(LOG_NORMAL, "FtpNotify: %s: %s", t->cmdline->ftp.notify, strerror(errno));
}

void
tunnel_linked(struct tunnel *t)
{
	char text[320];

	if (t->is_lost) {
		snprintf(text, sizeof(text), "connected to %s again", t->cmdline->destination);
		log_at(ratelimit_due(&t->told, text, loop_now(), NULL) ? LOG_NORMAL : LOG_SESSIONS, "%s", text);
		notify(t, "connected", "");
	}
	log_at(LOG_DIALOGUE, "dialling through %s ssh connection by %s (FtpForward)",
	    master_is_ours(t->master) ? "our own" : "the user's", masters_method(t->masters,
	    t->cmdline->ftp.forward) == METHOD_PROXY ? "proxy" : "mux");
	t->was_up = true;
	t->is_lost = false;
}

void
tunnel_unlinked(struct tunnel *t, const char *why)
{
	snprintf(t->trouble, sizeof(t->trouble), "%s", why);
	t->trouble_at = loop_now();
	if (t->was_up && !t->is_lost && !t->ends_with_master) {
		t->is_lost = true;
		notify(t, "lost", why);
	}
}
