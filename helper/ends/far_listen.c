/* Listening through ssh: sshd listens (-R 127.0.0.1:0:path) and ssh connects to a unix socket of
 * ours. Cancelled as soon as the connection is there, for sshd keeps a descriptor for each.
 *
 * A path is never used twice, not even by a second try: ssh answers a forward that it knows with the
 * old port. What was opened in the master stays on record here until its cancel is answered: one
 * that is forgotten would stay in the user's master for good. Asking sshd for a listener costs a
 * round trip: once one was used, a spare one is asked for at once and serves the next listen. Who
 * connects to it before that is a stranger. */
#include "ends/far_private.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/listener.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "mux/mux.h"
#include "base/rundir.h"
#include "base/unixsock.h"

#define BOTH_TRIES 3
#define SPARE_MS 60000  /* an unused spare listener is given back */
#define RETRY_MS 1000   /* between a connection to the master that failed and the next */
#define FINISH_MS 2000  /* for each answer, in the end */

static void far_answer(void *arg, const struct forward_result *);
static void link_retry(void *arg);
static bool listen_new(struct far *, unsigned channel, uint8_t family, unsigned tries);

/* ---- slots ---- */

static void
slot_close(struct far_slot *slot)
{
	watch_free(slot->watch);
	timer_free(slot->deadline);
	slot->watch = NULL;
	slot->deadline = NULL;
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

	for (at = &slot->far->slots; *at != slot; at = &(*at)->next)
		;
	*at = slot->next;
	slot_close(slot);
	free(slot);
}

static struct far_slot *
slot_new(struct far *far, unsigned channel)
{
	struct far_slot *slot = memory_new(sizeof(*slot));

	if (slot == NULL)
		return NULL;
	slot->far = far;
	slot->channel = channel;
	slot->fd = -1;
	slot->next = far->slots;
	far->slots = slot;
	return slot;
}

/* ---- the master ---- */

