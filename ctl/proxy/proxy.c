#include "proxy/proxy.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/rundir.h"
#include "mux/mux.h"
#include "mux/muxmsg.h"
#include "proxy/proxy_private.h"

#define SEND_BUFFER (1024 * 1024) /* or what the system allows: ssh has something to do meanwhile */
#define BUFFER_KEPT (64 * 1024)
#ifndef FREE_MS
#define FREE_MS 2000
#endif

static void proxy_woken(void *);

/* --- the end -------------------------------------------------------------------------- */

static void
proxy_quiet(struct proxy *p)
{
	memory_drop(watch_free, p->watch);
	timer_stop(&p->silence);
	timer_stop(&p->wake);
	timer_stop(&p->waiting.timer);
}

void
proxy_over(struct proxy *p, const char *reason)
{
	if (p->over)
		return;
	p->over = true;
	proxy_quiet(p);
	if (!p->freed && p->gone != NULL)
		p->gone(p->arg, reason);
}

static void
proxy_silent(void *arg)
{
	proxy_over(arg, "the ControlMaster does not answer");
}

/* At the end of this round of the loop. */
void
proxy_wake(struct proxy *p)
{
	if (p->busy == 0 && p->wake.loop == NULL)
		timer_set(&p->wake, p->loop, 0, proxy_woken, p);
}

/* The end is told by the loop, as all is. */
void
proxy_fail(struct proxy *p)
{
	p->failed = p->deaf = true;
	bytes_take(&p->out, p->out.len);
	proxy_wake(p);
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
	list_append(proxy_channel, p->ready, c);
	proxy_wake(p);
}

static void
channel_tell(struct proxy_channel *c)
{
	struct proxy *p = c->proxy;
	unsigned events = c->events;

	c->events = 0;
	c->telling = true;
	for (unsigned e = PROXY_OPENED; e <= PROXY_CLOSED; e++) {
		if ((events & 1U << e) == 0)
			continue;
		if (e == PROXY_WRITABLE)
			c->hungry = false;
		if (c->freed || p->over)
			break;
		c->fn(c->arg, (enum proxy_event)e, c->reason);
		if (e == PROXY_REFUSED || e == PROXY_FORBIDDEN)
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
		p->ready = c->next;
		c->queued = false;
		channel_tell(c);
	}
	for (size_t i = 0; i < p->channel_room; i++)
		if (p->channels[i] != NULL)
			proxy_spill(p->channels[i]);
}

static void
proxy_destroy(struct proxy *p)
{
	for (size_t i = 0; i < p->channel_room; i++)
		if (p->channels[i] != NULL) {
			p->channels[i]->freed = true;
			p->channels[i]->queued = false;
			proxy_channel_over(p->channels[i]);
		}
	proxy_trace_free(p->trace);
	free(p->channels);
	bytes_free(&p->in);
	bytes_free(&p->out);
	free(p);
}

/* The buffer of one large transfer is not kept for the rest of a session. */
static void
buffer_shrink(struct bytes *b)
{
	if (b->len == 0 && b->size > BUFFER_KEPT)
		bytes_free(b);
}

static void
proxy_leave(struct proxy *p)
{
	if (p->failed)
		proxy_over(p, "no memory for the connection to the ControlMaster");
	if (!p->over && !p->full)
		proxy_flush(p);
	if (!p->over)
		proxy_arm(p);
	if (p->small) {
		buffer_shrink(&p->in);
		buffer_shrink(&p->out);
	}
	p->small = false;
	if (--p->busy == 0 && p->freed)
		proxy_destroy(p);
	else if (p->ready != NULL)
		proxy_wake(p);
}

static void
proxy_woken(void *arg)
{
	struct proxy *p = arg;

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
	timer_set(&p->silence, p->loop, MUX_TIMEOUT_MS, proxy_silent, p);
	return 0;
}

static void
proxy_waited(void *arg, int fd)
{
	struct proxy *p = arg;

	if (proxy_connected(p, fd) == 0)
		return;
	p->unanswered = 0;
	proxy_over(p, errno == EAGAIN ? "the ControlMaster does not accept connections" :
	    mux_gone);
}

