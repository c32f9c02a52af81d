#include "forward.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forward_exec.h"
#include "loop.h"
#include "memory.h"
#include "mux.h"
#include "muxmsg.h"

#define FINISH_MS 2000
#define QUIET_MS 50 /* a small file is through by then */

enum ask { ASK_OPEN, ASK_CANCEL, ASK_CHECK, ASK_STDIO };

/* A connection to the master. That of a stdio forward lives as long as its channel,
 * because the master ends the channel with the connection. */
struct link {
	struct forwarder *forwarder;
	struct mux *mux;
	/* stdio only */
	struct link *next;
	uint32_t id; /* of its request */
	int life;    /* closed when it is over; -1 = nobody waits for that */
};

/* What was asked and is not answered yet. */
struct pending {
	struct pending *next;
	struct forwarder *forwarder;
	uint32_t id;
	enum ask ask;
	struct forward forward;
	struct link *link; /* mux: who will answer, and under which id */
	uint32_t mux_id;
	struct forward_run *run; /* exec */
};

struct method {
	int (*ask)(struct pending *); /* -1 with errno when it cannot be asked */
	void (*finish)(struct forwarder *);
};

struct forwarder {
	struct loop *loop;
	const struct method *method;
	bool may_fall_back; /* METHOD_AUTO: exec for a master of another mux version */
	char *ctl_path, *destination;
	forward_fn *fn;
	void *arg;
	struct link local, remote, *stdio;
	struct link *ready;  /* in stdio, not used yet */
	struct timer *quiet; /* of the latest stdio forward, or the one that is ready */
	struct pending *pending;
	uint32_t next_id;
	unsigned busy;
	bool gone, freed;
};

static int mux_ask(struct pending *);
static void mux_finish_links(struct forwarder *);
static int exec_ask(struct pending *);
static void exec_finish(struct forwarder *);

static const struct method method_mux = { mux_ask, mux_finish_links };
static const struct method method_exec = { exec_ask, exec_finish };

