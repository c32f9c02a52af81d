#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/log.h"
#include "base/rundir.h"
#include "mux/mux.h"
#include "net/listener.h"
#include "tunnel/tunnel_private.h"

#define FINISH_MS 2000 /* for each answer, in the end */

struct far {
	struct far *next;
	struct tunnel_spec spec;
	bool optional, open;
	uint16_t port, announced;
	struct forward forward;
	struct listener *listener; /* where ssh connects to */
	uint32_t id;               /* of the request under way, 0 = none */
	/* For "localhost" and any port sshd would take a port that is free on one loopback, and
	 * not say that on the other it is somebody else's: so it is asked for each of them. */
	bool both, twin_open;
	struct forward twin; /* ::1, once the port is known */
	uint32_t twin_id;
};

void
far_lost(struct far_listeners *all)
{
	mux_finish(all->link, FINISH_MS);
	all->link = NULL;
	for (struct far *f = all->first; f != NULL; f = f->next) {
		f->open = f->twin_open = false;
		f->id = f->twin_id = 0;
	}
}

void
far_free(struct far_listeners *all)
{
	struct far *f;

	far_lost(all);
	while ((f = all->first) != NULL) {
		all->first = f->next;
		listener_free(f->listener);
		free(f);
	}
}

int
far_add(struct tunnel *t, const struct tunnel_spec *spec, bool optional, char *why, size_t why_size)
{
	/* in ssh's protocol "" is every address and "localhost" the loopback ones */
	const char *host = *spec->listen.host == '\0' ? "localhost" : spec->listen.host;
	struct far *f = memory_make(struct far, .spec = *spec, .optional = optional,
	    .forward.kind = FORWARD_REMOTE, .forward.port = spec->listen.port);

	if (f == NULL)
		return log_why(why, why_size, "out of memory");
	f->both = spec->listen.port == 0 && strcmp(host, "localhost") == 0;
	snprintf(f->forward.host, sizeof(f->forward.host), "%s", f->both ? "127.0.0.1" :
	    strcmp(host, "*") == 0 ? "" : host);
	if (rundir_path(why, why_size) != NULL) {
		if (rundir_fresh(f->forward.path, sizeof(f->forward.path), 'r') == -1)
			snprintf(why, why_size, "runtime directory: %s", strerror(errno));
		else
			listener_unix(&f->listener, t->loop, f->forward.path, why, why_size);
	}
	if (f->listener == NULL) {
		free(f);
		return -1;
	}
	f->listener->target = spec->target;
	listener_start(f->listener, accept_incoming, t);
	list_append(far, t->far.first, f);
	return 0;
}

void
far_announce(struct far_listeners *all)
{
	char at[SPEC_HOST_MAX + 16], target[SPEC_HOST_MAX + 16];

	for (struct far *f = all->first; f != NULL; f = f->next) {
		if (!f->open || f->port == f->announced)
			continue;
		f->announced = f->port;
		printf("listening on %s (remote), forwarding to %s\n",
		    hostport_format(at, sizeof(at), f->spec.listen.host, f->port),
		    hostport_format(target, sizeof(target), f->spec.target.host,
		    f->spec.target.port));
	}
	fflush(stdout);
}

static void
far_refused(struct tunnel *t, const struct far *f, const char *reason)
{
	const struct hostport *listen = &f->spec.listen;
	char at[SPEC_HOST_MAX + 16], why[1024];

	snprintf(why, sizeof(why), "cannot listen on %s of the ssh server: %s; is the port in use, "
	    "or forbidden (by AllowTcpForwarding or PermitListen in its sshd_config, if it has one)?",
	    hostport_format(at, sizeof(at), listen->host, listen->port), reason);
	if (t->phase == OPENING && !f->optional) {
		tunnel_fail(t, why);
		return;
	}
	if (f->optional) {
		snprintf(t->skipped, sizeof(t->skipped), "%s", why);
		log_at(LOG_SESSIONS, "%s", why);
		return;
	}
	tunnel_say(t, why);
	tunnel_reopen_later(t, TUNNEL_RETRY_MS);
}

static void
far_settled(struct tunnel *t, bool any_open)
{
	if (t->phase == READY && t->cmdline->run == RUN_TUNNEL)
		far_announce(&t->far);
	/* all there was to open are forwards of ssh's configuration, which could not be */
	if (t->phase == OPENING && *t->skipped != '\0' && t->cmdline->run == RUN_TUNNEL &&
	    t->near == NULL && !any_open)
		tunnel_fail(t, t->skipped);
	tunnel_ready(t);
}

static void
far_answered(struct tunnel *t, struct far *f, const struct forward_result *result)
{
	f->id = 0;
	f->open = result->status == FORWARD_OK;
	f->port = result->port != 0 ? result->port : f->spec.listen.port;
	if (result->status == FORWARD_REFUSED && f->both) { /* PermitListen may know the name alone */
		f->both = false;
		snprintf(f->forward.host, sizeof(f->forward.host), "localhost");
		f->id = mux_open_forward(t->far.link, &f->forward);
	}
	if (!f->open && f->id == 0)
		far_refused(t, f, result->reason);
	else if (f->open && f->both) {
		f->twin = f->forward;
		f->twin.port = f->port;
		snprintf(f->twin.host, sizeof(f->twin.host), "::1");
		f->twin_id = mux_open_forward(t->far.link, &f->twin);
	}
}

/* The master's end is seen by whoever watches it; here only answers count. */
static void
answered(void *arg, const struct forward_result *result)
{
	struct tunnel *t = arg;
	bool any_open = false;
	struct far *f;

	for (f = t->far.first; f != NULL; f = f->next)
		if (result->id != 0 && (f->id == result->id || f->twin_id == result->id))
			break;
	if (f == NULL)
		return;
	if (f->id == result->id)
		far_answered(t, f, result);
	else {
		f->twin_id = 0;
		f->twin_open = result->status == FORWARD_OK; /* there may be no IPv6 */
	}
	for (f = t->far.first; f != NULL; f = f->next) {
		if (f->id != 0 || f->twin_id != 0)
			return;
		any_open |= f->open;
	}
	memory_drop(mux_free, t->far.link); /* an open connection would keep the user's ssh from ending */
	far_settled(t, any_open);
}

static struct mux *
link_open(struct tunnel *t)
{
	return t->far.link != NULL ? t->far.link : (t->far.link = mux_new(t->loop, t->master->path, answered, t));
}

/* The original spec is what the master wants to hear: port 0, not the one that was chosen. So it
 * is for one that is just being opened: nobody would know later which port to cancel. */
void
far_cancel(struct tunnel *t)
{
	for (struct far *f = t->far.first; f != NULL && link_open(t) != NULL; f = f->next) {
		if (f->open || f->id != 0)
			mux_close_forward(t->far.link, &f->forward);
		if (f->twin_open || f->twin_id != 0)
			mux_close_forward(t->far.link, &f->twin);
	}
	far_lost(&t->far); /* waits for the answers */
}

void
far_status(const struct far_listeners *all, struct bytes *out)
{
	for (const struct far *f = all->first; f != NULL; f = f->next) {
		struct hostport at = f->spec.listen;

		at.port = f->port;
		if (f->open)
			status_listener(out, &at, &f->spec.target, true);
	}
}

int
far_open(struct tunnel *t)
{
	if (link_open(t) == NULL)
		return -1;
	for (struct far *f = t->far.first; f != NULL; f = f->next)
		if (!f->open && f->id == 0 && (f->id = mux_open_forward(t->far.link, &f->forward)) == 0)
			return -1;
	return 0;
}