/* Opens may follow at once: the master takes one packet after the other. */
static int
proxy_begin(struct proxy *p, const char *path)
{
	struct wire w;
	int fd;

	if (!proxy_wire(p, &w, 64))
		return -1;
	muxmsg_hello(&w);
	muxmsg_request(&w, MUX_C_PROXY, 1, NULL);
	p->out.len = w.len;
	fd = unixsock_open(&p->waiting, p->loop, path, UNIXSOCK_PATIENCE_MS, proxy_waited, p);
	return p->waiting.timer.loop != NULL ? 0 : proxy_connected(p, fd);
}

static struct proxy *
proxy_make(struct loop *loop, const char *ctl_path, proxy_gone_fn *gone, void *arg)
{
	return memory_make(struct proxy, .loop = loop, .gone = gone, .arg = arg, .fd = -1,
	    .pool.max = WINDOW_MAX, .rundir = rundir_of(ctl_path));
}

struct proxy *
proxy_new(struct loop *loop, const char *ctl_path, proxy_gone_fn *gone, void *arg)
{
	struct proxy *p = proxy_make(loop, ctl_path, gone, arg);

	if (p != NULL && proxy_begin(p, ctl_path) == -1)
		memory_drop(proxy_free, p);
	return p;
}

struct proxy *
proxy_adopt(struct loop *loop, const char *ctl_path, int fd, proxy_gone_fn *gone, void *arg)
{
	struct proxy *p = proxy_make(loop, ctl_path, gone, arg);

	if (p == NULL)
		return NULL;
	if ((p->watch = loop_watch(loop, fd, POLLIN, proxy_ready, p)) == NULL) {
		proxy_free(p);
		return NULL;
	}
	p->fd = fd;
	p->state = PROXY_READY;
	p->stays = true; /* or else it would have been closed */
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

static bool
proxy_is_kept(const struct proxy *p)
{
	return p->keeps != NULL && p->keeps(p->keeps_arg);
}

/* While there is something to wait for before it can be closed. One that is kept for others should be
 * at rest then. */
static bool
proxy_awaits(const struct proxy *p)
{
	if (p->fd == -1 || p->lost || p->failed)
		return false;
	return p->unanswered > 0 || p->out.len > 0 ||
	    (p->stays && proxy_is_kept(p) && p->pool.count > 0);
}

static void
proxy_await(struct proxy *p, uint64_t end)
{
	uint64_t now;
	struct pollfd fds = { .fd = p->fd };

	while (proxy_awaits(p) && (now = loop_now()) < end) {
		fds.events = p->out.len > 0 ? POLLIN | POLLOUT : POLLIN;
		if (poll(&fds, 1, (int)(end - now)) <= 0)
			continue;
		proxy_flush(p);
		proxy_receive(p);
	}
}

/* Nothing speaks against its end: say so, and read until the master has closed it. */
static bool
proxy_end(struct proxy *p, uint64_t end)
{
	struct drain d = { .unanswered = DRAIN_FOR_EVER };
	struct pollfd fds = { .fd = p->fd, .events = POLLIN };
	uint64_t now;

	drain_end(p->fd);
	while (!drain_read(&d, p->fd)) {
		if ((now = loop_now()) >= end)
			return false;
		poll(&fds, 1, (int)(end - now));
	}
	return true;
}

/* Those who keep a copy know what to do with it from the trace. */
static void
proxy_leave_behind(struct proxy *p, uint64_t end)
{
	bool for_ever = p->lost || p->failed || p->stays;
	struct drain d;

	if (p->fd == -1 || (p->unanswered == 0 && !p->stays && proxy_end(p, end)) || proxy_is_kept(p))
		return;
	drain_begin(&d, for_ever ? DRAIN_FOR_EVER : p->unanswered, (const uint8_t *)bytes_data(&p->in),
	    p->in.len);
	drain_behind(&d, p->fd, (const uint8_t *)bytes_data(&p->out), p->out.len, p->rundir);
}

void
proxy_free(struct proxy *p)
{
	const uint64_t end = loop_now() + FREE_MS;
	const int saved = errno;

	if (p == NULL || p->freed)
		return;
	p->freed = true;
	p->busy++;
	for (size_t i = 0; i < p->channel_room; i++)
		proxy_channel_free(p->channels[i]);
	proxy_await(p, end);
	proxy_leave_behind(p, end);
	proxy_quiet(p);
	fd_close(&p->fd);
	p->over = true;
	proxy_leave(p);
	errno = saved;
}
