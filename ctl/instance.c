#include "instance.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "query.h"

#define ASK_MS 1000
#define LOOKS 4 /* one that has just opened its listeners answers soon */
#define LOOK_AGAIN_MS 100

static uint16_t
port_of(const char *address)
{
	const char *colon = strrchr(address, ':');

	return colon != NULL ? (uint16_t)strtoul(colon + 1, NULL, 10) : 0;
}

static bool
has_listener(const struct tunnel_view *v, const struct tunnel_spec *spec)
{
	char target[SPEC_HOST_MAX + 16];

	hostport_format(target, sizeof(target), spec->target.host, spec->target.port);
	for (size_t i = 0; i < v->listeners; i++)
		if (!v->listener[i].remote && port_of(v->listener[i].address) == spec->listen.port &&
		    strcmp(v->listener[i].target, target) == 0)
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
		if (!has_listener(v, &c->local.spec[i]))
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
