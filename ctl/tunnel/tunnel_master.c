/* The ssh connection of a tunnel, and the listeners that it has on the far side. */
#include <stdio.h>

#include "client/background.h"
#include "base/log.h"
#include "base/memory.h"
#include "accept/accept.h"
#include "accept/far_listeners.h"
#include "tunnel/tunnel_private.h"

#define SILENT_MS 300   /* a master that says nothing for so long waits for LocalCommand */
#define REOPEN_MS 1000  /* between two attempts to get a master for the far listeners */
#define RETRY_MS 5000   /* after the ssh server refused one: the old connection may hold it */
#define PATIENCE_MS 30000 /* a master that runs us as its LocalCommand answers within */

static void want_master(struct tunnel *);
static void reopen_later(struct tunnel *, unsigned ms);

void
tunnel_far_refused(void *arg, const struct tunnel_spec *spec, bool optional, const char *reason)
{
	struct tunnel *t = arg;
	char at[SPEC_HOST_MAX + 16], why[1024];

	snprintf(why, sizeof(why), "cannot listen on %s of the ssh server: %s; is the port in use, "
	    "or forbidden (by AllowTcpForwarding or PermitListen in its sshd_config, if it has one)?",
	    hostport_format(at, sizeof(at), spec->listen.host, spec->listen.port), reason);
	if (t->phase == OPENING && !optional) {
		tunnel_fail(t, why);
		return;
	}
	if (optional) {
		snprintf(t->skipped, sizeof(t->skipped), "%s", why);
		log_at(LOG_SESSIONS, "%s", why);
		return;
	}
	tunnel_say(t, why);
	reopen_later(t, RETRY_MS);
}

void
tunnel_far_settled(void *arg)
{
	struct tunnel *t = arg;

	if (t->phase == READY && t->cmdline->run == RUN_TUNNEL)
		far_listeners_announce(t->far_listeners);
	/* all there was to open are forwards of ssh's configuration, which could not be */
	if (t->phase == OPENING && *t->skipped != '\0' && t->cmdline->run == RUN_TUNNEL &&
	    t->near == NULL && !far_listeners_any_open(t->far_listeners))
		tunnel_fail(t, t->skipped);
	tunnel_ready(t);
}

static void
open_far(struct tunnel *t)
{
	if (far_listeners_open(t->far_listeners, master_path(t->master)) == 0)
		return;
	if (t->phase == OPENING)
		tunnel_fail(t, "the ssh connection is lost: its ControlMaster takes no requests any more");
	else
		reopen_later(t, RETRY_MS);
}

void
tunnel_close_far(struct tunnel *t)
{
	if (master_state(t->master) == MASTER_UP && !far_listeners_empty(t->far_listeners))
		far_listeners_cancel(t->far_listeners, master_path(t->master));
	memory_drop(far_listeners_free, t->far_listeners);
}

static void
reopen(void *arg)
{
	struct tunnel *t = arg;

	if (t->phase != READY)
		return;
	if (master_state(t->master) == MASTER_UP)
		open_far(t);
	else
		want_master(t);
}

/* No FTP client can come and wake us where the listener is gone as well. */
static void
reopen_later(struct tunnel *t, unsigned ms)
{
	if (!far_listeners_empty(t->far_listeners) && t->reopen.loop == NULL)
		timer_set(&t->reopen, t->loop, ms, reopen, t);
}

static void
master_lost(struct tunnel *t)
{
	if (t->phase == OPENING) {
		tunnel_fail(t, master_reason(t->master));
		return;
	}
	tunnel_unlinked(t, master_reason(t->master));
	if (t->ends_with_master) {
		log_at(LOG_SESSIONS, "%s", master_reason(t->master));
		tunnel_end(t, 0);
	} else {
		tunnel_say(t, master_reason(t->master));
	}
	far_listeners_lost(t->far_listeners);
	reopen_later(t, REOPEN_MS);
}

void
tunnel_master_changed(void *arg, enum master_state state)
{
	struct tunnel *t = arg;

	if (t->phase == ENDING)
		return;
	if (state == MASTER_UP)
		tunnel_linked(t);
	if (state == MASTER_DOWN)
		master_lost(t);
	else if (!far_listeners_empty(t->far_listeners))
		open_far(t);
	else
		tunnel_ready(t);
	if (t->phase == READY)
		accept_master(t->accept, state);
}

/* While it is too early for another attempt, somebody who waits has to try again. */
static void
want_master(struct tunnel *t)
{
	if (master_want(t->master, t->phase == OPENING) == MASTER_DOWN && t->phase == READY)
		reopen_later(t, REOPEN_MS);
}

/* LocalCommand: ssh waits for us to return before it serves its control socket, so we are
 * ready without having heard from it. */
static void
ready_unheard(void *arg)
{
	struct tunnel *t = arg;

	t->ends_with_master = true;
	master_be_patient(t->master, PATIENCE_MS);
	tunnel_ready(t);
}

void
tunnel_connect(struct tunnel *t)
{
	const struct cmdline *c = t->cmdline;

	if (c->ftp.connect_first && far_listeners_empty(t->far_listeners) && c->run != RUN_STDIO) {
		if (c->run == RUN_TUNNEL && !c->background)
			accept_may_ask(t->accept);
		tunnel_ready(t);
		return;
	}
	if (c->background && c->ctl_path != NULL) {
		if (background_under_ssh())
			ready_unheard(t);
		else
			timer_set(&t->silent, t->loop, SILENT_MS, ready_unheard, t);
	}
	want_master(t);
}
