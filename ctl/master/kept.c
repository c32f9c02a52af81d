#include "master/kept.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/packet.h"
#include "base/rundir.h"
#include "master/keepmsg.h"
#include "master/kept_private.h"
#include "proxy/proxy_trace.h"

#define COPIES_MAX 128 /* of one helper */

struct kept *
kept_new(struct loop *loop, unsigned hold_ms)
{
	struct kept *k = memory_new(sizeof(*k));

	if (k != NULL)
		*k = (struct kept){ .loop = loop, .hold_ms = hold_ms };
	return k;
}

void
copy_free(struct copy *copy)
{
	list_remove(copy, copy->kept->copies, copy);
	watch_free(copy->watch);
	timer_stop(&copy->timer);
	close(copy->fd);
	if (copy->trace != -1)
		close(copy->trace);
	free(copy);
}

unsigned
kept_refused(const struct kept *k, const char *ctl_path)
{
	return strcmp(k->ctl_path, ctl_path) == 0 ? k->refused : 0;
}

/* --- when its helper has ended --------------------------------------------------------- */

/* A connection to a master is read until that has closed it (drain.h). */
static void
copy_end(void *arg)
{
	struct copy *copy = arg;

	if (copy->watch == NULL) {
		copy_free(copy);
		return;
	}
	copy->ends = true;
	copy->drain.unanswered = DRAIN_FOR_EVER;
	drain_end(copy->fd);
}

static void
copy_hold(struct copy *copy)
{
	timer_set(&copy->timer, copy->kept->loop, copy->kept->hold_ms, copy_end, copy);
}

/* All is answered: then it may be closed, though what was being sent must not look complete. */
static void
copy_answered(struct copy *copy)
{
	if (!copy->hold) {
		copy_end(copy);
		return;
	}
	copy->hold = false;
	copy->drain.unanswered = DRAIN_FOR_EVER;
	copy_hold(copy);
}

static void
copy_ready(void *arg, short revents)
{
	struct copy *copy = arg;

	(void)revents;
	if (!drain_read(&copy->drain, copy->fd)) {
		copy->spare = false; /* nothing was expected */
		return;
	}
	if (copy->drain.unanswered == 0) {
		copy_answered(copy);
		return;
	}
	if (strcmp(copy->ctl_path, copy->kept->ctl_path) == 0 && !copy->ends) /* the master's end */
		copy->kept->refused = 0;
	copy_free(copy);
}

static void
proxy_left(struct copy *copy, bool killed)
{
	struct proxy_trace t;
	bool right = copy->trace != -1 && proxy_trace_read(&t, copy->trace);

	copy->drain = (struct drain){ .unanswered = DRAIN_FOR_EVER };
	copy->hold = right && killed && t.channels > 0;
	copy->spare = right && t.stays && t.rest;
	if (copy->spare && !copy->kept->ours && !copy->guarded) {
		drain_hold_behind(copy->fd, NULL, -1);
		copy->guarded = true;
	}
	if (right && strcmp(copy->ctl_path, copy->kept->ctl_path) == 0)
		copy->kept->refused += t.refused;
	if (right && !t.stays)
		copy->drain = t.drain;
	copy->watch = loop_watch(copy->kept->loop, copy->fd, POLLIN, copy_ready, copy);
	if (copy->drain.unanswered == 0)
		copy_answered(copy);
}

static void
copy_left(struct copy *copy, int killed)
{
	/* Who has no trace to leave does not leave it to us when he ends by himself. */
	bool done = !killed && copy->trace == -1 && !copy->lent;

	copy->by = NULL;
	if (copy->op == KEEP_PROXY && !done)
		proxy_left(copy, killed);
	else if (killed)
		copy_hold(copy);
	else
		copy_free(copy);
}

/* --- what a helper hands over ----------------------------------------------------------- */

static bool
same_file(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	    sa.st_ino == sb.st_ino;
}

static struct copy *
copy_find(struct kept_by *by, uint32_t op, uint32_t id)
{
	struct copy *c;

	for (c = by->kept->copies; c != NULL; c = c->next)
		if (c->by == by && c->op == op && c->id == id)
			return c;
	return NULL;
}

/* fn may free the copy. */
static void
each_copy(struct kept_by *by, void (*fn)(struct copy *, int), int arg)
{
	struct copy *c, *next;

	for (c = by->kept->copies; c != NULL; c = next) {
		next = c->next;
		if (c->by == by)
			fn(c, arg);
	}
}

