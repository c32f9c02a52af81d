/* What is open in the master, or may be. It stays on record until its cancel is answered: one that is
 * forgotten would stay in the user's master for good. A path is never used twice, not even by a second
 * try: ssh answers a forward that it knows with the old port. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/memory.h"
#include "base/rundir.h"
#include "base/unixsock.h"
#include "ends/far_listen_private.h"

#define RETRY_MS 1000   /* between a connection to the master that failed and the next */
#define FINISH_MS 2000  /* for each answer, in the end */

static void slots_answer(void *arg, const struct forward_result *);
static void slots_retry(struct far_listen *);

static void
slot_close(struct far_slot *slot)
{
	watch_free(slot->watch);
	timer_stop(&slot->deadline);
	slot->watch = NULL;
	if (slot->fd != -1)
		close(slot->fd);
	slot->fd = -1;
	if (slot->forward.path[0] != '\0')
		unlink(slot->forward.path);
}

static void
slot_free(struct far_slot *slot)
{
	struct far_slot **at;

	for (at = &slot->of->slots; *at != slot; at = &(*at)->next)
		;
	*at = slot->next;
	slot_close(slot);
	free(slot);
}

struct far_slot *
slot_new(struct far_listen *l, unsigned channel)
{
	struct far_slot *slot = memory_new(sizeof(*slot));
	int saved;

	if (slot == NULL)
		return NULL;
	*slot = (struct far_slot){ .of = l, .channel = channel, .next = l->slots, .fd = -1 };
	l->slots = slot;
	if (rundir_fresh(slot->forward.path, sizeof(slot->forward.path), 'd') == 0 &&
	    (slot->fd = unixsock_listen(slot->forward.path, 8)) != -1)
		return slot;
	saved = errno;
	slot_free(slot);
	errno = saved;
	return NULL;
}

/* ---- the master ---- */

static struct mux *
link_open(struct far_listen *l)
{
	if (l->link == NULL)
		l->link = mux_new(l->master->end->loop, l->master->ctl_path, slots_answer, l);
	return l->link;
}

static struct forward
forward_of(const struct far_slot *slot, int which)
{
	struct forward f = slot->forward;

	if (which == FIRST)
		return f;
	snprintf(f.host, sizeof(f.host), "::1");
	f.port = slot->port;
	return f;
}

bool
slot_ask(struct far_slot *slot, int which)
{
	struct forward f = forward_of(slot, which);

	if (link_open(slot->of) == NULL)
		return false;
	slot->id[which] = mux_open_forward(slot->of->link, &f);
	slot->open[which] = slot->id[which] != 0;
	return slot->open[which];
}

/* What cannot be asked now is asked later. */
static void
cancel_ask(struct far_slot *slot)
{
	struct far_listen *l = slot->of;
	bool reached = link_open(l) != NULL, gone = !reached && (errno == ENOENT || errno == ECONNREFUSED);

	for (int which = FIRST; which <= SECOND && !gone; which++) {
		struct forward f = forward_of(slot, which);

		if (!slot->open[which] || slot->id[which] != 0)
			continue;
		slot->id[which] = reached ? mux_close_forward(l->link, &f) : 0;
		if (slot->id[which] == 0)
			slots_retry(l);
	}
	if (gone || (!slot->open[FIRST] && !slot->open[SECOND]))
		slot_free(slot);
}

void
slot_cancel(struct far_slot *slot)
{
	int saved = errno;

	slot_close(slot);
	slot->channel = 0;
	slot->spare = false;
	slot->state = FAR_CANCELLING;
	cancel_ask(slot);
	errno = saved;
}

static void
retry_due(void *arg)
{
	struct far_listen *l = arg;
	struct far_slot *slot, *next;

	for (slot = l->slots; slot != NULL; slot = next) {
		next = slot->next;
		if (slot->state == FAR_CANCELLING)
			cancel_ask(slot);
	}
}

static void
slots_retry(struct far_listen *l)
{
	if (l->retry.loop == NULL)
		timer_set(&l->retry, l->master->end->loop, RETRY_MS, retry_due, l);
}

/* A refused cancel is an answer as well: there is no such forward. */
static void
slot_answer(struct far_slot *slot, int which, const struct forward_result *r)
{
	bool unsure = r->status == FORWARD_TIMEOUT || r->status == FORWARD_BROKEN;
	bool cancelling = slot->state == FAR_CANCELLING;

	slot->id[which] = 0;
	slot->open[which] = unsure || (!cancelling && r->status == FORWARD_OK);
	if (!cancelling)
		listen_answer(slot, which, r);
	else if (!slot->open[FIRST] && !slot->open[SECOND])
		slot_free(slot);
}

/* The end of the master is told by who dials. */
static void
slots_answer(void *arg, const struct forward_result *r)
{
	struct far_listen *l = arg;

	if (r->id == 0) {
		mux_free(l->link);
		l->link = NULL;
		slots_retry(l);
		return;
	}
	for (struct far_slot *slot = l->slots; slot != NULL; slot = slot->next)
		for (int which = FIRST; which <= SECOND; which++)
			if (slot->id[which] == r->id) {
				slot_answer(slot, which, r);
				return;
			}
}

/* Behind what is being opened goes its cancel, on the same connection: nobody would know later
 * whether there is anything to cancel. */
void
slots_free(struct far_listen *l)
{
	timer_stop(&l->retry);
	for (struct far_slot *slot = l->slots; slot != NULL && l->link != NULL; slot = slot->next)
		for (int which = FIRST; which <= SECOND; which++) {
			struct forward f = forward_of(slot, which);

			if (slot->open[which] && slot->state != FAR_CANCELLING)
				mux_close_forward(l->link, &f);
		}
	mux_finish(l->link, FINISH_MS);
	while (l->slots != NULL)
		slot_free(l->slots);
}
