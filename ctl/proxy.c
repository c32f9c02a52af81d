#include "proxy.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "drain.h"
#include "loop.h"
#include "memory.h"
#include "mux.h"
#include "muxmsg.h"
#include "proxy_private.h"
#include "unixsock.h"

#define IN_FIRST  (16 * 1024)
#define IN_MOST   (256 * 1024) /* more a socket of the master's does not hold at once */
#define OUT_FIRST (4 * 1024)
#define OUT_MOST  (4 * 1024 * 1024) /* a master that wants more answers than that reads none */
#define SEND_BUFFER (1024 * 1024) /* or what the system allows: ssh has something to do meanwhile */
#define WRITERS_AWAKE (128 * 1024)
#ifndef FREE_MS
#define FREE_MS 2000
#endif

uint64_t
proxy_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void proxy_woken(void *);

/* The end is told by the loop, as all is. */
void
proxy_fail(struct proxy *p)
{
	p->failed = p->deaf = true;
	p->out_from = p->out_len = 0;
	if (p->busy == 0 && p->wake == NULL)
		p->wake = loop_timer(p->loop, 0, proxy_woken, p);
}

/* --- going out ------------------------------------------------------------------------ */

uint64_t
proxy_queued(const struct proxy *p)
{
	return p->sent + (p->out_len - p->out_from);
}

int
proxy_reserve(struct proxy *p, size_t n)
{
	size_t size = p->out_size > 0 ? p->out_size : OUT_FIRST;
	uint8_t *out;

	if (p->out_size - p->out_len >= n)
		return 0;
	if (p->out_from > 0) {
		p->out_len -= p->out_from;
		memmove(p->out, p->out + p->out_from, p->out_len);
		p->out_from = 0;
	}
	while (size < OUT_MOST && size - p->out_len < n)
		size *= 2;
	if (size - p->out_len < n || (out = memory_grow(p->out, size)) == NULL) {
		proxy_fail(p);
		return -1;
	}
	p->out = out;
	p->out_size = size;
	return 0;
}

static void
proxy_wake_writers(struct proxy *p)
{
	struct proxy_channel *c;

	for (c = p->all; c != NULL; c = c->next)
		if (c->hungry && c->remote_window > 0)
			proxy_schedule(c, PROXY_WRITABLE);
}

/* A send that fails is no news of its own: the end shows when the loop reads. */
void
proxy_flush(struct proxy *p)
{
	ssize_t n;

	if (p->fd == -1 || p->deaf || p->out_len == p->out_from)
		return;
	p->full = false;
	n = send(p->fd, p->out + p->out_from, p->out_len - p->out_from, MSG_NOSIGNAL);
	if (n == -1 && errno != EAGAIN && errno != EINTR) {
		p->deaf = true;
		p->out_len = p->out_from;
	}
	if (n > 0) {
		p->sent += (uint64_t)n;
		p->out_from += (size_t)n;
	}
	if (p->out_from == p->out_len)
		p->out_from = p->out_len = 0;
	else
		p->full = true;
	if (p->out_len - p->out_from < WRITERS_AWAKE)
		proxy_wake_writers(p);
}

void
proxy_arm(struct proxy *p)
{
	watch_events(p->watch, p->out_len > p->out_from ? POLLIN | POLLOUT : POLLIN);
}

void
proxy_put_plain(struct proxy *p, enum chanmsg_type type, uint32_t channel)
{
	struct wire w;

	if (proxy_reserve(p, 64) == -1)
		return;
	wire_write_to(&w, p->out, p->out_size);
	w.len = p->out_len;
	chanmsg_plain(&w, type, channel);
	p->out_len = w.len;
	proxy_arm(p);
}

/* --- the end -------------------------------------------------------------------------- */

static void
proxy_quiet(struct proxy *p)
{
	watch_free(p->watch);
	timer_free(p->silence);
	timer_free(p->wake);
	unixsock_free(p->waiting);
	p->watch = NULL;
	p->silence = p->wake = NULL;
	p->waiting = NULL;
}

void
proxy_over(struct proxy *p, const char *reason)
{
	if (p->over)
		return;
	p->over = true;
	proxy_quiet(p);
	if (!p->freed)
		p->gone(p->arg, reason);
}

static void
proxy_silent(void *arg)
{
	struct proxy *p = arg;

	p->silence = NULL;
	proxy_over(p, "the ControlMaster does not answer");
}

