#include "mux/forward.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/loop.h"
#include "base/memory.h"
#include "mux/mux.h"

#define FINISH_MS 2000

enum ask { ASK_OPEN, ASK_CANCEL, ASK_CHECK, ASK_STDIO };

/* A connection to the master. That of a stdio forward lives as long as its channel,
 * because the master ends the channel with the connection. */
struct link {
	struct forwarder *forwarder;
	struct mux *mux;
	/* stdio only */
	struct link *next;
};

/* What was asked and is not answered yet. */
struct pending {
	struct pending *next;
	struct forwarder *forwarder;
	uint32_t id;
	enum ask ask;
	struct forward forward;
	struct link *link; /* who will answer, and under which id */
	uint32_t mux_id;
};

struct forwarder {
	struct loop *loop;
	char *ctl_path;
	forward_fn *fn;
	void *arg;
	struct link local, remote, *stdio;
	struct pending *pending;
	uint32_t next_id;
	unsigned busy;
	bool gone, freed;
};

static void
forwarder_leave(struct forwarder *f)
{
	if (--f->busy > 0 || !f->freed)
		return;
	free(f->ctl_path);
	free(f);
}

static void
forwarder_tell(struct forwarder *f, uint32_t id, const struct forward_result *result)
{
	struct forward_result mine = *result;

	mine.id = id;
	if (!f->freed)
		f->fn(f->arg, &mine);
}

static void
pending_free(struct pending *p)
{
	struct pending **at;

	for (at = &p->forwarder->pending; *at != p; at = &(*at)->next)
		;
	*at = p->next;
	free(p);
}

static void
pending_answer(struct pending *p, const struct forward_result *result)
{
	struct forwarder *f = p->forwarder;
	uint32_t id = p->id;

	pending_free(p);
	forwarder_tell(f, id, result);
}

static void
link_close(struct link *l)
{
	mux_free(l->mux);
	l->mux = NULL;
}

static void
stdio_close(struct link *l)
{
	struct link **at;

	for (at = &l->forwarder->stdio; *at != l; at = &(*at)->next)
		;
	*at = l->next;
	link_close(l);
	free(l);
}

/* Everything under way is answered, then id 0 ends the forwarder. The channels of
 * stdio forwards are left to end by themselves. */
static void
forwarder_gone(struct forwarder *f, const struct forward_result *result)
{
	struct forward_result mine = *result;

	if (f->gone)
		return;
	f->gone = true;
	link_close(&f->local);
	link_close(&f->remote);
	while (f->pending != NULL)
		pending_answer(f->pending, &mine);
	forwarder_tell(f, 0, &mine);
}

/* A remote forward that sshd leaves unanswered says nothing about the master. */
static void
link_over(struct link *l, const struct forward_result *result)
{
	struct forwarder *f = l->forwarder;

	if (l != &f->local && l != &f->remote) {
		stdio_close(l);
		return;
	}
	link_close(l);
	if (l == &f->local || result->status != FORWARD_TIMEOUT)
		forwarder_gone(f, result);
}

static void
link_answer(void *arg, const struct forward_result *result)
{
	struct link *l = arg;
	struct forwarder *f = l->forwarder;
	struct pending *p;

	f->busy++;
	if (result->id == 0) {
		link_over(l, result);
		forwarder_leave(f);
		return;
	}
	for (p = f->pending; p != NULL; p = p->next)
		if (p->link == l && p->mux_id == result->id)
			break;
	if (p != NULL)
		pending_answer(p, result);
	forwarder_leave(f);
}

static int
link_open(struct link *l)
{
	if (l->mux == NULL)
		l->mux = mux_new(l->forwarder->loop, l->forwarder->ctl_path, link_answer, l);
	return l->mux == NULL ? -1 : 0;
}

static int
mux_ask(struct pending *p)
{
	struct forwarder *f = p->forwarder;
	bool remote = p->ask != ASK_CHECK && p->forward.kind == FORWARD_REMOTE;
	struct link *l = remote ? &f->remote : &f->local;

	if (link_open(l) == -1)
		return -1;
	p->link = l;
	switch (p->ask) {
	case ASK_OPEN:
		p->mux_id = mux_open_forward(l->mux, &p->forward);
		break;
	case ASK_CANCEL:
		p->mux_id = mux_close_forward(l->mux, &p->forward);
		break;
	default:
		p->mux_id = mux_alive(l->mux);
		break;
	}
	return p->mux_id == 0 ? -1 : 0;
}

/* Behind a remote forward that is being opened goes its cancel: nobody would know
 * later which port to cancel. */
