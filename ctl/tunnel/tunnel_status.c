/* What ftp-over-ssh-ctl sees of a tunnel. */
#include <stdio.h>

#include "accept/helpers.h"
#include "base/log.h"
#include "master/masters.h"
#include "accept/accept.h"
#include "accept/far_listeners.h"
#include "tunnel/statusd.h"
#include "tunnel/tunnel_private.h"

static void
status_name(const struct tunnel *t, char *name, size_t size)
{
	const struct cmdline *c = t->cmdline;
	uint16_t port = t->near == NULL ? 0 : listener_at(t->near)->port;

	if (port == 0 && c->remote.count > 0)
		port = c->remote.spec[0].listen.port;
	if (*c->ftp.name != '\0')
		snprintf(name, size, "%s", c->ftp.name);
	else
		hostport_format(name, size, c->destination, port);
}

static void
status_tunnel(void *arg, struct status_tunnel *s)
{
	const struct tunnel *t = arg;
	bool up = master_state(t->master) == MASTER_UP;

	snprintf(s->name, sizeof(s->name), "%s", t->name);
	snprintf(s->destination, sizeof(s->destination), "%s", t->cmdline->destination);
	s->options = t->cmdline->digest;
	s->age = (uint32_t)((loop_now() - t->started) / 1000);
	s->master = (uint32_t)master_state(t->master);
	s->master_ours = master_is_ours(t->master);
	s->method = helpers_method(t->helpers) == METHOD_PROXY ?
	    STATUS_PROXY : STATUS_MUX;
	s->master_pid = up ? (uint32_t)master_pid(t->master) : 0;
	s->stopping = t->phase == ENDING;
	snprintf(s->last_error, sizeof(s->last_error), "%s", t->trouble);
	s->error_age = *t->trouble != '\0' ? (uint32_t)((loop_now() - t->trouble_at) / 1000) : 0;
	s->next_attempt = master_next_attempt(t->master) / 1000;
	s->refused = accept_refused(t->accept);
	if (up || t->setup->master->ctl_path != NULL)
		snprintf(s->control_path, sizeof(s->control_path), "%.100s", up ?
		    master_path(t->master) : t->setup->master->ctl_path);
}

struct status_walk {
	statusd_emit *emit;
	void *client;
	bool remote;
};

static void
status_listener(void *arg, const struct hostport *at, const struct hostport *target)
{
	const struct status_walk *walk = arg;
	struct status_listener l = { .remote = walk->remote };

	hostport_format(l.address, sizeof(l.address), at->host, at->port);
	hostport_format(l.target, sizeof(l.target), target->host, target->port);
	walk->emit(walk->client, &l);
}

static void
status_listeners(void *arg, statusd_emit *emit, void *client)
{
	const struct tunnel *t = arg;
	struct status_walk near = { emit, client, false }, far = { emit, client, true };

	for (const struct listener *l = t->near; l != NULL; l = listener_next(l))
		status_listener(&near, listener_at(l), listener_target(l));
	if (t->far_listeners != NULL)
		far_listeners_each(t->far_listeners, status_listener, &far);
}

void
tunnel_status_open(struct tunnel *t)
{
	const struct statusd_source source = { status_tunnel, status_listeners, tunnel_stop, t };
	char why[256];

	status_name(t, t->name, sizeof(t->name));
	t->statusd = statusd_new(t->loop, t->helpers, &source, why, sizeof(why));
	if (t->statusd == NULL)
		log_at(LOG_NORMAL, "no status for ftp-over-ssh-ctl: %s", why);
}
