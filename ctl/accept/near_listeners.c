#include "accept/near_listeners.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/loop.h"

struct entrance {
	struct entrance *next;
	struct near_listeners *owner;
	struct tunnel_spec spec;
	struct listener *listeners;
};

struct near_listeners {
	struct loop *loop;
	const struct cmdline *cmdline;
	near_listeners_fn *fn;
	void *arg;
	struct entrance *first, **end;
};

struct near_listeners *
near_listeners_new(struct loop *loop, const struct cmdline *cmdline)
{
	struct near_listeners *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->loop = loop;
	e->cmdline = cmdline;
	e->end = &e->first;
	return e;
}

void
near_listeners_free(struct near_listeners *e)
{
	struct entrance *one;

	if (e == NULL)
		return;
	while ((one = e->first) != NULL) {
		e->first = one->next;
		listener_free(one->listeners);
		free(one);
	}
	free(e);
}

/* Takes over the listeners. */
static enum listen_result
keep(struct near_listeners *e, const struct tunnel_spec *spec, struct listener *listeners, char *why,
    size_t why_size)
{
	struct entrance *one = calloc(1, sizeof(*one));

	if (one == NULL) {
		listener_free(listeners);
		snprintf(why, why_size, "out of memory");
		return LISTEN_FAILED;
	}
	*one = (struct entrance){ NULL, e, *spec, listeners };
	*e->end = one;
	e->end = &one->next;
	return LISTEN_OK;
}

enum listen_result
near_listeners_add(struct near_listeners *e, const struct tunnel_spec *spec, char *why, size_t why_size)
{
	const struct listen_at at = { &spec->listen, e->cmdline->family, e->cmdline->gateway };
	struct listener *listeners;
	enum listen_result result = listener_tcp(&listeners, e->loop, &at, why, why_size);

	return result == LISTEN_OK ? keep(e, spec, listeners, why, why_size) : result;
}

enum listen_result
near_listeners_adopt(struct near_listeners *e, const struct tunnel_spec *spec, int fd, char *why,
    size_t why_size)
{
	struct listener *listeners;
	enum listen_result result = listener_adopt(&listeners, e->loop, fd, e->cmdline->gateway,
	    why, why_size);

	return result == LISTEN_OK ? keep(e, spec, listeners, why, why_size) : result;
}

const struct hostport *
near_listeners_first(const struct near_listeners *e)
{
	return e->first != NULL ? listener_at(e->first->listeners) : NULL;
}

void
near_listeners_announce(const struct near_listeners *e)
{
	char at[SPEC_HOST_MAX + 16], target[SPEC_HOST_MAX + 16];
	const struct listener *l;

	for (const struct entrance *one = e->first; one != NULL; one = one->next) {
		hostport_format(target, sizeof(target), one->spec.target.host,
		    one->spec.target.port);
		for (l = one->listeners; l != NULL; l = listener_next(l))
			printf("listening on %s, forwarding to %s\n", hostport_format(at,
			    sizeof(at), listener_at(l)->host, listener_at(l)->port), target);
	}
	fflush(stdout);
}

void
near_listeners_each(const struct near_listeners *e, void (*fn)(void *, const struct hostport *,
    const struct hostport *), void *arg)
{
	for (const struct entrance *one = e->first; one != NULL; one = one->next)
		for (const struct listener *l = one->listeners; l != NULL; l = listener_next(l))
			fn(arg, listener_at(l), &one->spec.target);
}

static void
accepted(void *arg, int fd)
{
	struct entrance *one = arg;

	one->owner->fn(one->owner->arg, &one->spec, fd);
}

void
near_listeners_start(struct near_listeners *e, near_listeners_fn *fn, void *arg)
{
	e->fn = fn;
	e->arg = arg;
	for (struct entrance *one = e->first; one != NULL; one = one->next)
		listener_start(one->listeners, accepted, one);
}
