#include "mux/mux.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/memory.h"
#include "base/packet.h"
#include "mux/muxmsg.h"
#include "base/unixsock.h"

#define OUT_PACKET 4096 /* no packet of ours is longer */

/* While the backlog of a master with a crowd of clients is full. */
static unsigned connect_wait_ms = UNIXSOCK_PATIENCE_MS;

/* A request under way. The master answers in order, so the first in the list is
 * the one that the next answer must be for. */
struct request {
	struct request *next;
	uint32_t id;
	enum mux_type type;
	enum mux_answer success; /* what the master says when it has done it */
	uint16_t port;
};

struct mux {
	struct loop *loop;
	struct watch *watch;
	struct unixsock *waiting; /* for room in the master's backlog; fd is -1 then */
	struct timer *timer;      /* runs while an answer is awaited */
	mux_fn *fn;
	void *arg;
	struct request *first, **last;
	int fd;
	uint32_t next_id, version;
	bool over;  /* the connection is no more */
	bool freed; /* mux_free() was called; the memory goes when busy is 0 */
	unsigned busy;
	uint8_t *out; /* grows: what cannot be sent now is sent later, never dropped */
	size_t in_len, out_len, out_size;
	uint8_t in[4 + MUX_PACKET_MAX];
};

static void mux_ready(void *arg, short revents);

static void
mux_leave(struct mux *m)
{
	if (--m->busy > 0 || !m->freed)
		return;
	free(m->out);
	free(m);
}

static void
mux_disconnect(struct mux *m)
{
	m->over = true;
	watch_free(m->watch);
	unixsock_free(m->waiting);
	timer_free(m->timer);
	m->watch = NULL;
	m->waiting = NULL;
	m->timer = NULL;
	if (m->fd != -1)
		close(m->fd);
	m->fd = -1;
}

static struct request *
request_take(struct mux *m)
{
	struct request *r = m->first;

	if (r != NULL && (m->first = r->next) == NULL)
		m->last = &m->first;
	return r;
}

void
mux_free(struct mux *m)
{
	struct request *r;

	if (m == NULL)
		return;
	mux_disconnect(m);
	while ((r = request_take(m)) != NULL)
		free(r);
	m->freed = true;
	m->busy++;
	mux_leave(m);
}

static void
mux_tell(struct mux *m, const struct request *r, struct forward_result *result)
{
	result->id = r->id;
	if (!m->freed)
		m->fn(m->arg, result);
}

/* The connection is over: answer what is under way, then say so. */
static void
mux_over(struct mux *m, enum forward_status status, const char *reason)
{
	static const struct request none;
	struct forward_result result = { .status = status };
	struct request *r;

	if (m->over)
		return;
	m->busy++;
	mux_disconnect(m);
	snprintf(result.reason, sizeof(result.reason), "%s", reason);
	while ((r = request_take(m)) != NULL) {
		struct forward_result one = result;

		/* The master exits before it has delivered the answer to this one. */
		if (r->type == MUX_C_TERMINATE && status == FORWARD_DEAD)
			one = (struct forward_result){ .status = FORWARD_OK };
		mux_tell(m, r, &one);
		free(r);
	}
	mux_tell(m, &none, &result);
	mux_leave(m);
}

static void
mux_silent(void *arg)
{
	struct mux *m = arg;

	m->timer = NULL;
	mux_over(m, FORWARD_TIMEOUT, "the ControlMaster does not answer");
}

/* Every answer starts the time of the next one anew. */
static void
mux_await(struct mux *m)
{
	bool awaited = m->waiting == NULL && (m->version == 0 || m->first != NULL);

	timer_free(m->timer);
	m->timer = awaited ? loop_timer(m->loop, MUX_TIMEOUT_MS, mux_silent, m) : NULL;
}

/* A send that fails is no news of its own: the hangup shows when the loop reads,
 * behind the answers (or the hello of another version) that came before it. */
static void
mux_flush(struct mux *m)
{
	ssize_t n = 0;

	if (m->fd == -1)
		return;
	if (m->out_len > 0)
		n = send(m->fd, m->out, m->out_len, MSG_NOSIGNAL);
	if (n > 0) {
		m->out_len -= (size_t)n;
		memmove(m->out, m->out + n, m->out_len);
	} else if (n == -1 && errno != EAGAIN && errno != EINTR) {
		m->out_len = 0;
		shutdown(m->fd, SHUT_WR);
	}
	watch_events(m->watch, m->out_len > 0 ? POLLIN | POLLOUT : POLLIN);
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
		    "the ControlMaster is gone");
}

