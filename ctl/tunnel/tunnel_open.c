/* The listeners of a tunnel: those of the command line, handed over ones, and those of ssh's
 * configuration. */
#include <sys/socket.h>

#include <stdio.h>
#include <string.h>

#include "client/activation.h"
#include "tunnel/instance.h"
#include "base/log.h"
#include "accept/far_listeners.h"
#include "tunnel/tunnel_private.h"

/* fd: it was handed over; -1 = none. */
static enum listen_result
open_one(struct tunnel *t, const struct tunnel_spec *spec, int fd, char *why, size_t why_size)
{
	const struct listen_at at = { spec, t->cmdline->family, t->cmdline->gateway };

	return fd != -1 ? listener_adopt(&t->near, t->loop, &at, fd, why, why_size) :
	    listener_tcp(&t->near, t->loop, &at, why, why_size);
}

/* Listening sockets that were handed over take the place of those of -L, in that order. */
static int
open_near(struct tunnel *t)
{
	const struct specs *list = &t->cmdline->local;
	const struct tunnel_spec other = { .target = t->cmdline->server };
	enum listen_result result;
	char why[512];

	for (int i = 0; i < (int)list->count || i < t->setup->activated; i++) {
		const struct tunnel_spec *spec = i < (int)list->count ? &list->spec[i] : &other;

		result = open_one(t, spec, i < t->setup->activated ? activation_descriptor(i) : -1, why,
		    sizeof(why));
		if (result == LISTEN_IN_USE && instance_at(t->cmdline, t->setup->master->ctl_path, spec, why,
		    sizeof(why)) == INSTANCE_SAME && t->cmdline->background) {
			log_at(LOG_SESSIONS, "this tunnel is up already");
			tunnel_end(t, 0);
			return -1;
		}
		if (result != LISTEN_OK)
			return tunnel_fail(t, why);
	}
	return 0;
}

static void
skip(struct tunnel *t, const char *keyword, const char *why)
{
	snprintf(t->skipped, sizeof(t->skipped), "%s of ssh's configuration: %s", keyword, why);
	log_at(LOG_SESSIONS, "%s", t->skipped);
}

/* Forwards of the user's own configuration: his own ssh may hold their ports already. */
static int
open_taken_over(struct tunnel *t)
{
	const char *config = t->setup->ssh_config, *at;
	struct tunnel_spec spec;
	char why[512];
	int count = 0;

	for (at = config; at != NULL && (at = config_forwards_next(at, "localforward", &spec)) != NULL;
	    count++)
		if (open_one(t, &spec, -1, why, sizeof(why)) != LISTEN_OK)
			skip(t, "LocalForward", why);
	for (at = config; at != NULL && (at = config_forwards_next(at, "remoteforward", &spec)) != NULL;
	    count++) {
		if (!t->cmdline->gateway && bind_is_open_far(spec.listen.host))
			log_why(why, sizeof(why), "listening on %s lets other hosts in; add -g if that is "
			    "meant", spec.listen.host);
		else if (far_listeners_add(t->far_listeners, &spec, true, why, sizeof(why)) == 0)
			continue;
		skip(t, "RemoteForward", why);
	}
	return count;
}

/* The listener of the FTP client; also that of -N when nothing else was asked for. */
static int
open_default(struct tunnel *t)
{
	struct tunnel_spec spec = { .target = t->cmdline->server };
	char why[512];

	strcpy(spec.listen.host, t->cmdline->family == AF_INET6 ? "::1" : "127.0.0.1");
	return open_one(t, &spec, -1, why, sizeof(why)) == LISTEN_OK ? 0 : tunnel_fail(t, why);
}

/* The client's listener comes first, whatever else there is. */
int
tunnel_open_listeners(struct tunnel *t)
{
	const struct cmdline *c = t->cmdline;
	char why[512];
	int others;

	if (c->run == RUN_STDIO)
		return 0;
	if (c->run == RUN_CLIENT && open_default(t) == -1)
		return -1;
	if (open_near(t) == -1)
		return -1;
	for (size_t i = 0; i < c->remote.count; i++)
		if (far_listeners_add(t->far_listeners, &c->remote.spec[i], false, why, sizeof(why)) == -1)
			return tunnel_fail(t, why);
	others = open_taken_over(t) + t->setup->activated;
	if (c->run == RUN_TUNNEL && c->local.count + c->remote.count == 0 && others == 0)
		return open_default(t);
	return t->near != NULL || !far_listeners_empty(t->far_listeners) ? 0 : tunnel_fail(t, t->skipped);
}
