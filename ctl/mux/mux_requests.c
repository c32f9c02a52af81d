#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/packet.h"
#include "base/memory.h"
#include "mux/mux_private.h"

#define OUT_PACKET 4096 /* no packet of ours is longer */

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

void
mux_answer_all(struct mux *m, enum forward_status status, const char *reason)
{
	struct forward_result result = { .status = status }, done = { .status = FORWARD_OK };

	snprintf(result.reason, sizeof(result.reason), "%s", reason);
	while (m->first != NULL) /* the master exits before it has delivered its answer to that */
		request_answer(m, m->first->type == MUX_C_TERMINATE && status == FORWARD_DEAD ?
		    done : result);
	if (!m->freed && m->fn != NULL)
		m->fn(m->arg, &result);
}

static bool
reply_fits(const struct request *r, const struct mux_reply *reply)
{
	if (r == NULL || reply->id != r->id)
		return false;
	if (reply->answer == MUX_S_REMOTE_PORT && reply->value > 65535)
		return false;
	return reply->answer == r->success || reply->answer == MUX_S_DENIED ||
	    reply->answer == MUX_S_FAILURE;
}

static struct forward_result
result_of(const struct request *r, const struct mux_reply *reply)
{
	struct forward_result result = { .status = FORWARD_OK, .port = r->port };

	if (reply->answer == MUX_S_ALIVE)
		result.pid = (pid_t)reply->value;
	if (reply->answer == MUX_S_REMOTE_PORT)
		result.port = (uint16_t)reply->value;
	if (reply->answer == MUX_S_DENIED || reply->answer == MUX_S_FAILURE)
		result.status = FORWARD_REFUSED;
	memcpy(result.reason, reply->reason, sizeof(result.reason));
	if (reply->answer == MUX_S_REMOTE_PORT && reply->value == 0) {
		result.status = FORWARD_BROKEN; /* to be cancelled: it may listen somewhere */
		snprintf(result.reason, sizeof(result.reason), "the ssh server names no port");
	}
	return result;
}

void
mux_reply(struct mux *m, const struct mux_reply *reply)
{
	char reason[96] = "unexpected answer from the ControlMaster";

	if (reply != NULL && reply->answer == MUX_S_HELLO) {
		if (m->version == 0 && reply->value == MUX_VERSION) {
			m->version = reply->value;
			mux_await(m);
			return;
		}
		snprintf(reason, sizeof(reason), m->version != 0 ? "the ControlMaster said hello twice" :
		    "the ControlMaster speaks mux version %u, not %d", (unsigned)reply->value, MUX_VERSION);
	} else if (reply != NULL && m->version != 0 && reply_fits(m->first, reply)) {
		request_answer(m, result_of(m->first, reply));
		return;
	}
	mux_over(m, FORWARD_BROKEN, reason);
}

static uint32_t
mux_ask(struct mux *m, enum mux_type type, enum mux_answer success, const struct forward *f)
{
	uint8_t packet[OUT_PACKET];
	struct request *r;
	struct wire w;

	if (m->over) {
		errno = EPIPE;
		return 0;
	}
	if ((r = memory_new(sizeof(*r))) == NULL)
		return 0;
	if (++m->next_id == 0)
		m->next_id = 1;
	*r = (struct request){ .id = m->next_id, .type = type, .success = success,
		.port = f != NULL ? f->port : 0, .far = f != NULL && f->kind == FORWARD_REMOTE };
	wire_write_to(&w, packet, sizeof(packet));
	if (muxmsg_request(&w, type, r->id, f) == -1 || bytes_add(&m->out, packet, w.len) == -1) {
		free(r);
		return 0;
	}
	*m->last = r;
	m->last = &r->next;
	mux_flush(m);
	if (m->first == r)
		mux_await(m);
	return r->id;
}

uint32_t
mux_alive(struct mux *m)
{
	return mux_ask(m, MUX_C_ALIVE_CHECK, MUX_S_ALIVE, NULL);
}

uint32_t
mux_terminate(struct mux *m)
{
	return mux_ask(m, MUX_C_TERMINATE, MUX_S_OK, NULL);
}

uint32_t
mux_open_forward(struct mux *m, const struct forward *f)
{
	bool choose = f->kind == FORWARD_REMOTE && f->port == 0;

	return mux_ask(m, MUX_C_OPEN_FWD, choose ? MUX_S_REMOTE_PORT : MUX_S_OK, f);
}

uint32_t
mux_close_forward(struct mux *m, const struct forward *f)
{
	return mux_ask(m, MUX_C_CLOSE_FWD, MUX_S_OK, f);
}

/* The master stands still until it has both descriptors: so they go out with the packet
 * or not at all. A new connection's socket has room for them; any other is refused. */
uint32_t
mux_stdio_forward(struct mux *m, const struct forward *f, int fd)
{
	uint32_t id = 0;

	errno = EAGAIN;
	if (m->out.len == 0 &&
	    (id = mux_ask(m, MUX_C_NEW_STDIO_FWD, MUX_S_SESSION_OPENED, f)) != 0 &&
	    (m->out.len > 0 || fdpass_send(m->fd, "", 1, &fd, 1) != 1 ||
	    fdpass_send(m->fd, "", 1, &fd, 1) != 1))
		shutdown(m->fd, SHUT_RDWR); /* the loop finds it over; the master gets EOF */
	return id;
}