static int
mux_connect(struct mux *m, const char *path)
{
	int fd = unixsock_connect(path);

	if (fd != -1 || errno != EAGAIN)
		return mux_connected(m, fd);
	m->waiting = unixsock_wait(m->loop, path, connect_wait_ms, mux_waited, m);
	return m->waiting == NULL ? -1 : 0;
}

/* For one more packet, behind those that are on their way. */
static int
out_room(struct mux *m, struct wire *w)
{
	size_t size = m->out_size > 0 ? m->out_size : OUT_PACKET;
	uint8_t *grown;

	while (size < m->out_len + OUT_PACKET)
		size *= 2;
	if (size > m->out_size) {
		if ((grown = memory_grow(m->out, size)) == NULL)
			return -1;
		m->out = grown;
		m->out_size = size;
	}
	wire_write_to(w, m->out, m->out_size);
	w->len = m->out_len;
	return 0;
}

struct mux *
mux_new(struct loop *loop, const char *path, mux_fn *fn, void *arg)
{
	struct mux *m;
	struct wire w;

	if ((m = memory_grow(NULL, sizeof(*m))) == NULL)
		return NULL;
	memset(m, 0, offsetof(struct mux, in));
	m->loop = loop;
	m->fn = fn;
	m->arg = arg;
	m->last = &m->first;
	m->fd = -1;
	if (out_room(m, &w) == 0 && muxmsg_hello(&w) == 0)
		m->out_len = w.len;
	if (m->out_len == 0 || mux_connect(m, path) == -1) {
		int saved = errno;

		mux_free(m);
		errno = saved;
		return NULL;
	}
	return m;
}

uint32_t
mux_version(const struct mux *m)
{
	return m->version;
}

static void
result_of(struct forward_result *result, const struct request *r, const struct mux_reply *reply)
{
	*result = (struct forward_result){ .status = FORWARD_OK, .port = r->port };
	switch (reply->answer) {
	case MUX_S_ALIVE:
		result->pid = (pid_t)reply->value;
		break;
	case MUX_S_REMOTE_PORT:
		result->port = (uint16_t)reply->value;
		break;
	case MUX_S_DENIED:
	case MUX_S_FAILURE:
		result->status = FORWARD_REFUSED;
		memcpy(result->reason, reply->reason, sizeof(result->reason));
		break;
	default:
		break;
	}
}

static bool
reply_fits(const struct request *r, const struct mux_reply *reply)
{
	if (r == NULL || reply->id != r->id)
		return false;
	if (reply->answer == MUX_S_REMOTE_PORT && (reply->value == 0 || reply->value > 65535))
		return false;
	return reply->answer == r->success || reply->answer == MUX_S_DENIED ||
	    reply->answer == MUX_S_FAILURE;
}

static void
mux_hello(struct mux *m, const struct mux_reply *reply)
{
	char reason[96];

	if (m->version != 0) {
		mux_over(m, FORWARD_BROKEN, "the ControlMaster said hello twice");
		return;
	}
	m->version = reply->value;
	if (m->version == MUX_VERSION) {
		mux_await(m);
		return;
	}
	snprintf(reason, sizeof(reason), "the ControlMaster speaks mux version %u, not %d",
	    (unsigned)reply->value, MUX_VERSION);
	mux_over(m, FORWARD_BROKEN, reason);
}

static void
mux_packet(struct mux *m, const uint8_t *packet, size_t len)
{
	struct forward_result result;
	struct mux_reply reply;
	struct request *r;
	int known = muxmsg_decode(&reply, packet, len);

	m->in_len -= 4 + len;
	memmove(m->in, m->in + 4 + len, m->in_len);
	if (known == 0 && reply.answer == MUX_S_HELLO) {
		mux_hello(m, &reply);
	} else if (known == -1 || m->version == 0 || !reply_fits(m->first, &reply)) {
		mux_over(m, FORWARD_BROKEN, "unexpected answer from the ControlMaster");
	} else {
		r = request_take(m);
		mux_await(m);
		result_of(&result, r, &reply);
		mux_tell(m, r, &result);
		free(r);
	}
}

/* Take the whole packets out of what has come in. */
static void
mux_packets(struct mux *m)
{
	size_t len;

	while (!m->over && m->in_len >= 4) {
		if ((len = wire_peek_u32(m->in)) > MUX_PACKET_MAX) {
			mux_over(m, FORWARD_BROKEN, "the ControlMaster sent too long a packet");
			return;
		}
		if (m->in_len < 4 + len)
			return;
		mux_packet(m, m->in + 4, len);
	}
}

static void
mux_ready(void *arg, short revents)
{
	struct mux *m = arg;
	ssize_t n;

	m->busy++;
	if (revents & POLLOUT)
		mux_flush(m);
	n = recv(m->fd, m->in + m->in_len, sizeof(m->in) - m->in_len, 0);
	if (n > 0) {
		m->in_len += (size_t)n;
		mux_packets(m);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		mux_over(m, FORWARD_DEAD, "the ControlMaster is gone");
	}
	mux_leave(m);
}

