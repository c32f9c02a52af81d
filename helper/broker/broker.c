#include "broker/broker_private.h"

#include <netdb.h>
#include <netinet/in.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compat.h"
#include "base/memory.h"
#include "ends/far.h"
#include "ends/near.h"
#include "mux/mux.h"

#define LINK_MS 3000 /* for the server to close a control connection that has ended */
#define LEFT_MS 5000 /* for ssh to connect one whose client has ended its side without a word */

/* ---- what the ends tell ---- */

/* Nothing more comes of what went over that master. One that is there, but silent or not
 * understood, is told apart from one that has ended. */
static void
master_gone(struct broker *b, const struct end_result *r)
{
	bool ended = r->reason == NULL || strcmp(r->reason, mux_gone) == 0;

	if (r->all) {
		requests_event(b, &(struct event){ .kind = EV_GONE });
		control_link_close(&b->link);
		b->control_done = true;
		snprintf(b->reason, sizeof(b->reason), "%s%s%s", BROKER_GONE, ended ? "" : ": ",
		    ended ? "" : r->reason);
	}
	data_channels_each(&b->hooks, data_channel_look);
}

static void
end_answer(void *arg, const struct end_result *r)
{
	const struct broker_end *e = arg;
	struct broker *b = e->broker;

	if (r->event == EV_GONE)
		master_gone(b, r);
	else if ((r->event == EV_ALIVE || r->event == EV_DEAD) && r->asked == NULL)
		requests_checked(b, r);
	else if (r->channel < CHANNEL_TRIAL)
		data_channel_result(data_channel_find(&b->hooks, r->channel), e->side, r);
	else if (r->channel != CHANNEL_CONTROL)
		trial_result(&b->trial, r);
	else {
		b->control_done = true;
		b->control = r->stream;
		if (r->reason != NULL)
			snprintf(b->reason, sizeof(b->reason), "%s", r->reason);
	}
}

/* ---- the ends ---- */

static struct end *
near_end(struct broker *b, struct broker_end *e)
{
	const struct broker_config *bc = b->config;
	struct near_config c = { .lo = bc->options->data_port_lo, .hi = bc->options->data_port_hi };
	struct sockaddr_in *peer = (struct sockaddr_in *)&c.peer;

	if (e->side == CLIENT) {
		c.local = bc->client_local;
		c.peer = bc->client_peer;
		c.check_owner = !bc->options->allow_any;
		c.owner = bc->client_uid;
		if (peer->sin_family == AF_UNSPEC) /* pipes: serve loopback */
			*peer = (struct sockaddr_in){ .sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	}
	return near_new(b->loop, &c, end_answer, e);
}

static struct end *
far_end(struct broker *b, struct broker_end *e)
{
	const struct broker_config *bc = b->config;
	const struct far_config c = { .ctl_path = bc->ctl_path, .masters = bc->masters,
		.by_proxy = bc->options->forward == METHOD_PROXY, .adopt = bc->proxy_fd,
		.bind = bc->options->advertise,
		.ask = !broker_trusts(bc),
		/* where there is no passive mode to turn to */
		.by_name = bc->remote || bc->options->server_mode != MODE_AUTO };

	return far_new(b->loop, &c, end_answer, e);
}

static int
broker_ends(struct broker *b, char *why, size_t why_size)
{
	for (int side = CLIENT; side <= SERVER; side++) {
		bool far = (side == CLIENT) == b->config->remote;

		b->answer[side] = (struct broker_end){ b, (enum side)side };
		b->hooks.far[side] = far;
		b->hooks.end[side] = (far ? far_end : near_end)(b, &b->answer[side]);
		if (b->hooks.end[side] != NULL)
			continue;
		snprintf(why, why_size, "no ControlMaster answers at %s: %s",
		    b->config->ctl_path[0], strerror(errno));
		return -1;
	}
	return 0;
}

/* ---- life ---- */

struct broker *
broker_new(struct loop *loop, const struct broker_config *config, char *why, size_t why_size)
{
	struct broker *b = memory_new(sizeof(*b));

	if (b == NULL) {
		snprintf(why, why_size, "out of memory");
		return NULL;
	}
	b->loop = loop;
	b->config = config;
	b->keep.fd = config->keep_fd;
	b->near = -1;
	b->out = (struct ask_out){ .fd = -1, .size = sizeof(struct answer), .mark = OUT_MARK };
	b->client_peer = address_of(&config->client_peer);
	if (!config->remote)
		client_process_init(&b->client_process, &config->client_peer, &config->client_local);
	b->hooks = (struct channel_hooks){ .event = requests_told, .arg = b, .loop = loop,
		.abort_hold_ms = config->options->abort_hold * 1000,
		.counts = config->counts, .client_process = &b->client_process, .keep = &b->keep };
	if (broker_ends(b, why, why_size) == 0) {
		b->trial = (struct trial){ .end = b->hooks.end[SERVER], .told = requests_event, .arg = b };
		return b;
	}
	broker_free(b);
	return NULL;
}

void
broker_free(struct broker *b)
{
	const int saved = errno;

	if (b == NULL)
		return;
	b->serving = false;
	trial_end(&b->trial);
	data_channels_each(&b->hooks, data_channel_free);
	control_link_close(&b->link);
	stream_free(b->control);
	fd_close(&b->near);
	for (int side = CLIENT; side <= SERVER; side++)
		if (b->hooks.end[side] != NULL)
			b->hooks.end[side]->ops->free(b->hooks.end[side]);
	timer_stop(&b->timer);
	bytes_free(&b->out.kept);
	free(b);
	errno = saved;
}

/* ---- the control connection ---- */

/* Data connections go where the control connection went: the same string through ssh (a
 * name is resolved over there), the very address from here. */
static void
learn_server(struct broker *b, int fd)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);

	if (!b->config->remote || getpeername(fd, (struct sockaddr *)&peer, &len) == -1)
		return;
	getnameinfo((struct sockaddr *)&peer, len, b->server_host, sizeof(b->server_host), NULL, 0,
	    NI_NUMERICHOST);
	len = sizeof(b->server_local);
	getsockname(fd, (struct sockaddr *)&b->server_local, &len);
	near_learn(b->hooks.end[SERVER], &b->server_local, &peer);
}