static void
forwarder_leave(struct forwarder *f)
{
	if (--f->busy > 0 || !f->freed)
		return;
	free(f->ctl_path);
	free(f->destination);
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
	forward_run_free(p->run);
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
	if (l->forwarder->ready == l)
		l->forwarder->ready = NULL;
	link_close(l);
	if (l->life != -1)
		close(l->life);
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

/* Method mux */

static bool
link_foreign(const struct link *l)
{
	uint32_t version = mux_version(l->mux);

	return l->forwarder->may_fall_back && version != 0 && version != MUX_VERSION;
}

static void
link_over(struct link *l, const struct forward_result *result)
{
	struct forwarder *f = l->forwarder;
	bool foreign = link_foreign(l);

	if (foreign)
		f->method = &method_exec;
	if (l == &f->local || l == &f->remote) {
		/* A remote forward that sshd leaves unanswered says nothing about the master. */
		bool silent = l == &f->remote && result->status == FORWARD_TIMEOUT;

		link_close(l);
		if (!foreign && !silent)
			forwarder_gone(f, result);
		return;
	}
	stdio_close(l);
}

/* The answer of a master with another mux version: ask again through ssh. */
static void
pending_fall_back(struct pending *p, const struct forward_result *result)
{
	p->link = NULL;
	if (exec_ask(p) == -1)
		pending_answer(p, result);
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
	if (p != NULL && p->ask == ASK_STDIO && result->status != FORWARD_OK && l->life != -1) {
		close(l->life); /* nothing will come */
		l->life = -1;
	}
	if (p != NULL && result->status == FORWARD_BROKEN && link_foreign(l))
		pending_fall_back(p, result);
	else if (p != NULL)
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

/* Method exec */

static void
exec_answer(void *arg, const struct forward_result *result)
{
	struct pending *p = arg;
	struct forwarder *f = p->forwarder;
	struct forward_result mine = *result;

	f->busy++;
	pending_answer(p, &mine);
	if (mine.status == FORWARD_DEAD && !f->freed)
		forwarder_gone(f, &mine);
	forwarder_leave(f);
}

static int
exec_ask(struct pending *p)
{
	static const enum forward_verb verbs[] = {
		[ASK_OPEN] = FORWARD_VERB_OPEN,
		[ASK_CANCEL] = FORWARD_VERB_CANCEL,
		[ASK_CHECK] = FORWARD_VERB_CHECK,
	};
	struct forwarder *f = p->forwarder;

	if (p->ask == ASK_STDIO) {
		errno = ENOTSUP;
		return -1;
	}
	p->run = forward_run_new(f->loop, f->ctl_path, f->destination, verbs[p->ask],
	    &p->forward, MUX_TIMEOUT_MS, exec_answer, p);
	return p->run == NULL ? -1 : 0;
}

static void
exec_finish(struct forwarder *f)
{
	for (struct pending *p = f->pending; p != NULL; p = p->next) {
		forward_run_finish(p->run, p->ask == ASK_CANCEL ? FINISH_MS : 0);
		p->run = NULL;
	}
}

/* Both methods */

struct forwarder *
forwarder_new(struct loop *loop, enum forward_method method, const char *ctl_path,
    const char *destination, forward_fn *fn, void *arg)
{
	struct forwarder *f;
	int saved;

	if ((f = memory_new(sizeof(*f))) == NULL)
		return NULL;
	f->loop = loop;
	f->method = method == METHOD_EXEC ? &method_exec : &method_mux;
	f->may_fall_back = method == METHOD_AUTO;
	f->fn = fn;
	f->arg = arg;
	f->local.forwarder = f->remote.forwarder = f;
	f->ctl_path = memory_text(ctl_path);
	f->destination = memory_text(destination != NULL ? destination : "master");
	if (f->ctl_path == NULL || f->destination == NULL || link_open(&f->local) == -1) {
		saved = errno;
		forwarder_free(f);
		errno = saved;
		return NULL;
	}
	if (f->method == &method_exec)
		link_close(&f->local); /* it only had to show that a master listens */
	return f;
}

void
forwarder_free(struct forwarder *f)
{
	if (f == NULL)
		return;
	f->freed = true;
	f->busy++;
	f->method->finish(f);
	link_close(&f->local);
	link_close(&f->remote);
	while (f->stdio != NULL)
		stdio_close(f->stdio);
	timer_free(f->quiet);
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
	if (f->method->ask(p) == 0)
		return p->id;
	saved = errno;
	pending_free(p);
	errno = saved;
	return 0;
}

void
forward_hold(struct forwarder *f, bool hold)
{
	mux_hold(f->local.mux, hold);
}

void
forward_quiet(struct forwarder *f, bool quiet)
{
	if (f->local.mux != NULL)
		mux_quiet(f->local.mux, quiet);
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
stdio_pairs(int in[2], int out[2], bool life)
{
	int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

	if (socketpair(AF_UNIX, type, 0, in) == -1)
		return -1;
	if ((life ? pipe2(out, O_CLOEXEC | O_NONBLOCK) : socketpair(AF_UNIX, type, 0, out)) == -1) {
		close(in[0]);
		close(in[1]);
		return -1;
	}
	return 0;
}

static struct link *
stdio_link(struct forwarder *f)
{
	struct link *l = f->ready;

	f->ready = NULL;
	if (l != NULL)
		return l;
	if ((l = memory_new(sizeof(*l))) == NULL)
		return NULL;
	l->forwarder = f;
	l->life = -1;
	if (link_open(l) == -1) {
		free(l);
		return NULL;
	}
	l->next = f->stdio;
	f->stdio = l;
	return l;
}

static void
stdio_loud(void *arg)
{
	struct forwarder *f = arg;

	f->quiet = NULL;
	if (f->ready != NULL)
		stdio_close(f->ready);
	for (struct link *l = f->stdio; l != NULL; l = l->next)
		mux_quiet(l->mux, false);
}

/* Hello, answer and end of a small file's link are read all at once, with the next one's dial
 * or a little later: each would wake us up. */
static void
stdio_quiet(struct link *l)
{
	struct forwarder *f = l->forwarder;

	timer_free(f->quiet);
	for (struct link *other = f->stdio; other != NULL; other = other->next)
		mux_quiet(other->mux, other == l && l->life == -1);
	f->quiet = loop_timer(f->loop, QUIET_MS, stdio_loud, f);
}

/* in and out are the master's ends. */
static int
stdio_ask(struct pending *p, const char *host, uint16_t port, int in, int out)
{
	struct forwarder *f = p->forwarder;

	if (f->method != &method_mux) {
		errno = ENOTSUP;
		return -1;
	}
	if ((p->link = stdio_link(f)) == NULL)
		return -1;
	p->link->id = p->id;
	p->mux_id = mux_stdio_forward(p->link->mux, host, port, in, out);
	if (p->mux_id != 0)
		return 0;
	stdio_close(p->link);
	return -1;
}

uint32_t
forward_stdio(struct forwarder *f, const char *host, uint16_t port, int to, int *rfd, int *wfd)
{
	struct pending *p;
	int in[2], out[2], asked, saved;

	if ((p = pending_new(f, ASK_STDIO, NULL)) == NULL)
		return 0;
	if (stdio_pairs(in, out, to != -1) == -1) {
		pending_free(p);
		return 0;
	}
	asked = stdio_ask(p, host, port, in[1], to != -1 ? to : out[1]);
	saved = errno;
	close(in[1]);
	if (asked == 0 && to != -1)
		p->link->life = out[1];
	else
		close(out[1]);
	if (asked == 0) {
		stdio_quiet(p->link);
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

void
forward_stdio_prepare(struct forwarder *f)
{
	if (f->method != &method_mux || f->gone || f->ready != NULL)
		return;
	if ((f->ready = stdio_link(f)) != NULL)
		stdio_quiet(f->ready);
}

void
forward_stdio_end(struct forwarder *f, uint32_t id)
{
	struct link *l = f->stdio;

	while (l != NULL && l->id != id)
		l = l->next;
	if (l == NULL)
		return;
	for (struct pending *p = f->pending, *next; p != NULL; p = next) {
		next = p->next;
		if (p->link == l)
			pending_free(p);
	}
	stdio_close(l);
}