static void
mux_nothing(void *arg, const struct forward_result *result)
{
	(void)arg;
	(void)result;
}

void
mux_finish(struct mux *m, unsigned ms)
{
	const struct request *next;
	uint64_t now, end = loop_now() + ms;

	if (m == NULL)
		return;
	m->fn = mux_nothing;
	if (m->waiting != NULL && m->first != NULL)
		mux_waited(m, unixsock_finish(&m->waiting, ms));
	while (!m->over && (next = m->first) != NULL && (now = loop_now()) < end) {
		struct pollfd p = { .fd = m->fd, .events = POLLIN };

		if (m->out_len > 0)
			p.events |= POLLOUT;
		if (poll(&p, 1, (int)(end - now)) > 0)
			mux_ready(m, p.revents);
		if (m->first != next)
			end = loop_now() + ms;
	}
	mux_free(m);
}

/* Begin a request: its record, and room to write its packet into. */
static struct request *
request_new(struct mux *m, enum mux_type type, enum mux_answer success, struct wire *w)
{
	struct request *r;

	if (m->over) {
		errno = EPIPE;
		return NULL;
	}
	if ((r = memory_new(sizeof(*r))) == NULL)
		return NULL;
	if (++m->next_id == 0)
		m->next_id = 1;
	r->id = m->next_id;
	r->type = type;
	r->success = success;
	if (out_room(m, w) == 0)
		return r;
	free(r);
	return NULL;
}

/* Send what was written, unless it did not fit (bad). */
static uint32_t
request_send(struct mux *m, struct request *r, const struct wire *w, int bad)
{
	if (bad) {
		free(r);
		errno = ENOBUFS;
		return 0;
	}
	m->out_len = w->len;
	*m->last = r;
	m->last = &r->next;
	mux_flush(m);
	if (m->first == r)
		mux_await(m);
	return r->id;
}

static uint32_t
mux_simple(struct mux *m, enum mux_type type, enum mux_answer success)
{
	struct request *r;
	struct wire w;

	if ((r = request_new(m, type, success, &w)) == NULL)
		return 0;
	return request_send(m, r, &w, muxmsg_request(&w, type, r->id));
}

uint32_t
mux_alive(struct mux *m)
{
	return mux_simple(m, MUX_C_ALIVE_CHECK, MUX_S_ALIVE);
}

uint32_t
mux_terminate(struct mux *m)
{
	return mux_simple(m, MUX_C_TERMINATE, MUX_S_OK);
}

uint32_t
mux_open_forward(struct mux *m, const struct forward *f)
{
	bool choose = f->kind == FORWARD_REMOTE && f->port == 0;
	struct request *r;
	struct wire w;

	r = request_new(m, MUX_C_OPEN_FWD, choose ? MUX_S_REMOTE_PORT : MUX_S_OK, &w);
	if (r == NULL)
		return 0;
	r->port = f->port;
	return request_send(m, r, &w, muxmsg_forward(&w, MUX_C_OPEN_FWD, r->id, f));
}

uint32_t
mux_close_forward(struct mux *m, const struct forward *f)
{
	struct request *r;
	struct wire w;

	if ((r = request_new(m, MUX_C_CLOSE_FWD, MUX_S_OK, &w)) == NULL)
		return 0;
	return request_send(m, r, &w, muxmsg_forward(&w, MUX_C_CLOSE_FWD, r->id, f));
}

/* As the master receives it: one byte with one descriptor in one message. */
static int
send_fd(int sock, int fd)
{
	return packet_send_fds(sock, "", 1, &fd, 1) == 1 ? 0 : -1;
}

/* The master stands still until it has both descriptors: so they go out with the packet
 * or not at all. A new connection's socket has room for them; any other is refused. */
uint32_t
mux_stdio_forward(struct mux *m, const char *host, uint16_t port, int in, int out)
{
	struct request *r;
	struct wire w;
	uint32_t id;

	if (m->out_len > 0) {
		errno = EAGAIN;
		return 0;
	}
	if ((r = request_new(m, MUX_C_NEW_STDIO_FWD, MUX_S_SESSION_OPENED, &w)) == NULL)
		return 0;
	id = request_send(m, r, &w, muxmsg_stdio(&w, r->id, host, port));
	if (id == 0)
		return 0;
	if (m->out_len > 0 || send_fd(m->fd, in) == -1 || send_fd(m->fd, out) == -1)
		shutdown(m->fd, SHUT_RDWR); /* the loop finds it over; the master gets EOF */
	return id;
}
