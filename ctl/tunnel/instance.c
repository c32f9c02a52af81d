#include "tunnel/instance.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "status/query.h"

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

static enum instance
look(const struct cmdline *c, const char *ctl_path, const struct tunnel_spec *spec, char *why,
    size_t why_size)
{
	char at[SPEC_HOST_MAX + 16], name[400], ignored[256];
	enum instance found = INSTANCE_NONE;
	struct tunnels all;

	if (query_all(&all, geteuid(), ASK_MS, ignored, sizeof(ignored)) == -1)
		return INSTANCE_NONE;
	for (size_t i = 0; i < all.count && found == INSTANCE_NONE; i++) {
		const struct tunnel_view *v = &all.tunnel[i];

		if (v->trouble != NULL || !has_listener(v, spec, c->gateway, NULL))
			continue;
		found = is_same(v, c, ctl_path) ? INSTANCE_SAME : INSTANCE_OTHER;
		log_escape(name, sizeof(name), v->tunnel.name, strlen(v->tunnel.name));
		snprintf(why, why_size, "cannot listen on %s: the tunnel %s, pid %ld, does; "
		    "ftp-over-ssh-ctl stop %ld ends it", hostport_format(at, sizeof(at),
		    spec->listen.host, spec->listen.port), name, v->pid, v->pid);
	}
	query_free(&all);
	return found;
}

enum instance
instance_at(const struct cmdline *c, const char *ctl_path, const struct tunnel_spec *spec,
    char *why, size_t why_size)
{
	enum instance found;

	for (int i = 0; (found = look(c, ctl_path, spec, why, why_size)) == INSTANCE_NONE &&
	    i < LOOKS - 1 && c->background; i++)
		poll(NULL, 0, LOOK_AGAIN_MS);
	return found;
}
