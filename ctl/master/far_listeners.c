#include "master/far_listeners.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/rundir.h"
#include "mux/mux.h"
#include "net/listener.h"

#define FINISH_MS 2000 /* for each answer, in the end */

struct far {
	struct far *next;
	struct far_listeners *owner;
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
far_listeners_lost(struct far_listeners *r)
{
	mux_finish(r->link, FINISH_MS);
	r->link = NULL;
	for (struct far *f = r->first; f != NULL; f = f->next) {
		f->open = f->twin_open = false;
		f->id = f->twin_id = 0;
	}
}

void
far_listeners_free(struct far_listeners *r)
{
	struct far *f;

	far_listeners_lost(r);
	while ((f = r->first) != NULL) {
		r->first = f->next;
		listener_free(f->listener);
		free(f);
	}
}

bool
far_listeners_any_open(const struct far_listeners *r)
{
	for (const struct far *f = r->first; f != NULL; f = f->next)
		if (f->open)
			return true;
	return false;
}

static void
far_accepted(void *arg, const struct listener *l, int fd)
{
	struct far *f = arg;

	f->owner->accepted(f->owner->arg, &f->spec, fd);
}

int
far_listeners_add(struct far_listeners *r, const struct tunnel_spec *spec, bool optional, char *why,
    size_t why_size)
{
	/* in ssh's protocol "" is every address and "localhost" the loopback ones */
	const char *host = *spec->listen.host == '\0' ? "localhost" : spec->listen.host;
	struct far *f = memory_make(struct far, .owner = r, .spec = *spec, .optional = optional,
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
			listener_unix(&f->listener, r->loop, f->forward.path, why, why_size);
	}
	if (f->listener == NULL) {
		free(f);
		return -1;
	}
	listener_start(f->listener, far_accepted, f);
	list_append(far, r->first, f);
	return 0;
}

static void
far_answered(struct far *f, const struct forward_result *result)
{
	struct far_listeners *r = f->owner;

	f->id = 0;
	f->open = result->status == FORWARD_OK;
	f->port = result->port != 0 ? result->port : f->spec.listen.port;
	if (result->status == FORWARD_REFUSED && f->both) { /* PermitListen may know the name alone */
		f->both = false;
		snprintf(f->forward.host, sizeof(f->forward.host), "localhost");
		f->id = mux_open_forward(r->link, &f->forward);
	}
	if (!f->open && f->id == 0)
		r->refused(r->arg, &f->spec, f->optional, result->reason);
	else if (f->open && f->both) {
		f->twin = f->forward;
		f->twin.port = f->port;
		snprintf(f->twin.host, sizeof(f->twin.host), "::1");
		f->twin_id = mux_open_forward(r->link, &f->twin);
	}
}

/* The master's end is seen by whoever watches it; here only answers count. */
static void
answered(void *arg, const struct forward_result *result)
{
	struct far_listeners *r = arg;
	struct far *f;

	for (f = r->first; f != NULL; f = f->next)
		if (result->id != 0 && (f->id == result->id || f->twin_id == result->id))
			break;
	if (f == NULL)
		return;
	if (f->id == result->id)
		far_answered(f, result);
	else {
		f->twin_id = 0;
		f->twin_open = result->status == FORWARD_OK; /* there may be no IPv6 */
	}
	for (f = r->first; f != NULL; f = f->next)
		if (f->id != 0 || f->twin_id != 0)
			return;
	memory_drop(mux_free, r->link); /* an open connection would keep the user's ssh from ending */
	r->settled(r->arg);
}

static struct mux *
link_open(struct far_listeners *r, const char *ctl_path)
{
	return r->link != NULL ? r->link : (r->link = mux_new(r->loop, ctl_path, answered, r));
}

/* The original spec is what the master wants to hear: port 0, not the one that was chosen. So it
 * is for one that is just being opened: nobody would know later which port to cancel. */
void
far_listeners_cancel(struct far_listeners *r, const char *ctl_path)
{
	for (struct far *f = r->first; f != NULL && link_open(r, ctl_path) != NULL; f = f->next) {
		if (f->open || f->id != 0)
			mux_close_forward(r->link, &f->forward);
		if (f->twin_open || f->twin_id != 0)
			mux_close_forward(r->link, &f->twin);
	}
	far_listeners_lost(r); /* waits for the answers */
}

void
far_listeners_announce(struct far_listeners *r)
{
	char at[SPEC_HOST_MAX + 16], target[SPEC_HOST_MAX + 16];

	for (struct far *f = r->first; f != NULL; f = f->next) {
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

void
far_listeners_each(const struct far_listeners *r, void (*fn)(void *, const struct hostport *,
    const struct hostport *), void *arg)
{
	for (const struct far *f = r->first; f != NULL; f = f->next) {
		struct hostport at = f->spec.listen;

		at.port = f->port;
		if (f->open)
			fn(arg, &at, &f->spec.target);
	}
}

int
far_listeners_open(struct far_listeners *r, const char *ctl_path)
{
	if (link_open(r, ctl_path) == NULL)
		return -1;
	for (struct far *f = r->first; f != NULL; f = f->next)
		if (!f->open && f->id == 0 && (f->id = mux_open_forward(r->link, &f->forward)) == 0)
			return -1;
	return 0;
}
