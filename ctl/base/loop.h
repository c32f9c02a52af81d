/* The heart of what every process needs (ctl/base): an event loop over poll(2), descriptors and timers
 * with callbacks.
 *
 * Single-threaded. A callback may free any watch or timer, its own included.
 * Times are milliseconds of the monotonic clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct watch;

typedef void watch_fn(void *arg, short revents);
typedef void timer_fn(void *arg);

/* Part of its owner; all zero at the beginning. */
struct timer {
	struct loop *loop; /* NULL: it does not run */
	struct timer *next;
	uint64_t due;
	timer_fn *fn;
	void *arg;
};

/* NULL when out of memory. loop_free() also frees what is still registered,
 * but closes no descriptor: those belong to whoever registered them. */
struct loop *loop_new(void);
void loop_free(struct loop *);

/* Watch fd for POLLIN/POLLOUT. POLLERR and POLLHUP are reported always, even
 * with events 0; watch_pause() stops those too. NULL when out of memory; a NULL watch is
 * harmless in the others. */
struct watch *loop_watch(struct loop *, int fd, short events, watch_fn *, void *arg);
void watch_events(struct watch *, short events);
void watch_pause(struct watch *, bool paused);
void watch_pause_for(struct watch *, unsigned ms); /* it goes on by itself then */
void watch_free(struct watch *);

/* Run fn once, ms from now, and not when it was to be before. Whatever has happened until it was due comes
 * first, however late this process got its turn; ms 0: at the end of this round. */
void timer_set(struct timer *, struct loop *, unsigned ms, timer_fn *, void *arg);
void timer_stop(struct timer *);

uint64_t loop_now(void);
uint64_t loop_now_us(void); /* in microseconds */

/* close(2), if there is one; it is -1 then, and errno stays. */
void fd_close(int *fd);

/* One round: wait for the first event or timer (at most max_ms, -1 = for ever)
 * and run what is due. -1 with errno when poll failed for a reason that will not pass
 * by itself, else 0. */
int loop_once(struct loop *, int max_ms);
