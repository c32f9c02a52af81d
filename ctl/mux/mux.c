#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/packet.h"
#include "base/unixsock.h"
#include "mux/mux_private.h"

const char mux_gone[] = "the ControlMaster is gone";

/* While the backlog of a master with a crowd of clients is full. */
static unsigned connect_wait_ms = UNIXSOCK_PATIENCE_MS;

static void
mux_leave(struct mux *m)
{
	if (--m->busy > 0 || !m->freed)
		return;
	bytes_free(&m->in);
	bytes_free(&m->out);
	free(m);
}

static void
mux_disconnect(struct mux *m)
{
	m->over = true;
	memory_drop(watch_free, m->watch);
	memory_drop(unixsock_free, m->waiting);
	timer_stop(&m->timer);
	fd_close(&m->fd);
}

void
mux_free(struct mux *m)
{
	struct request *r;

	if (m == NULL)
		return;
	mux_disconnect(m);
	while ((r = m->first) != NULL) {
		m->first = r->next;
		free(r);
	}
	m->freed = true;
	m->busy++;
	mux_leave(m);
}

/* Answers what is under way, then says so. */
void
mux_over(struct mux *m, enum forward_status status, const char *reason)
{
	if (m->over)
		return;
	m->busy++;
	mux_disconnect(m);
	mux_answer_all(m, status, reason);
	mux_leave(m);
}

static void
mux_silent(void *arg)
{
	struct mux *m = arg;

	mux_over(m, FORWARD_TIMEOUT, m->first != NULL && m->first->far ?
	    "the ssh server does not answer" : "the ControlMaster does not answer");
}

/* Every answer starts the time of the next one anew. */
void
mux_await(struct mux *m)
{
	timer_stop(&m->timer);
	if (!m->over && m->waiting == NULL && (m->version == 0 || m->first != NULL))
		timer_set(&m->timer, m->loop, MUX_TIMEOUT_MS, mux_silent, m);
}

/* A send that fails is no news of its own: the hangup shows when the loop reads,
 * behind the answers (or the hello of another version) that came before it. */
void
mux_flush(struct mux *m)
{
	ssize_t n = 0;

	if (m->fd == -1)
		return;
	if (m->out.len > 0)
		n = send(m->fd, bytes_data(&m->out), m->out.len, MSG_NOSIGNAL);
	if (n > 0) {
		bytes_take(&m->out, (size_t)n);
	} else if (n == -1 && !packet_again(errno)) {
		bytes_take(&m->out, m->out.len);
		shutdown(m->fd, SHUT_WR);
	}
	watch_events(m->watch, m->out.len > 0 ? POLLIN | POLLOUT : POLLIN);
}

/* Take the whole packets out of what has come in. */
static void
mux_packets(struct mux *m)
{
	struct mux_reply reply;
	bool known;
	size_t len;

	while (!m->over && m->in.len >= 4) {
		const uint8_t *in = (const uint8_t *)bytes_data(&m->in);

		if ((len = wire_peek_u32(in)) > MUX_PACKET_MAX) {
			mux_over(m, FORWARD_BROKEN, "the ControlMaster sent too long a packet");
			return;
		}
		if (m->in.len < 4 + len)
			return;
		known = muxmsg_decode(&reply, in + 4, len) == 0;
		bytes_take(&m->in, 4 + len);
		mux_reply(m, known ? &reply : NULL);
	}
}

static void
mux_ready(void *arg, short revents)
{
	struct mux *m = arg;
	char in[4096];
	ssize_t n;

	m->busy++;
	if (revents & POLLOUT)
		mux_flush(m);
	n = recv(m->fd, in, sizeof(in), 0);
	if (n > 0 && bytes_add(&m->in, in, (size_t)n) == 0) {
		mux_packets(m);
	} else if (n > 0 || packet_over(n)) { /* no memory, or the end */
		mux_over(m, FORWARD_DEAD, mux_gone);
	}
	mux_leave(m);
}

static int
mux_connected(struct mux *m, int fd)
{
	if ((m->fd = fd) == -1 ||
	    (m->watch = loop_watch(m->loop, fd, POLLIN, mux_ready, m)) == NULL)
		return -1;
	mux_flush(m);
	mux_await(m);
	return 0;
}

static void
mux_waited(void *arg, int fd)
{
	struct mux *m = arg;

	m->waiting = NULL;
	if (mux_connected(m, fd) == -1)
		mux_over(m, errno == EAGAIN ? FORWARD_TIMEOUT : FORWARD_DEAD,
		    errno == EAGAIN ? "the ControlMaster does not accept connections" :
		    mux_gone);
}

struct mux *
mux_new(struct loop *loop, const char *path, mux_fn *fn, void *arg)
{
	struct mux *m = memory_make(struct mux, .loop = loop, .fn = fn, .arg = arg, .fd = -1);
	uint8_t hello[16];
	struct wire w;
	int fd;

	if (m == NULL)
		return NULL;
	m->last = &m->first;
	wire_write_to(&w, hello, sizeof(hello));
	muxmsg_hello(&w);
	if (bytes_add(&m->out, hello, w.len) == 0) {
		if ((fd = unixsock_connect(path)) == -1 && errno == EAGAIN)
			m->waiting = unixsock_wait(loop, path, connect_wait_ms, mux_waited, m);
		if (m->waiting != NULL || mux_connected(m, fd) == 0)
			return m;
	}
	mux_free(m);
	return NULL;
}

void
mux_finish(struct mux *m, unsigned ms)
{
	const struct request *next;
	uint64_t now, end = loop_now() + ms;

	if (m == NULL)
		return;
	m->fn = NULL;
	if (m->waiting != NULL && m->first != NULL)
		mux_waited(m, unixsock_finish(&m->waiting, ms));
	while (!m->over && (next = m->first) != NULL && (now = loop_now()) < end) {
		struct pollfd p = { m->fd, m->out.len > 0 ? POLLIN | POLLOUT : POLLIN, 0 };

		if (poll(&p, 1, (int)(end - now)) > 0)
			mux_ready(m, p.revents);
		if (m->first != next)
			end = loop_now() + ms;
	}
	mux_free(m);
}