static struct mux *
link_open(struct far *far)
{
	if (far->link == NULL)
		far->link = mux_new(far->end.loop, far->config.ctl_path, far_answer, far);
	return far->link;
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

/* From now on it may be there, whatever becomes of the answer. */
static bool
slot_ask(struct far_slot *slot, int which)
{
	struct forward f = forward_of(slot, which);

	if (link_open(slot->far) == NULL)
		return false;
	slot->id[which] = mux_open_forward(slot->far->link, &f);
	slot->open[which] = slot->id[which] != 0;
	return slot->open[which];
}

static void
slot_uncancelled(struct far_slot *slot)
{
	if (!slot->open[FIRST] && !slot->open[SECOND])
		slot_free(slot);
}

static bool
master_is_gone(int error)
{
	return error == ENOENT || error == ECONNREFUSED;
}

/* What cannot be asked now is asked later. */
static void
cancel_ask(struct far_slot *slot)
{
	struct far *far = slot->far;
	bool unasked = false;

	if (link_open(far) == NULL && master_is_gone(errno)) {
		slot_free(slot);
		return;
	}
	for (int which = FIRST; which <= SECOND; which++) {
		struct forward f = forward_of(slot, which);

		if (!slot->open[which] || slot->id[which] != 0)
			continue;
		slot->id[which] = far->link != NULL ? mux_close_forward(far->link, &f) : 0;
		unasked |= slot->id[which] == 0;
	}
	if (unasked && far->retry == NULL)
		far->retry = loop_timer(far->end.loop, RETRY_MS, link_retry, far);
	slot_uncancelled(slot);
}

static void
slot_cancel(struct far_slot *slot)
{
	slot_close(slot);
	slot->channel = 0;
	slot->spare = false;
	slot->state = FAR_CANCELLING;
	cancel_ask(slot);
}

static void
slot_failed(struct far_slot *slot, const char *reason)
{
	unsigned channel = slot->channel;

	slot->channel = 0;
	if (channel != 0)
		end_failed(&slot->far->end, channel, reason);
}

static void
slot_expired(void *arg)
{
	struct far_slot *slot = arg;

	slot->deadline = NULL;
	slot_failed(slot, "nobody connected");
	slot_cancel(slot);
}

/* ---- who connects ---- */

static struct far_slot *
spare_find(struct far *far)
{
	for (struct far_slot *slot = far->slots; slot != NULL; slot = slot->next)
		if (slot->spare)
			return slot;
	return NULL;
}

static void
spare_expired(void *arg)
{
	struct far_slot *slot = arg;

	slot->deadline = NULL;
	slot_cancel(slot);
}

static void
listen_connected(struct far_slot *slot, int fd)
{
	struct far *far = slot->far;
	struct stream *stream = stream_of(far->end.loop, fd, &far->end.uses);
	unsigned channel = slot->channel;
	uint8_t family = slot->family;

	slot_cancel(slot);
	if (spare_find(far) == NULL)
		listen_new(far, 0, family, 0);
	if (stream != NULL)
		end_connected(&far->end, channel, stream);
	else
		end_failed(&far->end, channel, "out of memory");
}

static void
listen_accept(void *arg, short revents)
{
	struct far_slot *slot = arg;
	int fd = listener_accept(slot->fd, slot->watch, NULL);

	(void)revents;
	if (fd == -1)
		return;
	if (!slot->spare) {
		listen_connected(slot, fd);
		return;
	}
	log_at(LOG_SESSIONS, "refused a stranger at a data port of the far side");
	close(fd);
	slot_cancel(slot);
}

/* The listener now waits for that channel's connection. */
static void
listen_assign(void *arg)
{
	struct far_slot *slot = arg;

	slot->deadline = loop_timer(slot->far->end.loop, LISTEN_DEADLINE_MS, slot_expired, slot);
	end_listening(&slot->far->end, slot->channel, slot->port);
}

/* ---- asking for a listener ---- */

/* For "localhost:0" sshd opens two listeners, and does not say when the port that it chose for
 * one loopback is somebody else's on the other: there the data would go. So it is told which
 * one is meant. PermitListen may know "localhost" alone, though: the name is the last resort. */
static const char *
listen_host(const struct far *far, uint8_t family)
{
	if (far->config.bind != NULL)
		return far->config.bind;
	if (far->by_name)
		return "localhost";
	return family == 6 ? "::1" : "127.0.0.1";
}

/* Where the family is not known, the same port on ::1 as well. True while that is asked. */
static bool
listen_second(struct far_slot *slot)
{
	const struct far *far = slot->far;

	if (slot->family != 0 || far->by_name || far->no_second || far->config.bind != NULL)
		return false;
	return slot_ask(slot, SECOND);
}

/* In another slot, so with another path. */
static bool
listen_again(struct far_slot *slot)
{
	struct far *far = slot->far;
	bool spare = slot->spare;
	unsigned channel = slot->channel, tries = slot->tries;
	uint8_t family = slot->family;

	if (channel == 0 && !spare)
		return false;
	slot->channel = 0;
	slot->spare = false;
	if (listen_new(far, channel, family, tries + 1) || spare)
		return true;
	slot->channel = channel;
	return false;
}

/* Somebody has the port there: begin again with another one. If none is free on both,
 * 127.0.0.1 has to do. True while that is asked. */
static bool
listen_elsewhere(struct far_slot *slot)
{
	if (slot->tries + 1 == BOTH_TRIES) {
		slot->far->no_second = true;
		return false;
	}
	return listen_again(slot);
}

/* The number is refused: is the name allowed? True while that is asked. */
static bool
listen_by_name(struct far_slot *slot, enum forward_status status)
{
	struct far *far = slot->far;

	if (status != FORWARD_REFUSED || !far->config.by_name || far->config.bind != NULL ||
	    strcmp(slot->forward.host, "localhost") == 0)
		return false;
	far->by_name = true;
	return listen_again(slot);
}

static void
listen_ready(struct far_slot *slot)
{
	struct loop *loop = slot->far->end.loop;

	slot->state = FAR_LISTENING;
	slot->watch = loop_watch(loop, slot->fd, POLLIN, listen_accept, slot);
	if ((slot->channel == 0 && !slot->spare) || slot->watch == NULL) { /* cancelled meanwhile */
		slot_failed(slot, "out of memory");
		slot_cancel(slot);
	} else if (slot->spare)
		slot->deadline = loop_timer(loop, SPARE_MS, spare_expired, slot);
	else
		listen_assign(slot);
}

static void
listen_refused(struct far_slot *slot, const struct forward_result *r)
{
	if (!listen_by_name(slot, r->status)) {
		log_at(LOG_DETAIL, "forward refused: %s", r->reason);
		slot_failed(slot, r->reason);
	}
	slot_cancel(slot);
}

static void
listen_answer(struct far_slot *slot, int which, const struct forward_result *r)
{
	bool ok = r->status == FORWARD_OK;

	if (which == FIRST && !ok) {
		listen_refused(slot, r);
		return;
	}
	if (which == FIRST) {
		slot->port = r->port;
		if (!listen_second(slot))
			listen_ready(slot);
	} else if (!ok && listen_elsewhere(slot))
		slot_cancel(slot);
	else
		listen_ready(slot);
}

static int
slot_bind(struct far_slot *slot)
{
	if (rundir_fresh(slot->forward.path, sizeof(slot->forward.path), 'd') == -1)
		return -1;
	slot->fd = unixsock_listen(slot->forward.path, 8);
	return slot->fd == -1 ? -1 : 0;
}

/* channel 0: a spare one */
static bool
listen_new(struct far *far, unsigned channel, uint8_t family, unsigned tries)
{
	struct far_slot *slot = slot_new(far, channel);
	int saved;

	if (slot == NULL)
		return false;
	slot->spare = channel == 0;
	slot->family = family;
	slot->tries = tries;
	slot->forward.kind = FORWARD_REMOTE;
	snprintf(slot->forward.host, sizeof(slot->forward.host), "%s", listen_host(far, family));
	if (slot_bind(slot) == 0 && slot_ask(slot, FIRST))
		return true;
	saved = errno;
	slot_free(slot);
	errno = saved;
	return false;
}

/* Give the spare listener to this channel, if it is ready and nobody has come to it. */
static bool
spare_take(struct far *far, unsigned channel, uint8_t family)
{
	struct far_slot *slot = spare_find(far);
	struct pollfd waiting = { slot ? slot->fd : -1, POLLIN, 0 };

	if (slot == NULL || slot->state != FAR_LISTENING || slot->family != family ||
	    poll(&waiting, 1, 0) != 0)
		return false;
	slot->spare = false;
	slot->channel = channel;
	timer_free(slot->deadline);
	slot->deadline = loop_timer(far->end.loop, 0, listen_assign, slot);
	return true;
}

/* ---- answers ---- */

/* A refused cancel is an answer as well: there is no such forward. */
static void
slot_answer(struct far_slot *slot, int which, const struct forward_result *r)
{
	bool unsure = r->status == FORWARD_TIMEOUT || r->status == FORWARD_BROKEN;

	slot->id[which] = 0;
	if (slot->state == FAR_CANCELLING) {
		slot->open[which] = unsure;
		slot_uncancelled(slot);
		return;
	}
	slot->open[which] = r->status == FORWARD_OK || unsure;
	listen_answer(slot, which, r);
}

static void
link_retry(void *arg)
{
	struct far *far = arg;
	struct far_slot *slot, *next;

	far->retry = NULL;
	for (slot = far->slots; slot != NULL; slot = next) {
		next = slot->next;
		if (slot->state == FAR_CANCELLING)
			cancel_ask(slot);
	}
}

/* The end of the master is told by who dials. */
static void
far_answer(void *arg, const struct forward_result *r)
{
	struct far *far = arg;

	if (r->id == 0) {
		mux_free(far->link);
		far->link = NULL;
		if (far->retry == NULL)
			far->retry = loop_timer(far->end.loop, RETRY_MS, link_retry, far);
		return;
	}
	for (struct far_slot *slot = far->slots; slot != NULL; slot = slot->next)
		for (int which = FIRST; which <= SECOND; which++)
			if (slot->id[which] == r->id) {
				slot_answer(slot, which, r);
				return;
			}
}

/* ---- for far.c ---- */

bool
far_listen_begin(struct far *far, unsigned channel, uint8_t family)
{
	return spare_take(far, channel, family) || listen_new(far, channel, family, 0);
}

void
far_listen_cancel(struct far *far, unsigned channel)
{
	struct far_slot *slot, *next;

	for (slot = far->slots; slot != NULL; slot = next) {
		next = slot->next;
		if (slot->channel != channel)
			continue;
		slot->channel = 0; /* an answer under way finds nobody and cancels */
		if (slot->state == FAR_LISTENING)
			slot_cancel(slot);
	}
}

unsigned
far_listen_count(const struct far *far)
{
	unsigned n = 0;

	for (const struct far_slot *slot = far->slots; slot != NULL; slot = slot->next)
		n += slot->open[SECOND] ? 2 : 1;
	return n;
}

/* Behind what is being opened goes its cancel, on the same connection: nobody would know later
 * whether there is anything to cancel. */
void
far_listen_free(struct far *far)
{
	timer_free(far->retry);
	for (struct far_slot *slot = far->slots; slot != NULL && far->link != NULL; slot = slot->next)
		for (int which = FIRST; which <= SECOND; which++) {
			struct forward f = forward_of(slot, which);

			if (slot->open[which] && slot->state != FAR_CANCELLING)
				mux_close_forward(far->link, &f);
		}
	mux_finish(far->link, FINISH_MS);
	while (far->slots != NULL)
		slot_free(far->slots);
}
