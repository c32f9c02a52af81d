#include "tunnel/instance.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "status/query.h"

#define ASK_MS 1000
#define LOOKS 4 /* one that has just opened its listeners answers soon */
#define LOOK_AGAIN_MS 100

/* Numeric addresses, as a listener of its own has told them. */
static bool
is_bound_as(const struct hostport *at, const char *host, bool gateway)
{
	bool any = strcmp(at->host, "0.0.0.0") == 0 || strcmp(at->host, "::") == 0;
	bool loopback = strcmp(at->host, "127.0.0.1") == 0 || strcmp(at->host, "::1") == 0;

	if (strcmp(host, "*") == 0 || (*host == '\0' && gateway))
		return any;
	if (*host == '\0' || strcmp(host, "localhost") == 0)
		return loopback;
	return strcmp(at->host, host) == 0;
}

static bool
has_listener(const struct tunnel_view *v, const struct tunnel_spec *spec, bool gateway)
{
	char target[SPEC_HOST_MAX + 16], why[256];
	struct hostport at;

	hostport_format(target, sizeof(target), spec->target.host, spec->target.port);
	for (size_t i = 0; i < v->listeners; i++)
		if (!v->listener[i].remote && strcmp(v->listener[i].target, target) == 0 &&
		    hostport_parse(&at, v->listener[i].address, 0, why, sizeof(why)) == 0 &&
		    at.port == spec->listen.port && is_bound_as(&at, spec->listen.host, gateway))
			return true;
	return false;
}

static bool
is_same(const struct tunnel_view *v, const struct cmdline *c, const char *ctl_path)
{
	if (v->trouble != NULL || strcmp(v->tunnel.destination, c->destination) != 0 ||
	    (ctl_path != NULL && strcmp(v->tunnel.control_path, ctl_path) != 0))
		return false;
	for (size_t i = 0; i < c->local.count; i++)
		if (!has_listener(v, &c->local.spec[i], c->gateway))
			return false;
	return true;
}

static bool
look(const struct cmdline *c, const char *ctl_path)
{
	struct tunnels all;
	char why[256];
	bool found = false;

	if (query_all(&all, geteuid(), ASK_MS, why, sizeof(why)) == -1)
		return false;
	for (size_t i = 0; i < all.count && !found; i++)
		found = is_same(&all.tunnel[i], c, ctl_path);
	query_free(&all);
	return found;
}

bool
instance_runs(const struct cmdline *c, const char *ctl_path)
{
	for (int i = 0; i < LOOKS; i++) {
		if (look(c, ctl_path))
			return true;
		poll(NULL, 0, LOOK_AGAIN_MS);
	}
	return false;
}