/* A spare one that was taken over comes back with a trace of its own. */
static void
spare_returned(struct copy *c, int fd)
{
	if (c->trace == -1 && c->op == KEEP_PROXY && same_file(c->fd, fd)) {
		c->by->guarded = c->guarded;
		copy_free(c);
	}
}

static bool
copy_add(struct kept_by *by, const struct keep_message *m, const int fd[2])
{
	struct copy *c;

	if (by->copies == COPIES_MAX || (c = memory_new(sizeof(*c))) == NULL)
		return false;
	by->copies++;
	*c = (struct copy){ .kept = by->kept, .next = by->kept->copies, .by = by, .op = m->op,
		.id = m->id, .fd = fd[0], .trace = fd[1],
		.guarded = m->op == KEEP_PROXY && m->id == 0 && by->guarded };
	if (m->op == KEEP_PROXY && m->id == 0)
		memcpy(c->ctl_path, by->ctl_path, sizeof(c->ctl_path));
	by->kept->copies = c;
	return true;
}

static void
by_message(struct kept_by *by, const struct keep_message *m, const int fd[2])
{
	struct copy *c;

	if (m->op == KEEP_PROXY && fd[0] != -1)
		each_copy(by, spare_returned, fd[0]);
	if ((m->op == KEEP_PROXY || m->op == KEEP_UPLOAD) && fd[0] != -1 && copy_add(by, m, fd))
		return;
	if (m->op == KEEP_RELEASE && (c = copy_find(by, KEEP_UPLOAD, m->id)) != NULL) {
		by->copies--;
		copy_free(c);
	}
	for (int i = 0; i < 2; i++)
		if (fd[i] != -1)
			close(fd[i]);
}

/* false: nothing more is there now, or ever (*end). */
static bool
by_receive(struct kept_by *by, bool *end)
{
	struct keep_message m;
	int fd[FDPASS_MAX];
	ssize_t n = packet_receive(by->fd, &m, sizeof(m), fd);

	*end = n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR);
	if (n <= 0)
		return false;
	if (n != (ssize_t)sizeof(m))
		m.op = 0;
	by_message(by, &m, fd);
	return true;
}

static void
by_ready(void *arg, short revents)
{
	struct kept_by *by = arg;
	bool end;

	(void)revents;
	while (by_receive(by, &end))
		;
	if (end)
		watch_pause(by->watch, true);
}

struct kept_by *
kept_begin(struct kept *k, const char *ctl_path, int *fd)
{
	struct kept_by *by = memory_new(sizeof(*by));
	int pair[2];

	if (by == NULL || packet_pair(pair, false) == -1) {
		free(by);
		return NULL;
	}
	snprintf(by->ctl_path, sizeof(by->ctl_path), "%s", ctl_path);
	if (strcmp(k->ctl_path, by->ctl_path) != 0) {
		memcpy(k->ctl_path, by->ctl_path, sizeof(k->ctl_path));
		k->refused = 0;
	}
	by->kept = k;
	by->fd = pair[0];
	*fd = pair[1];
	by->watch = loop_watch(k->loop, by->fd, POLLIN, by_ready, by);
	return by;
}

int
kept_spare(struct kept_by *by)
{
	struct copy *c;

	for (c = by->kept->copies; c != NULL; c = c->next)
		if (c->by == NULL && c->spare && strcmp(c->ctl_path, by->ctl_path) == 0)
			break;
	if (c == NULL)
		return -1;
	c->by = by;
	c->spare = false;
	c->lent = true;
	watch_free(c->watch);
	c->watch = NULL;
	if (c->trace != -1)
		close(c->trace);
	c->trace = -1; /* what becomes of it now is told by another */
	return c->fd;
}

static void
by_free(struct kept_by *by)
{
	watch_free(by->watch);
	close(by->fd);
	free(by);
}

void
kept_end(struct kept_by *by, bool killed, bool ours)
{
	bool end;

	if (by == NULL)
		return;
	by->kept->ours = ours;
	while (by_receive(by, &end))
		;
	each_copy(by, copy_left, killed);
	by_free(by);
}

/* Where nothing speaks against closing it. */
static void
copy_forget(struct copy *c, int ignored)
{
	struct proxy_trace t;

	(void)ignored;
	c->by = NULL;
	c->forgotten = c->op == KEEP_PROXY && (c->trace == -1 || !proxy_trace_read(&t, c->trace) ||
	    t.stays || t.drain.unanswered != 0);
	if (!c->forgotten)
		copy_free(c);
}

void
kept_forget(struct kept_by *by)
{
	if (by == NULL)
		return;
	each_copy(by, copy_forget, 0);
	by_free(by); /* from now on the helper knows */
}