int
broker_dial_control(struct broker *b, int *fd, char *why, size_t why_size)
{
	const struct broker_config *bc = b->config;
	struct end *end = b->hooks.end[SERVER];
	bool linked = !bc->remote && bc->options->forward == METHOD_PROXY;
	int pair[2] = { -1, -1 };

	*fd = -1;
	snprintf(b->server_host, sizeof(b->server_host), "%s", bc->ftp_host);
	snprintf(b->reason, sizeof(b->reason), "no answer");
	if (!end->ops->dial(end, CHANNEL_CONTROL, bc->ftp_host, bc->ftp_port) || (linked &&
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == -1)) {
		snprintf(why, why_size, "%s", strerror(errno));
		return -1;
	}
	b->near = pair[0];
	*fd = pair[1];
	loop_once(b->loop, 0); /* ssh is asked */
	far_keep(broker_far(b), &b->keep);
	return 0;
}

static void
dial_needless(struct broker *b, const char *why)
{
	b->control_done = true;
	snprintf(b->reason, sizeof(b->reason), "%s", why);
}

static void
dial_stopped(void *arg, short revents)
{
	dial_needless(arg, BROKER_STOPPED);
}

static void
dial_left(void *arg)
{
	dial_needless(arg, BROKER_LEFT);
}

/* It may want to see the greeting; if it has said something, the answers. */
static void
dial_client(void *arg, short revents)
{
	struct broker *b = arg;
	char byte;
	ssize_t n = recv(b->config->client_fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT);

	memory_drop(watch_free, b->client);
	if (n == 0 || (n == -1 && errno == ECONNRESET))
		timer_set(&b->timer, b->loop, n == 0 ? LEFT_MS : 0, dial_left, b);
}

int
broker_dialled(struct broker *b, int *fd, char *why, size_t why_size)
{
	struct watch *stop = loop_watch(b->loop, b->config->stop[0], POLLIN, dial_stopped, b);

	b->client = loop_watch(b->loop, b->config->client_fd, POLLIN, dial_client, b);
	while (!b->control_done && loop_once(b->loop, -1) == 0)
		;
	watch_free(stop);
	memory_drop(watch_free, b->client);
	timer_stop(&b->timer);
	if (b->control == NULL) {
		snprintf(why, why_size, "%s", b->reason);
		return -1;
	}
	far_keep(broker_far(b), &b->keep);
	if (b->near == -1)
		*fd = stream_release(b->control);
	else if (!control_link_open(&b->link, b->loop, b->near, b->control))
		*fd = -1;
	b->control = NULL;
	b->near = -1;
	learn_server(b, *fd);
	if (*fd == -1)
		snprintf(why, why_size, "%s", strerror(errno));
	return *fd == -1 ? -1 : 0;
}

/* ---- the session ---- */

bool
broker_serve(struct broker *b, int fd)
{
	b->out.fd = fd;
	b->serving = true;
	b->out.watch = loop_watch(b->loop, fd, POLLIN, requests_ready, b);
	b->ended = b->out.watch == NULL;
	while (!b->ended && loop_once(b->loop, -1) == 0)
		b->ended |= !memory_reserve();
	memory_drop(watch_free, b->out.watch);
	b->serving = false;
	trial_end(&b->trial);
	data_channels_each(&b->hooks, data_channel_break_off); /* nothing may look complete */
	return !b->broke;
}

void
broker_linger(struct broker *b)
{
	timer_set(&b->timer, b->loop, LINK_MS, control_link_close, &b->link);
	while ((b->hooks.all != NULL || !control_link_over(&b->link)) && loop_once(b->loop, -1) == 0)
		;
}
