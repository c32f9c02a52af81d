#include "mux/mux.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "base/memory.h"
#include "base/packet.h"
#include "base/unixsock.h"

#define OUT_PACKET 4096 /* no packet of ours is longer */

/* A request under way. The master answers in order, so the first in the list is
 * the one that the next answer must be for. */
struct request {
	struct request *next;
	uint32_t id;
	enum mux_type type;
	uint16_t port;
	bool far; /* it is the ssh server's to answer */
};

struct mux {
	struct loop *loop;
	struct watch *watch;
	struct unixsock waiting; /* for room in the master's backlog; fd is -1 then */
	struct timer timer;       /* runs while an answer is awaited */
	mux_fn *fn;
	void *arg;
	struct request *first, **last;
	int fd;
	uint32_t next_id, version;
	bool over;  /* the connection is no more */
	bool freed; /* mux_free() was called; the memory goes when busy is 0 */
	unsigned busy;
	struct bytes in, out; /* what cannot be sent now is sent later, never dropped */
};

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
	timer_stop(&m->waiting.timer);
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

static void mux_await(struct mux *);

/* The first request is done with. */
static void
request_answer(struct mux *m, struct forward_result result)
{
	struct request *r = m->first;

	result.id = r->id;
	if ((m->first = r->next) == NULL)
		m->last = &m->first;
	free(r);
	mux_await(m);
	if (m->fn != NULL)
		m->fn(m->arg, &result);
}

/* Answers what is under way, then says so. */
static void
mux_over(struct mux *m, enum forward_status status, const char *reason)
{
	struct forward_result result = { .status = status }, done = { .status = FORWARD_OK };

	if (m->over)
		return;
	m->busy++;
	mux_disconnect(m);
	snprintf(result.reason, sizeof(result.reason), "%s", reason);
	while (m->first != NULL) /* the master exits before it has delivered its answer to that */
		request_answer(m, m->first->type == MUX_C_TERMINATE && status == FORWARD_DEAD ?
		    done : result);
	if (!m->freed && m->fn != NULL)
		m->fn(m->arg, &result);
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
static void
mux_await(struct mux *m)
{
	timer_stop(&m->timer);
	if (!m->over && m->waiting.timer.loop == NULL && (m->version == 0 || m->first != NULL))
		timer_set(&m->timer, m->loop, MUX_TIMEOUT_MS, mux_silent, m);
}

/* A send that fails is no news of its own: the hangup shows when the loop reads,
 * behind the answers (or the hello of another version) that came before it. */
static void
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

/* What the master says when it has done it. */
static enum mux_answer
success_of(const struct request *r)
{
	if (r->type == MUX_C_OPEN_FWD && r->far && r->port == 0)
		return MUX_S_REMOTE_PORT;
	return r->type == MUX_C_ALIVE_CHECK ? MUX_S_ALIVE :
	    r->type == MUX_C_NEW_STDIO_FWD ? MUX_S_SESSION_OPENED : MUX_S_OK;
}

/* What a reply means to the request; false: it is no answer to it. */
static bool
result_of(const struct request *r, const struct mux_reply *reply, struct forward_result *result)
{
	bool refused = reply->answer == MUX_S_DENIED || reply->answer == MUX_S_FAILURE;
	bool names_port = reply->answer == MUX_S_REMOTE_PORT;

	if (r == NULL || reply->id != r->id || (!refused && reply->answer != success_of(r)) ||
	    (names_port && reply->value > 65535))
		return false;
	*result = (struct forward_result){ .status = refused ? FORWARD_REFUSED : FORWARD_OK,
		.port = names_port ? (uint16_t)reply->value : r->port,
		.pid = reply->answer == MUX_S_ALIVE ? (pid_t)reply->value : 0 };
	memcpy(result->reason, reply->reason, sizeof(result->reason));
	if (names_port && reply->value == 0) {
		result->status = FORWARD_BROKEN; /* to be cancelled: it may listen somewhere */
		snprintf(result->reason, sizeof(result->reason), "the ssh server names no port");
	}
	return true;
}

static void
mux_reply(struct mux *m, const struct mux_reply *reply)
{
	char reason[96] = "unexpected answer from the ControlMaster";
	struct forward_result result;

	if (reply != NULL && reply->answer == MUX_S_HELLO) {
		if (m->version == 0 && reply->value == MUX_VERSION) {
			m->version = reply->value;
			mux_await(m);
			return;
		}
		snprintf(reason, sizeof(reason), m->version != 0 ? "the ControlMaster said hello twice" :
		    "the ControlMaster speaks mux version %u, not %d", (unsigned)reply->value, MUX_VERSION);
	} else if (reply != NULL && m->version != 0 && result_of(m->first, reply, &result)) {
		request_answer(m, result);
		return;
	}
	mux_over(m, FORWARD_BROKEN, reason);
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

	if (mux_connected(m, fd) == -1)
		mux_over(m, errno == EAGAIN ? FORWARD_TIMEOUT : FORWARD_DEAD,
		    errno == EAGAIN ? "the ControlMaster does not accept connections" :
		    mux_gone);
}

struct mux *
mux_new(struct loop *loop, const char *path, mux_fn *fn, void *arg)
{
	struct mux *m = memory_make(struct mux, .loop = loop, .fn = fn, .arg = arg, .fd = -1);
	struct wire w;
	int fd;

	if (m == NULL)
		return NULL;
	m->last = &m->first;
	wire_write_to(&w, bytes_room(&m->out, OUT_PACKET), OUT_PACKET);
	if (w.data != NULL && muxmsg_hello(&w) == 0) {
		m->out.len = w.len;
		fd = unixsock_open(&m->waiting, loop, path, connect_wait_ms, mux_waited, m);
		if (m->waiting.timer.loop != NULL || mux_connected(m, fd) == 0)
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
	if (m->waiting.timer.loop != NULL && m->first != NULL)
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

uint32_t
mux_ask(struct mux *m, enum mux_type type, const struct forward *f)
{
	struct request *r = NULL;
	struct wire w;

	if (m->over) {
		errno = EPIPE;
		return 0;
	}
	if (++m->next_id == 0)
		m->next_id = 1;
	wire_write_to(&w, bytes_room(&m->out, OUT_PACKET), OUT_PACKET);
	if (w.data != NULL && muxmsg_request(&w, type, m->next_id, f) == 0)
		r = memory_make(struct request, .id = m->next_id, .type = type,
		    .port = f != NULL ? f->port : 0, .far = f != NULL && f->kind == FORWARD_REMOTE);
	if (r == NULL)
		return 0;
	m->out.len += w.len;
	*m->last = r;
	m->last = &r->next;
	mux_flush(m);
	if (m->first == r)
		mux_await(m);
	return r->id;
}

/* The master stands still until it has both descriptors: so they go out with the packet
 * or not at all. A new connection's socket has room for them; any other is refused. */
uint32_t
mux_stdio_forward(struct mux *m, const struct forward *f, int fd)
{
	uint32_t id = 0;

	errno = EAGAIN;
	if (m->out.len == 0 && (id = mux_ask(m, MUX_C_NEW_STDIO_FWD, f)) != 0 &&
	    (m->out.len > 0 || fdpass_send(m->fd, "", 1, &fd, 1) != 1 ||
	    fdpass_send(m->fd, "", 1, &fd, 1) != 1))
		shutdown(m->fd, SHUT_RDWR); /* the loop finds it over; the master gets EOF */
	return id;
}
