#include "base/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/list.h"
#include "base/memory.h"

#define NO_MEMORY_MS 20

/* A watch that is freed inside a callback must not move the others under the
 * running round: its slot is emptied (fd -1) and compacted after the round. */
struct watch {
	struct loop *loop;
	size_t slot;
	int fd;
	short events;
	bool paused;
	struct timer pause; /* which ends by itself */
	watch_fn *fn;
	void *arg;
};

struct loop {
	struct pollfd *fds;
	struct watch **watches; /* same index as fds; NULL = freed */
	size_t count, freed;
	struct timer *timers; /* sorted, soonest first */
	uint64_t now;         /* when this round began */
};

struct loop *
loop_new(void)
{
	memory_reserve();
	return memory_new(sizeof(struct loop));
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	while (l->timers != NULL)
		timer_stop(l->timers);
	for (size_t i = 0; i < l->count; i++)
		free(l->watches[i]);
	free(l->fds);
	free(l->watches);
	free(l);
}

uint64_t
loop_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t
loop_now(void)
{
	return loop_now_us() / 1000;
}

void
fd_close(int *fd)
{
	int saved = errno;

	if (*fd != -1)
		close(*fd);
	*fd = -1;
	errno = saved;
}

static void
watch_arm(struct watch *w)
{
	struct pollfd *p = &w->loop->fds[w->slot];

	p->fd = w->paused ? -1 : w->fd;
	p->events = w->events;
}

struct watch *
loop_watch(struct loop *l, int fd, short events, watch_fn *fn, void *arg)
{
	struct watch *w = memory_new(sizeof(*w));
	size_t slot = l->count;

	if (w == NULL || memory_append(&l->fds, &slot, sizeof(*l->fds)) == NULL ||
	    memory_append(&l->watches, &l->count, sizeof(struct watch *)) == NULL) {
		free(w);
		return NULL;
	}
	*w = (struct watch){ .loop = l, .slot = slot - 1, .fd = fd, .events = events, .fn = fn,
		.arg = arg };
	l->watches[w->slot] = w;
	watch_arm(w);
	return w;
}

void
watch_events(struct watch *w, short events)
{
	if (w == NULL)
		return;
	w->events = events;
	watch_arm(w);
}

void
watch_pause(struct watch *w, bool paused)
{
	if (w == NULL)
		return;
	w->paused = paused;
	timer_stop(&w->pause);
	watch_arm(w);
}

static void
watch_resume(void *arg)
{
	watch_pause(arg, false);
}

void
watch_pause_for(struct watch *w, unsigned ms)
{
	if (w == NULL)
		return;
	watch_pause(w, true);
	timer_set(&w->pause, w->loop, ms, watch_resume, w);
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	timer_stop(&w->pause);
	w->loop->watches[w->slot] = NULL;
	w->loop->fds[w->slot] = (struct pollfd){ .fd = -1 };
	w->loop->freed++;
	free(w);
}

static void
loop_compact(struct loop *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++) {
		if (l->watches[i] == NULL)
			continue;
		l->watches[n] = l->watches[i];
		l->watches[n]->slot = n;
		l->fds[n++] = l->fds[i];
	}
	l->count = n;
	l->freed = 0;
}

void
timer_set(struct timer *t, struct loop *l, unsigned ms, timer_fn *fn, void *arg)
{
	struct timer **at;

	timer_stop(t);
	*t = (struct timer){ l, NULL, ms == 0 ? l->now : loop_now() + ms, fn, arg };
	for (at = &l->timers; *at != NULL && (*at)->due <= t->due; at = &(*at)->next)
		;
	t->next = *at;
	*at = t;
}

void
timer_stop(struct timer *t)
{
	if (t->loop != NULL)
		list_remove(timer, t->loop->timers, t);
	t->loop = NULL;
}

static int
loop_wait_ms(const struct loop *l, int max_ms)
{
	uint64_t now, left;

	if (l->timers == NULL)
		return max_ms;
	now = loop_now();
	left = l->timers->due > now ? l->timers->due - now : 0;
	if (max_ms >= 0 && left > (uint64_t)max_ms)
		return max_ms;
	return left > 3600000 ? 3600000 : (int)left;
}

int
loop_once(struct loop *l, int max_ms)
{
	uint64_t began = l->now = loop_now();
	size_t count;
	int ready;

	memory_reserve();
	if (l->freed > 0)
		loop_compact(l);
	count = l->count; /* watches added by a callback wait for the next round */
	ready = poll(l->fds, (nfds_t)count, loop_wait_ms(l, max_ms));
	if (ready == -1 && (errno == ENOMEM || errno == EAGAIN))
		poll(NULL, 0, NO_MEMORY_MS); /* the kernel may have more in a moment */
	else if (ready == -1 && errno != EINTR)
		return -1;
	for (size_t i = 0; i < count && ready > 0; i++) {
		short revents = l->fds[i].revents;

		if (revents == 0)
			continue;
		ready--;
		l->fds[i].revents = 0;
		if (l->watches[i] != NULL && !l->watches[i]->paused)
			l->watches[i]->fn(l->watches[i]->arg, revents);
	}
	l->now = loop_now();
	while (l->timers != NULL && l->timers->due <= began) {
		struct timer *t = l->timers;

		timer_stop(t);
		t->fn(t->arg);
	}
	return 0;
}
