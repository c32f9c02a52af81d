#include "master/kept.h"

#include <sys/stat.h>

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
#include "proxy/drain.h"

#define COPIES_MAX 128 /* of one helper */

struct copy {
	struct kept *kept;
	struct copy *next;
	struct kept_by *by; /* NULL: it has ended */
	uint32_t op, id;
	int fd, trace;
	char ctl_path[FORWARD_PATH_MAX]; /* "": not of the first master */
	struct watch *watch;
	struct timer timer;
	struct drain drain;
	bool spare; /* at rest: the next helper may have it */
	bool lent;  /* and one has had it */
	bool guarded; /* another process has it open, too */
	bool forgotten; /* its helper goes on, and may rely on this copy in this very moment */
	bool ends;  /* the master was told so */
	bool hold;  /* something was broken off: not closed as soon as all is answered */
};

struct kept_by {
	struct kept *kept;
	struct watch *watch;
	int fd;
	unsigned copies;
	bool guarded; /* the spare one that it had */
	char ctl_path[FORWARD_PATH_MAX];
};

static void
copy_free(struct copy *copy)
{
	list_remove(copy, copy->kept->copies, copy);
	watch_free(copy->watch);
	timer_stop(&copy->timer);
	close(copy->fd);
	fd_close(&copy->trace);
	free(copy);
}

unsigned
kept_refused(const struct kept *k, const char *ctl_path)
{
	return strcmp(k->ctl_path, ctl_path) == 0 ? k->refused : 0;
}

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
copy_left(struct copy *copy, int killed)
{
	struct proxy_trace t;
	bool right = copy->trace != -1 && proxy_trace_read(&t, copy->trace);

	copy->by = NULL;
	/* A helper that ends by itself has seen to a connection of which we have no trace. */
	if (copy->op != KEEP_PROXY || (!killed && copy->trace == -1 && !copy->lent)) {
		if (killed)
			copy_hold(copy);
		else
			copy_free(copy);
		return;
	}
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
	struct stat ours, its;

	if (c->trace == -1 && c->op == KEEP_PROXY && fstat(c->fd, &ours) == 0 && fstat(fd, &its) == 0 &&
	    ours.st_dev == its.st_dev && ours.st_ino == its.st_ino) {
		c->by->guarded = c->guarded;
		copy_free(c);
	}
}

static void
upload_over(struct copy *c, int id)
{
	if (c->op == KEEP_UPLOAD && c->id == (uint32_t)id) {
		c->by->copies--;
		copy_free(c);
	}
}

static bool
copy_add(struct kept_by *by, const struct keep_message *m, const int fd[2])
{
	bool of_first = m->op == KEEP_PROXY && m->id == 0;
	struct copy *c;

	if (by->copies == COPIES_MAX)
		return false;
	c = memory_make(struct copy, .kept = by->kept, .by = by, .op = m->op, .id = m->id,
	    .fd = fd[0], .trace = fd[1], .guarded = of_first && by->guarded);
	if (c == NULL)
		return false;
	by->copies++;
	if (of_first)
		memcpy(c->ctl_path, by->ctl_path, sizeof(c->ctl_path));
	list_add(by->kept->copies, c);
	return true;
}

/* false: nothing more is there now, or ever (*end). */
static bool
by_receive(struct kept_by *by, bool *end)
{
	struct keep_message m;
	int fd[FDPASS_MAX];
	ssize_t n = packet_receive(by->fd, &m, sizeof(m), fd);

	*end = packet_over(n);
	if (n <= 0)
		return false;
	if (n != (ssize_t)sizeof(m))
		m.op = 0;
	if (m.op == KEEP_PROXY && fd[0] != -1)
		each_copy(by, spare_returned, fd[0]);
	if ((m.op == KEEP_PROXY || m.op == KEEP_UPLOAD) && fd[0] != -1 && copy_add(by, &m, fd))
		return true;
	if (m.op == KEEP_RELEASE)
		each_copy(by, upload_over, (int)m.id);
	fd_close(&fd[0]);
	fd_close(&fd[1]);
	return true;
}

static void
by_ready(void *arg, short revents)
{
	struct kept_by *by = arg;
	bool end;

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
	memory_drop(watch_free, c->watch);
	fd_close(&c->trace); /* what becomes of it now is told by another */
	return c->fd;
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
	kept_forget(by);
}

/* Where nothing speaks against closing it. */
static void
copy_forget(struct copy *c, int ignored)
{
	struct proxy_trace t;

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
	watch_free(by->watch);
	close(by->fd); /* from now on the helper knows */
	free(by);
}

static bool
copy_held(const struct copy *c)
{
	return c->hold || (c->timer.loop != NULL && !c->ends);
}

bool
kept_holds(const struct kept *k)
{
	const struct copy *c = k->copies;

	while (c != NULL && !copy_held(c))
		c = c->next;
	return c != NULL;
}

void
kept_close(struct kept *k, bool ours)
{
	const char *rundir = rundir_of(k->ctl_path);
	struct copy *c;

	while ((c = k->copies) != NULL) {
		if (copy_held(c))
			drain_hold_behind(c->fd, NULL, (int)k->hold_ms);
		if (!ours && (c->forgotten || c->spare) && !c->guarded)
			drain_hold_behind(c->fd, rundir, -1);
		else if (!ours && !c->spare && !c->forgotten && c->op == KEEP_PROXY && c->drain.unanswered > 0)
			drain_behind(&c->drain, c->fd, NULL, 0, rundir);
		copy_free(c);
	}
}
