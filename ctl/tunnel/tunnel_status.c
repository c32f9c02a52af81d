/* What ftp-over-ssh-ctl sees of a tunnel. */
#include <stdio.h>
#include <unistd.h>

#include "base/loop.h"
#include "net/listener.h"
#include "status/seen.h"
#include "tunnel/tunnel_private.h"

void
tunnel_status_add(struct status_tunnel *sum, const struct status_session *s)
{
	sum->transfers += s->transfers;
	sum->failed += s->failed;
	sum->bytes_up += s->bytes_up;
	sum->bytes_down += s->bytes_down;
}

static void
status_tunnel(const struct tunnel *t, struct status_tunnel *s)
{
	bool up = t->master->state == MASTER_UP;

	for (const struct helper *h = t->helpers.first; h != NULL; h = h->next)
		if (h->seen != NULL)
			tunnel_status_add(s, &h->seen->session);
	s->pid = (uint32_t)getpid();
	s->sessions = t->helpers.started;
	snprintf(s->name, sizeof(s->name), "%s", t->statusd.name);
	snprintf(s->destination, sizeof(s->destination), "%s", t->cmdline->destination);
	s->options = t->cmdline->digest;
	s->age = (uint32_t)((loop_now() - t->started) / 1000);
	s->master = (uint32_t)t->master->state;
	s->master_ours = master_is_ours(t->master);
	s->method = helpers_method(t) == METHOD_PROXY ?
	    STATUS_PROXY : STATUS_MUX;
	s->master_pid = up ? (uint32_t)t->master->pid : 0;
	s->stopping = t->phase == ENDING;
	snprintf(s->last_error, sizeof(s->last_error), "%s", t->trouble);
	s->error_age = *t->trouble != '\0' ? (uint32_t)((loop_now() - t->trouble_at) / 1000) : 0;
	s->next_attempt = master_next_attempt(t->master) / 1000;
	s->refused = t->accept.refused;
	if (up || t->setup->master->ctl_path != NULL)
		snprintf(s->control_path, sizeof(s->control_path), "%.100s", up ?
		    t->master->path : t->setup->master->ctl_path);
}

void
status_listener(struct bytes *out, const struct hostport *at, const struct hostport *target, bool remote)
{
	struct status_record r = { .type = STATUS_LISTENER, .u.listener.remote = remote };
	struct status_listener *l = &r.u.listener;

	hostport_format(l->address, sizeof(l->address), at->host, at->port);
	hostport_format(l->target, sizeof(l->target), target->host, target->port);
	statusd_put(out, &r);
}

/* What the helper says of itself, and what we know better. */
static bool
status_session(struct bytes *out, const struct helper *h)
{
	const struct seen *seen = h->seen;
	struct status_record r = { .type = STATUS_SESSION };
	struct status_session *s = &r.u.session;

	if (seen != NULL)
		*s = seen->session;
	s->number = h->number;
	s->pid = (uint32_t)h->proc.pid;
	s->remote = h->session.remote;
	s->age = (uint32_t)((loop_now() - h->started) / 1000);
	snprintf(s->peer, sizeof(s->peer), "%s", h->session.peer);
	hostport_format(s->server, sizeof(s->server), h->session.server.host, h->session.server.port);
	if (!statusd_put(out, &r))
		return false;
	for (size_t i = 0; seen != NULL && i < seen->channels; i++) {
		r = (struct status_record){ .type = STATUS_CHANNEL, .u.channel = seen->channel[i] };
		r.u.channel.age = (uint32_t)((loop_now() - seen->first[i]) / 1000);
		if (!statusd_put(out, &r))
			return false;
	}
	return true;
}

void
tunnel_status(const struct tunnel *t, struct bytes *out)
{
	struct status_record r = { .type = STATUS_TUNNEL, .u.tunnel = t->statusd.gone };

	status_tunnel(t, &r.u.tunnel);
	statusd_put(out, &r);
	for (const struct listener *l = t->near; l != NULL; l = l->next)
		status_listener(out, &l->at, &l->target, false);
	far_status(&t->far, out);
	for (const struct helper *h = t->helpers.first; h != NULL; h = h->next)
		if (!status_session(out, h))
			break;
}