/* --- coming in ------------------------------------------------------------------------ */

/* Room for what comes: more after a read that filled it, and all of a long frame. */
static int
proxy_in_room(struct proxy *p)
{
	size_t size = p->in_size > 0 ? p->in_size : IN_FIRST, frame = 0;
	uint8_t *in;

	if (p->in_from > 0) {
		p->in_len -= p->in_from;
		memmove(p->in, p->in + p->in_from, p->in_len);
		p->in_from = 0;
	}
	if (p->in_len >= 4)
		frame = 4 + (size_t)wire_peek_u32(p->in);
	if (p->in_full && size < IN_MOST)
		size *= 2;
	while (size < frame)
		size *= 2;
	if (size == p->in_size)
		return 0;
	if ((in = memory_grow(p->in, size)) == NULL)
		return -1;
	p->in = in;
	p->in_size = size;
	return 0;
}

/* The buffers of one large transfer are not kept for the rest of a session. */
static void
proxy_shrink(struct proxy *p)
{
	if (p->in_from == p->in_len && p->in_size > 4 * IN_FIRST) {
		free(p->in);
		p->in = NULL;
		p->in_from = p->in_len = p->in_size = 0;
	}
	if (p->out_from == p->out_len && p->out_size > 4 * IN_FIRST) {
		free(p->out);
		p->out = NULL;
		p->out_size = 0;
	}
	p->small = false;
}

static void
proxy_hung_up(struct proxy *p)
{
	p->unanswered = 0;
	proxy_quiet(p);
	close(p->fd);
	p->fd = -1;
	proxy_over(p, "the ControlMaster is gone");
}

static void
proxy_receive(struct proxy *p)
{
	size_t room;
	ssize_t n;

	if (proxy_in_room(p) == -1) {
		proxy_fail(p);
		return;
	}
	room = p->in_size - p->in_len;
	n = recv(p->fd, p->in + p->in_len, room, 0);
	if (n > 0) {
		p->in_full = (size_t)n == room;
		p->in_len += (size_t)n;
		proxy_frames(p);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		proxy_hung_up(p);
	}
}

/* --- telling -------------------------------------------------------------------------- */

void
proxy_schedule(struct proxy_channel *c, enum proxy_event event)
{
	struct proxy *p = c->proxy;

	c->events |= 1U << event;
	if (c->queued || c->freed || p->over)
		return;
	c->queued = true;
	c->next_ready = NULL;
	*p->ready_last = c;
	p->ready_last = &c->next_ready;
	if (p->busy == 0 && p->wake == NULL)
		p->wake = loop_timer(p->loop, 0, proxy_woken, p);
}

static void
channel_tell(struct proxy_channel *c)
{
	struct proxy *p = c->proxy;
	unsigned events = c->events;

	c->events = 0;
	c->telling = true;
	for (unsigned e = PROXY_OPENED; e <= PROXY_CLOSED; e++) {
		if ((events & 1U << e) == 0 || (e == PROXY_READABLE && c->paused))
			continue;
		if (e == PROXY_WRITABLE)
			c->hungry = false;
		if (c->freed || p->over)
			break;
		c->fn(c->arg, (enum proxy_event)e, c->reason);
		if (e == PROXY_REFUSED)
			c->freed = true;
	}
	c->telling = false;
	proxy_channel_settle(c);
}

static void
proxy_tell(struct proxy *p)
{
	struct proxy_channel *c;

	while ((c = p->ready) != NULL) {
		if ((p->ready = c->next_ready) == NULL)
			p->ready_last = &p->ready;
		c->queued = false;
		channel_tell(c);
	}
	for (c = p->all; c != NULL; c = c->next)
		proxy_spill(c);
}

static void
proxy_destroy(struct proxy *p)
{
	while (p->all != NULL) {
		p->all->freed = true;
		p->all->queued = false;
		proxy_channel_over(p->all);
	}
	free(p->channels);
	free(p->in);
	free(p->out);
	free(p);
}

static void
proxy_leave(struct proxy *p)
{
	if (p->failed)
		proxy_over(p, "no memory for the connection to the ControlMaster");
	if (!p->over)
		proxy_arm(p);
	if (p->small)
		proxy_shrink(p);
	if (--p->busy == 0 && p->freed)
		proxy_destroy(p);
}

static void
proxy_woken(void *arg)
{
	struct proxy *p = arg;

	p->wake = NULL;
	p->busy++;
	proxy_tell(p);
	proxy_leave(p);
}

