#include "ends/forwards.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/list.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/rundir.h"

#define RETRY_MS 1000   /* between a connection to the master that failed and the next */
#define FINISH_MS 2000  /* for each answer, in the end */

struct opened {
	struct forwards *of;
	struct opened *next;
	enum { OPENING, OPEN, ACCEPTING /* ssh has yet to accept a connection */, CANCELLING, CHECK } state;
	bool there;  /* it is, or may be, in the master */
	bool used;
	uint32_t id; /* of the request about it; 0 = none is under way */
	struct forward forward;
	forwards_fn *fn; /* NULL: dropped */
	void *arg;
	forwards_checked_fn *checked; /* CHECK, or a question: with what is asked about */
	const struct stream *stream;
	unsigned channel;
};

struct forwards {
	struct loop *loop;
	const char *ctl_path;
	struct mux *mux; /* once it is needed */
	struct timer retry;
	struct opened *all;
	void (*lost)(void *arg, const char *reason);
	void *arg;
};

static void forwards_answer(void *arg, const struct forward_result *);
static void retry_later(struct forwards *);

bool
forwards_connect(struct forwards *f)
{
	if (f->mux == NULL)
		f->mux = mux_new(f->loop, f->ctl_path, forwards_answer, f);
	return f->mux != NULL;
}

static void
opened_free(struct opened *o)
{
	list_remove(opened, o->of->all, o);
	if (o->state != CHECK)
		unlink(o->forward.path);
	free(o);
}

/* What cannot be asked now is asked later. */
static void
cancel(struct opened *o)
{
	struct forwards *f = o->of;
	bool reached = forwards_connect(f);

	o->state = CANCELLING;
	if (!o->there || (!reached && (errno == ENOENT || errno == ECONNREFUSED))) {
		opened_free(o);
		return;
	}
	if (reached)
		o->id = mux_close_forward(f->mux, &o->forward);
	if (o->id == 0)
		retry_later(f);
}

static void
retry_due(void *arg)
{
	struct forwards *f = arg;
	struct opened *o, *next;

	for (o = f->all; o != NULL; o = next) {
		next = o->next;
		if (o->state == CANCELLING && o->id == 0)
			cancel(o);
	}
}

static void
retry_later(struct forwards *f)
{
	if (f->retry.loop == NULL)
		timer_set(&f->retry, f->loop, RETRY_MS, retry_due, f);
}

static void
let_go(struct opened *o)
{
	if (o->used && o->of->mux != NULL && (o->id = mux_alive(o->of->mux)) != 0)
		o->state = ACCEPTING;
	else
		cancel(o);
}

/* A refused cancel is an answer as well: there is no such forward. */
static void
opened_answer(struct opened *o, const struct forward_result *r)
{
	bool unsure = r->status == FORWARD_TIMEOUT || r->status == FORWARD_BROKEN;
	forwards_fn *fn = o->fn;
	void *arg = o->arg;

	o->id = 0;
	switch (o->state) {
	case OPENING:
		o->there = unsure || r->status == FORWARD_OK;
		o->state = OPEN;
		if (o->checked != NULL && !unsure)
			o->checked(arg, NULL, o->channel, true);
		if (fn != NULL)
			fn(arg, r);
		else
			let_go(o);
		break;
	case CANCELLING:
		o->there = unsure;
		if (!o->there)
			opened_free(o);
		break;
	case CHECK: /* a master that refuses something is alive, too */
		o->checked(arg, o->stream, o->channel,
		    r->status == FORWARD_OK || r->status == FORWARD_REFUSED);
		opened_free(o);
		break;
	default:
		o->there = r->status != FORWARD_DEAD;
		cancel(o);
	}
}

static void
forwards_answer(void *arg, const struct forward_result *r)
{
	struct forwards *f = arg;
	struct opened *o = f->all;

	if (r->id == 0) { /* all that was asked has been answered before */
		memory_drop(mux_free, f->mux);
		retry_later(f);
		if (f->lost != NULL)
			f->lost(f->arg, r->reason);
		return;
	}
	while (o != NULL && o->id != r->id)
		o = o->next;
	if (o != NULL)
		opened_answer(o, r);
}

/* It is on record if its request could be sent. */
static bool
opened_add(struct forwards *f, struct opened *o, uint32_t id)
{
	if (id == 0) {
		free(o);
		return false;
	}
	o->of = f;
	o->id = id;
	list_add(f->all, o);
	return true;
}

struct opened *
forwards_open(struct forwards *f, const struct forward *forward, forwards_fn *fn, void *arg)
{
	struct opened *o = !forwards_connect(f) ? NULL : memory_make(struct opened, .there = true,
	    .forward = *forward, .fn = fn, .arg = arg);

	return o != NULL && opened_add(f, o, mux_open_forward(f->mux, forward)) ? o : NULL;
}

struct opened *
forwards_ask(struct forwards *f, forwards_fn *fn, void *arg)
{
	struct forward question = { .kind = FORWARD_REMOTE, .host = "127.0.0.1" };

	if (rundir_fresh(question.path, sizeof(question.path), 'd') == -1)
		return NULL;
	return forwards_open(f, &question, fn, arg);
}

void
forwards_drop(struct opened *o, bool used)
{
	if (o == NULL)
		return;
	o->fn = NULL;
	o->used = used;
	if (o->state == OPEN)
		let_go(o);
}

void
forwards_check(struct forwards *f, forwards_checked_fn *fn, void *arg, const struct stream *stream,
    unsigned channel)
{
	struct opened *o = f->mux == NULL ? NULL : memory_make(struct opened, .state = CHECK,
	    .checked = fn, .arg = arg, .stream = stream, .channel = channel);

	if (o == NULL || !opened_add(f, o, mux_alive(f->mux)))
		fn(arg, stream, channel, false);
}

bool
forwards_question(struct forwards *f, forwards_checked_fn *fn, void *arg, unsigned channel)
{
	struct opened *o = forwards_ask(f, NULL, arg);

	if (o == NULL)
		return false;
	o->checked = fn;
	o->channel = channel;
	return true;
}

unsigned
forwards_count(const struct forwards *f)
{
	unsigned n = 0;

	for (const struct opened *o = f != NULL ? f->all : NULL; o != NULL; o = o->next)
		n += o->state != CHECK;
	return n;
}

struct forwards *
forwards_new(struct loop *loop, const char *ctl_path, void (*lost)(void *arg, const char *reason),
    void *arg)
{
	return memory_make(struct forwards, .loop = loop, .ctl_path = ctl_path, .lost = lost,
	    .arg = arg);
}

/* Behind what is being opened goes its cancel, on the same connection: nobody would know later
 * whether there is anything to cancel. */
void
forwards_free(struct forwards *f)
{
	if (f == NULL)
		return;
	timer_stop(&f->retry);
	for (struct opened *o = f->all; o != NULL && f->mux != NULL; o = o->next)
		if (o->there && o->state < CANCELLING)
			mux_close_forward(f->mux, &o->forward);
	mux_finish(f->mux, FINISH_MS);
	while (f->all != NULL) {
		struct opened *o = f->all;

		o->id = 0;
		if (o->state == CHECK)
			opened_answer(o, &(struct forward_result){ .status = FORWARD_DEAD });
		else
			opened_free(o);
	}
	free(f);
}
