/* The listeners of a tunnel: those of the command line, handed over ones, and those of ssh's
 * configuration. */

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "client/background.h"
#include "net/listener.h"
#include "status/query.h"
#include "tunnel/tunnel_private.h"

#define ASK_MS 1000
#define LOOKS 4 /* one that has just opened its listeners answers soon */
#define LOOK_AGAIN_MS 100

/* Numeric addresses, as a listener of its own has told them. */
static bool
is_bound_as(const char *at, const char *host, bool gateway)
{
	if (strcmp(host, "*") == 0 || (*host == '\0' && gateway))
		return strcmp(at, "0.0.0.0") == 0 || strcmp(at, "::") == 0;
	if (*host == '\0' || strcmp(host, "localhost") == 0)
		return strcmp(at, "127.0.0.1") == 0 || strcmp(at, "::1") == 0;
	return strcmp(at, host) == 0;
}

/* target: NULL = any */
static bool
has_listener(const struct tunnel_view *v, const struct tunnel_spec *spec, bool gateway,
    const struct hostport *to)
{
	char target[SPEC_HOST_MAX + 16] = "", why[256];
	uint16_t port = spec->listen.port;
	struct hostport at;

	if (to != NULL)
		hostport_format(target, sizeof(target), to->host, to->port);
	for (size_t i = 0; i < v->listeners; i++)
		if (!v->listener[i].remote && (to == NULL || strcmp(v->listener[i].target, target) == 0) &&
		    hostport_parse(&at, v->listener[i].address, 0, why, sizeof(why)) == 0 &&
		    at.port == port && is_bound_as(at.host, spec->listen.host, gateway))
			return true;
	return false;
}

/* With the same destination, control path (of -S, expanded; NULL: any), listeners of -L and options. */
static bool
is_same(const struct tunnel_view *v, const struct cmdline *c, const char *ctl_path)
{
	if (v->tunnel.options != c->digest || strcmp(v->tunnel.destination, c->destination) != 0 ||
	    (ctl_path != NULL && strcmp(v->tunnel.control_path, ctl_path) != 0))
		return false;
	for (size_t i = 0; i < c->local.count; i++)
		if (!has_listener(v, &c->local.spec[i], c->gateway, &c->local.spec[i].target))
			return false;
	return true;
}

/* Does another tunnel of this user hold the port? Then why says which, and what to do; same: it is this
 * very tunnel, the same command started again (LocalCommand of a second ssh), which has nothing to do. */
static bool
held_by_another(const struct tunnel *t, const struct tunnel_spec *spec, bool *same, char *why,
    size_t why_size)
{
	const struct cmdline *c = t->cmdline;
	char at[SPEC_HOST_MAX + 16], name[400], ignored[256];
	bool found = false;
	struct tunnels all;

	if (query_all(&all, geteuid(), ASK_MS, ignored, sizeof(ignored)) == -1)
		return false;
	for (size_t i = 0; i < all.count && !found; i++) {
		const struct tunnel_view *v = &all.tunnel[i];

		if (v->trouble != NULL || !has_listener(v, spec, c->gateway, NULL))
			continue;
		found = true;
		*same = is_same(v, c, t->setup->master->ctl_path);
		log_escape(name, sizeof(name), v->tunnel.name, strlen(v->tunnel.name));
		snprintf(why, why_size, "cannot listen on %s: the tunnel %s, pid %ld, does; "
		    "ftp-over-ssh-ctl stop %ld ends it", hostport_format(at, sizeof(at),
		    spec->listen.host, spec->listen.port), name, v->pid, v->pid);
	}
	query_free(&all);
	return found;
}

/* fd: it was handed over; -1 = none. */
static enum listen_result
open_one(struct tunnel *t, const struct tunnel_spec *spec, int fd, char *why, size_t why_size)
{
	return fd != -1 ? listener_adopt(&t->near, t->loop, spec, t->cmdline, fd, why, why_size) :
	    listener_tcp(&t->near, t->loop, spec, t->cmdline, why, why_size);
}

/* Listening sockets that were handed over take the place of those of -L, in that order. */
static int
open_near(struct tunnel *t)
{
	const struct specs *list = &t->cmdline->local;
	const struct tunnel_spec other = { .target = t->cmdline->server };
	const bool background = t->cmdline->background;
	enum listen_result result;
	bool same = false;
	char why[512];

	for (int i = 0; i < (int)list->count || i < t->setup->activated; i++) {
		const struct tunnel_spec *spec = i < (int)list->count ? &list->spec[i] : &other;

		result = open_one(t, spec, i < t->setup->activated ? activation_descriptor(i) : -1, why,
		    sizeof(why));
		for (int look = 1; result == LISTEN_IN_USE && !held_by_another(t, spec, &same, why,
		    sizeof(why)) && background && look < LOOKS; look++)
			poll(NULL, 0, LOOK_AGAIN_MS);
		if (same && background) {
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
		else if (far_add(t, &spec, true, why, sizeof(why)) == 0)
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
		if (far_add(t, &c->remote.spec[i], false, why, sizeof(why)) == -1)
			return tunnel_fail(t, why);
	others = open_taken_over(t) + t->setup->activated;
	if (c->run == RUN_TUNNEL && c->local.count + c->remote.count == 0 && others == 0)
		return open_default(t);
	return t->near != NULL || t->far.first != NULL ? 0 : tunnel_fail(t, t->skipped);
}