static void
mux_finish_links(struct forwarder *f)
{
	for (struct pending *p = f->pending; p != NULL; p = p->next)
		if (p->ask == ASK_OPEN && p->link == &f->remote && f->remote.mux != NULL)
			mux_close_forward(f->remote.mux, &p->forward);
	mux_finish(f->local.mux, FINISH_MS);
	mux_finish(f->remote.mux, FINISH_MS);
	f->local.mux = f->remote.mux = NULL;
}

struct forwarder *
forwarder_new(struct loop *loop, const char *ctl_path, forward_fn *fn, void *arg)
{
	struct forwarder *f;
	int saved;

	if ((f = memory_new(sizeof(*f))) == NULL)
		return NULL;
	f->loop = loop;
	f->fn = fn;
	f->arg = arg;
	f->local.forwarder = f->remote.forwarder = f;
	f->ctl_path = memory_text(ctl_path);
	if (f->ctl_path == NULL || link_open(&f->local) == -1) {
		saved = errno;
		forwarder_free(f);
		errno = saved;
		return NULL;
	}
	return f;
}

void
forwarder_free(struct forwarder *f)
{
	if (f == NULL)
		return;
	f->freed = true;
	f->busy++;
	mux_finish_links(f);
	link_close(&f->local);
	link_close(&f->remote);
	while (f->stdio != NULL)
		stdio_close(f->stdio);
	while (f->pending != NULL)
		pending_free(f->pending);
	forwarder_leave(f);
}

static struct pending *
pending_new(struct forwarder *f, enum ask ask, const struct forward *forward)
{
	struct pending *p;

	if (f->gone) {
		errno = EPIPE;
		return NULL;
	}
	if ((p = memory_new(sizeof(*p))) == NULL)
		return NULL;
	if (++f->next_id == 0)
		f->next_id = 1;
	p->forwarder = f;
	p->id = f->next_id;
	p->ask = ask;
	if (forward != NULL)
		p->forward = *forward;
	p->next = f->pending;
	f->pending = p;
	return p;
}

static uint32_t
forwarder_ask(struct forwarder *f, enum ask ask, const struct forward *forward)
{
	struct pending *p = pending_new(f, ask, forward);
	int saved;

	if (p == NULL)
		return 0;
	if (mux_ask(p) == 0)
		return p->id;
	saved = errno;
	pending_free(p);
	errno = saved;
	return 0;
}

uint32_t
forward_open(struct forwarder *f, const struct forward *forward)
{
	return forwarder_ask(f, ASK_OPEN, forward);
}

uint32_t
forward_cancel(struct forwarder *f, const struct forward *forward)
{
	return forwarder_ask(f, ASK_CANCEL, forward);
}

uint32_t
forward_check(struct forwarder *f)
{
	return forwarder_ask(f, ASK_CHECK, NULL);
}

/* Stdio */

/* ssh must not be given the same descriptor twice. It sets O_NONBLOCK on its ends itself. */
static int
stdio_pairs(int in[2], int out[2])
{
	int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

	if (socketpair(AF_UNIX, type, 0, in) == -1)
		return -1;
	if (socketpair(AF_UNIX, type, 0, out) == 0)
		return 0;
	close(in[0]);
	close(in[1]);
	return -1;
}

/* in and out are the master's ends. */
static int
stdio_ask(struct pending *p, const char *host, uint16_t port, int in, int out)
{
	struct forwarder *f = p->forwarder;
	struct link *l = memory_new(sizeof(*l));

	if (l == NULL)
		return -1;
	l->forwarder = f;
	l->next = f->stdio;
	f->stdio = p->link = l;
	if (link_open(l) == 0 && (p->mux_id = mux_stdio_forward(l->mux, host, port, in, out)) != 0)
		return 0;
	stdio_close(l);
	return -1;
}

uint32_t
forward_stdio(struct forwarder *f, const char *host, uint16_t port, int *rfd, int *wfd)
{
	struct pending *p = pending_new(f, ASK_STDIO, NULL);
	int in[2], out[2], asked, saved;

	if (p == NULL)
		return 0;
	if (stdio_pairs(in, out) == -1) {
		pending_free(p);
		return 0;
	}
	asked = stdio_ask(p, host, port, in[1], out[1]);
	saved = errno;
	close(in[1]);
	close(out[1]);
	if (asked == 0) {
		*wfd = in[0];
		*rfd = out[0];
		return p->id;
	}
	close(in[0]);
	close(out[0]);
	pending_free(p);
	errno = saved;
	return 0;
}