static void
proxy_ready(void *arg, short revents)
{
	struct proxy *p = arg;

	p->busy++;
	if (revents & POLLOUT)
		proxy_flush(p);
	if (revents & ~POLLOUT)
		proxy_receive(p);
	proxy_tell(p);
	proxy_leave(p);
}

/* --- the beginning -------------------------------------------------------------------- */

static int
proxy_connected(struct proxy *p, int fd)
{
	if ((p->fd = fd) == -1 ||
	    (p->watch = loop_watch(p->loop, fd, POLLIN | POLLOUT, proxy_ready, p)) == NULL)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){ SEND_BUFFER }, sizeof(int));
	p->silence = loop_timer(p->loop, MUX_TIMEOUT_MS, proxy_silent, p);
	return 0;
}

static void
proxy_waited(void *arg, int fd)
{
	struct proxy *p = arg;

	p->waiting = NULL;
	if (proxy_connected(p, fd) == 0)
		return;
	p->unanswered = 0;
	proxy_over(p, errno == EAGAIN ? "the ControlMaster does not accept connections" :
	    "the ControlMaster is gone");
}

/* Opens may follow at once: the master takes one packet after the other. */
static int
proxy_begin(struct proxy *p, const char *path)
{
	struct wire w;
	int fd;

	if (proxy_reserve(p, 64) == -1)
		return -1;
	wire_write_to(&w, p->out, p->out_size);
	muxmsg_hello(&w);
	muxmsg_request(&w, MUX_C_PROXY, 1);
	p->out_len = w.len;
	if ((fd = unixsock_connect(path)) != -1 || errno != EAGAIN)
		return proxy_connected(p, fd);
	p->waiting = unixsock_wait(p->loop, path, UNIXSOCK_PATIENCE_MS, proxy_waited, p);
	return p->waiting == NULL ? -1 : 0;
}

static void
proxy_nothing(void *arg, const char *reason)
{
	(void)arg;
	(void)reason;
}

struct proxy *
proxy_new(struct loop *loop, const char *ctl_path, uint64_t window_max, proxy_gone_fn *gone,
    void *arg)
{
	struct proxy *p;
	int error;

	if ((p = memory_new(sizeof(*p))) == NULL)
		return NULL;
	p->loop = loop;
	p->gone = proxy_nothing;
	p->arg = arg;
	p->fd = -1;
	p->ready_last = &p->ready;
	p->pool.max = window_max > 0 && window_max < WINDOW_MAX ? window_max : WINDOW_MAX;
	if (proxy_begin(p, ctl_path) == -1) {
		error = errno;
		proxy_free(p);
		errno = error;
		return NULL;
	}
	p->gone = gone;
	return p;
}

int
proxy_fd(const struct proxy *p)
{
	return p->fd;
}

unsigned
proxy_unanswered(const struct proxy *p)
{
	return p->unanswered;
}

/* Until all is sent and answered; not for ever. */
static void
proxy_await(struct proxy *p)
{
	uint64_t now, end = loop_now() + FREE_MS;
	struct pollfd fds = { .fd = p->fd };

	while (p->fd != -1 && !p->lost && !p->failed && (now = loop_now()) < end &&
	    (p->unanswered > 0 || p->out_len > p->out_from)) {
		fds.events = p->out_len > p->out_from ? POLLIN | POLLOUT : POLLIN;
		if (poll(&fds, 1, (int)(end - now)) <= 0)
			continue;
		proxy_flush(p);
		proxy_receive(p);
	}
}

void
proxy_free(struct proxy *p)
{
	struct proxy_channel *c, *next;
	struct drain d;

	if (p == NULL || p->freed)
		return;
	p->freed = true;
	p->busy++;
	for (c = p->all; c != NULL; c = next) {
		next = c->next;
		proxy_channel_free(c);
	}
	proxy_await(p);
	if (p->fd != -1 && p->unanswered > 0) {
		drain_begin(&d, p->lost || p->failed ? DRAIN_FOR_EVER : p->unanswered, p->in + p->in_from,
		    p->in_len - p->in_from);
		drain_behind(&d, p->fd, p->out + p->out_from, p->out_len - p->out_from);
	}
	proxy_quiet(p);
	if (p->fd != -1)
		close(p->fd);
	p->fd = -1;
	p->over = true;
	proxy_leave(p);
}
