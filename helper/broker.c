#include "broker.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "fars.h"
#include "holder.h"
#include "conn.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "peer.h"
#include "policy.h"
#include "prepared.h"

#define CONTROL FARS_CONTROL /* the channel number of the control connection's dial */
#define ASKED_MAX 64 /* listeners and dials of one session at a time */

struct broker_end {
	struct broker *broker;
	enum side side;
	struct end *end;
};

struct broker {
	struct loop *loop;
	const struct broker_config *config;
	struct broker_end ends[2];
	struct end *far; /* whichever of the two it is */
	struct ftp_address client_peer;
	struct sockaddr_storage server_local;
	char server_host[256]; /* what a data connection to the server dials */
	struct check *checks; /* under way */
	int ask_fd;
	unsigned asked;
	struct preparation preparation;
	uint16_t spare; /* port of the client's end's, when the session has not been told it yet */
	uint8_t spare_family;
	struct holder holder;
	bool control_done, ended, costly;
	struct end_result control;
	char reason[128];
};

/* ---- addresses ---- */

static struct ftp_address
address_of(const struct sockaddr_storage *ss)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;
	struct ftp_address a = { 0 };

	if (ss->ss_family == AF_INET) {
		a.family = 4;
		memcpy(a.bytes, &in->sin_addr, 4);
	} else if (ss->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		a.family = 4;
		memcpy(a.bytes, in6->sin6_addr.s6_addr + 12, 4);
	} else if (ss->ss_family == AF_INET6) {
		a.family = 6;
		memcpy(a.bytes, &in6->sin6_addr, 16);
	}
	return a;
}

static struct ftp_address
address_parse(const char *text)
{
	struct ftp_address a = { 0 };

	if (inet_pton(AF_INET, text, a.bytes) == 1)
		a.family = 4;
	else if (inet_pton(AF_INET6, text, a.bytes) == 1)
		a.family = 6;
	return a;
}

static bool
host_is_loopback(const char *host)
{
	struct ftp_address a = address_parse(host);

	return strcasecmp(host, "localhost") == 0 || ftp_address_is_loopback(&a);
}

static void
listen_addresses(struct session_config *c, enum side side, struct ftp_address a)
{
	struct ftp_address *at = a.family == 6 ? &c->listen6[side] : &c->listen4[side];

	if (a.family != 0)
		*at = a;
	if (ftp_address_is_loopback(&a) && side == CLIENT) /* PASV from ::1: near_listen() */
		c->listen4[side] = address_parse("127.0.0.1");
}

/* sshd's localhost listener answers on both loopbacks; FtpAdvertise names another. */
static void
describe_far(const struct broker *b, struct session_config *c, enum side side)
{
	const char *advertise = b->config->options->advertise;
	struct ftp_address target = address_parse(b->config->ftp_host);

	if (advertise[0] != '\0') {
		listen_addresses(c, side, address_parse(advertise));
		return;
	}
	/* a server that is known to be reached over one family takes no other */
	if (side == CLIENT || target.family != 6)
		c->listen4[side] = address_parse("127.0.0.1");
	if (side == CLIENT || target.family != 4)
		c->listen6[side] = address_parse("::1");
}

static void
describe_near(const struct broker *b, struct session_config *c, enum side side)
{
	const struct broker_config *bc = b->config;
	struct ftp_address local =
	    address_of(side == CLIENT ? &bc->client_local : &b->server_local);

	if (local.family == 0)
		local = address_parse("127.0.0.1");
	if (side == CLIENT && bc->relay && bc->options->advertise[0] != '\0' &&
	    !ftp_address_is_loopback(&local))
		local = address_parse(bc->options->advertise);
	listen_addresses(c, side, local);
	c->family[side] = local.family;
}

void
broker_describe(const struct broker *b, struct session_config *c)
{
	const struct broker_config *bc = b->config;

	c->client_peer = b->client_peer;
	describe_far(b, c, bc->remote ? CLIENT : SERVER);
	describe_near(b, c, bc->remote ? SERVER : CLIENT);
	c->active_possible = bc->remote || host_is_loopback(bc->ftp_host) ||
	    bc->options->advertise[0] != '\0';
}

/* ---- answers from the ends ---- */

static void spare_visited(struct broker *);
static void dial(struct broker *, unsigned channel, enum side, const struct ftp_address *, int to);

/* A session that does not take its answers has no use for a broker. */
static void
broker_send(struct broker *b, struct answer *a, const int *fds, int nfds)
{
	a->spare = b->spare;
	a->spare_family = b->spare_family;
	b->spare = 0;
	if (b->ask_fd != -1 && ask_send(b->ask_fd, a, sizeof(*a), fds, nfds) == -1)
		b->ended = true;
}

static void
broker_answer(struct broker *b, enum answer_kind kind, unsigned channel, enum side side,
    uint16_t port, const int *fds, int nfds)
{
	struct answer a = { .kind = kind, .channel = channel, .end = side, .port = port,
		.costly = b->costly };

	broker_send(b, &a, fds, nfds);
}

/* Takes the connection. */
static void
answer_connected(struct broker *b, unsigned channel, enum side side, struct conn *c, bool direct)
{
	struct prepared *p = prepared_find(&b->preparation, channel);
	struct answer a = { .kind = ANSWER_CONNECTED, .channel = channel, .end = side,
		.direct = direct };
	int fds[ASK_FDS], n = 0;

	if (p != NULL && p->first != side && p->conn.rfd != -1) {
		a.kind = ANSWER_BOTH;
		fds[n++] = p->conn.rfd;
	}
	fds[n++] = c->rfd;
	if (c->rfd != c->wfd)
		fds[n++] = c->wfd;
	broker_send(b, &a, fds, n);
	conn_close(c);
	if (a.kind == ANSWER_BOTH)
		prepared_drop(p);
}

/* The first end of a channel that was prepared. */
static void
first_connected(struct broker *b, struct prepared *p, struct conn *c)
{
	unsigned channel = p->channel;
	enum side first = p->first;

	if (p->then.port == 0) {
		p->duplicate = fcntl(c->rfd, F_DUPFD_CLOEXEC, 0);
		answer_connected(b, channel, first, c, false);
		return;
	}
	p->conn = *c;
	dial(b, channel, OTHER(first), &p->then, -1);
}

static void
broker_connected(struct broker *b, enum side side, const struct end_result *r)
{
	struct prepared *p = prepared_find(&b->preparation, r->channel);
	struct conn c = { r->rfd, r->wfd };

	conn_break_on_close(&c);
	if (p != NULL && p->first == side) {
		first_connected(b, p, &c);
		return;
	}
	answer_connected(b, r->channel, side, &c, r->direct);
}

/* Its listener is no more: neither is what was made ready on the other end. */
static void
unprepare(struct broker *b, struct prepared *p)
{
	struct end *other;

	if (p == NULL)
		return;
	other = b->ends[OTHER(p->first)].end;
	if (p->then.port != 0)
		b->asked -= other->ops->cancel(other, p->channel);
	prepared_drop(p);
}

static void
broker_failed(struct broker *b, enum side side, unsigned channel)
{
	struct prepared *p = prepared_find(&b->preparation, channel);

	/* the first end is there, but the other will not be */
	if (p != NULL && p->first != side && p->conn.rfd != -1)
		answer_connected(b, channel, p->first, &p->conn, false);
	unprepare(b, p);
	broker_answer(b, ANSWER_FAILED, channel, side, 0, NULL, 0);
}

static void
end_answer(void *arg, const struct end_result *r)
{
	struct broker_end *e = arg;
	struct broker *b = e->broker;

	if (r->event == END_GONE) {
		broker_answer(b, ANSWER_GONE, 0, e->side, 0, NULL, 0);
		if (b->ask_fd != -1)
			return;
	}
	if (r->event == END_VISITOR) {
		spare_visited(b);
		return;
	}
	if (b->ask_fd == -1) { /* the control connection */
		b->control_done = true;
		b->control = *r;
		snprintf(b->reason, sizeof(b->reason), "%s", r->reason ? r->reason : "");
		return;
	}
	if (r->event == END_LISTENING) {
		b->costly = r->costly;
		broker_answer(b, ANSWER_LISTENING, r->channel, e->side, r->port, NULL, 0);
		return;
	}
	b->asked--;
	if (r->event == END_CONNECTED)
		broker_connected(b, e->side, r);
	else
		broker_failed(b, e->side, r->channel);
}

/* ---- requests from the session ---- */

struct check {
	struct check *next;
	struct broker *broker;
	unsigned channel;
	enum side side;
};

static void
check_done(void *arg, bool alive)
{
	struct check *c = arg, **at = &c->broker->checks;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	broker_answer(c->broker, alive ? ANSWER_ALIVE : ANSWER_GONE, c->channel, c->side, 0, NULL, 0);
	free(c);
}

static void
ask_check(struct broker *b, const struct ask *ask)
{
	struct check *c = memory_grow(NULL, sizeof(*c));

	if (c == NULL)
		return;
	*c = (struct check){ b->checks, b, ask->channel, (enum side)ask->end };
	b->checks = c;
	fars_check(b->far, ask->channel, check_done, c);
}

static const char *
dial_host(const struct broker *b, enum side end, const struct ftp_address *a, char *buf,
    size_t size)
{
	if (end == SERVER)
		return policy_passive_host(b->config->options, b->server_host, a, buf, size);
	if (!policy_active_allowed(&b->client_peer, a))
		return NULL;
	return inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, buf, (socklen_t)size);
}

static void
dial(struct broker *b, unsigned channel, enum side side, const struct ftp_address *a, int to)
{
	struct end *end = b->ends[side].end;
	char buf[INET6_ADDRSTRLEN];
	const char *host = dial_host(b, side, a, buf, sizeof(buf));

	if (host == NULL) {
		log_error("refused: the session asked for a connection that the policy forbids");
		broker_failed(b, side, channel);
		return;
	}
	b->asked++;
	end->ops->dial(end, channel, host, a->port, to);
}

/* The same, as far as it goes before anybody has come to the first end. */
static void
prepare(struct broker *b, unsigned channel, enum side side, const struct ftp_address *a)
{
	struct end *end = b->ends[side].end;
	char buf[INET6_ADDRSTRLEN];
	const char *host = dial_host(b, side, a, buf, sizeof(buf));

	if (host != NULL)
		end->ops->prepare(end, channel, host, a->port);
}

static void
ask_dial(struct broker *b, const struct ask *ask)
{
	struct prepared *p = prepared_find(&b->preparation, ask->channel);

	if (p != NULL && p->first == (enum side)ask->end) {
		unprepare(b, p);
		p = NULL;
	}
	dial(b, ask->channel, (enum side)ask->end, &ask->address,
	    p != NULL && ask->bulk ? p->duplicate : -1);
	prepared_drop(p);
}

/* The next passive command will not have to wait for its listener. */
static void
make_spare(struct broker *b, uint8_t family)
{
	uint16_t port = near_spare(b->ends[CLIENT].end, family);

	if (port == 0)
		return;
	b->spare = port;
	b->spare_family = family;
}

static void
ask_listen(struct broker *b, const struct ask *ask)
{
	struct end *end = b->ends[ask->end].end;
	struct prepared *p;

	if (ask->then.port != 0 || ask->bulk) {
		unprepare(b, prepared_find(&b->preparation, ask->channel));
		p = prepared_new(&b->preparation, ask->channel, (enum side)ask->end);
		if (p != NULL)
			p->then = ask->then;
		if (p != NULL && ask->then.port != 0)
			prepare(b, ask->channel, OTHER(p->first), &ask->then);
	}
	b->asked++;
	if (ask->address.port == 0)
		end->ops->listen(end, ask->channel, ask->address.family);
	else if (end->ops == b->far->ops || !near_listen_spare(end, ask->channel, ask->address.port)) {
		b->asked--;
		broker_failed(b, (enum side)ask->end, ask->channel);
	}
	if (ask->end == CLIENT && !b->config->remote)
		make_spare(b, ask->address.family);
}

/* The client's end alone may be cancelled: then the server's is answered still, if it was prepared. */
static void
ask_cancel(struct broker *b, const struct ask *ask)
{
	struct end *end = b->ends[ask->end].end;
	struct prepared *p = prepared_find(&b->preparation, ask->channel);

	b->asked -= end->ops->cancel(end, ask->channel);
	if (p == NULL)
		return;
	if (ask->end == SERVER)
		unprepare(b, p);
	else if (p->conn.rfd == -1 && p->first == CLIENT)
		broker_failed(b, SERVER, ask->channel);
	else if (p->conn.rfd != -1 && p->first == SERVER)
		broker_failed(b, CLIENT, ask->channel);
}

static bool
family_known(const struct ftp_address *a)
{
	return a->family == 0 || a->family == 4 || a->family == 6;
}

static void
ask_handle(struct broker *b, const struct ask *ask)
{
	if (ask->op == ASK_DROP_SPARE && !b->config->remote) {
		near_drop_spare(b->ends[CLIENT].end);
		return;
	}
	if (ask->end > SERVER || ask->channel == 0 || ask->channel == CONTROL ||
	    !family_known(&ask->address) || !family_known(&ask->then)) {
		b->ended = true;
		return;
	}
	if (ask->op == ASK_CHECK)
		ask_check(b, ask);
	else if (ask->op == ASK_HOLDER)
		broker_answer(b, ANSWER_HOLDER, ask->channel, CLIENT,
		    (uint16_t)holder_dies_ms(&b->holder), NULL, 0);
	else if (ask->op == ASK_KNOW_HOLDER)
		holder_know(&b->holder);
	else if (ask->op == ASK_CANCEL)
		ask_cancel(b, ask);
	else if (b->asked >= ASKED_MAX)
		broker_answer(b, ANSWER_FAILED, ask->channel, (enum side)ask->end, 0, NULL, 0);
	else if (ask->op == ASK_DIAL)
		ask_dial(b, ask);
	else if (ask->op == ASK_LISTEN)
		ask_listen(b, ask);
	else
		b->ended = true;
}

/* One request; false: none was there. */
static bool
ask_take(struct broker *b)
{
	struct ask ask;
	int fds[ASK_FDS], n;

	n = ask_receive(b->ask_fd, &ask, sizeof(ask), fds);
	ask_close(fds); /* nobody sends us any */
	if (n == 1)
		ask_handle(b, &ask);
	else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
		b->ended = true;
	return n == 1;
}

static void
ask_ready(void *arg, short revents)
{
	(void)revents;
	ask_take(arg);
}

/* The session says that it uses the spare before the client can know its port. So who is there
 * although nothing has been said is a stranger; else the listener has a channel now. */
static void
spare_visited(struct broker *b)
{
	while (!b->ended && ask_take(b))
		;
	near_refuse(b->ends[CLIENT].end);
}

/* ---- life ---- */

static struct end *
near_end(struct broker *b, struct broker_end *e)
{
	const struct broker_config *bc = b->config;
	struct near_config c = { .port_lo = bc->options->data_port_lo,
		.port_hi = bc->options->data_port_hi };

	if (e->side == CLIENT) {
		c.local = bc->client_local;
		c.peer = bc->client_peer;
		c.check_owner = !bc->options->allow_any;
		c.owner = bc->client_uid;
		if (c.peer.ss_family == AF_UNSPEC) /* pipes: serve loopback */
			c.peer.ss_family = AF_INET,
			((struct sockaddr_in *)&c.peer)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	return near_new(b->loop, &c, end_answer, e);
}

static struct end *
far_end(struct broker *b, struct broker_end *e)
{
	const struct broker_config *bc = b->config;
	const char *advertise = bc->options->advertise;
	struct far_config c[MASTERS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < bc->masters; i++)
		if (*bc->ctl_path[i] != '\0')
			c[n++] = (struct far_config){ bc->options->forward, bc->ctl_path[i],
				bc->destination, advertise[0] ? advertise : NULL,
				bc->forwards != NULL ? &bc->forwards[i] : NULL,
				/* where there is no passive mode to turn to */
				bc->remote || bc->options->server_mode != MODE_AUTO };
	return b->far = fars_new(b->loop, c, n, end_answer, e);
}

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
	b->ask_fd = -1;
	b->client_peer = address_of(&config->client_peer);
	if (!config->remote)
		holder_init(&b->holder, &config->client_peer, &config->client_local);
	for (int side = CLIENT; side <= SERVER; side++) {
		struct broker_end *e = &b->ends[side];
		bool far = (side == CLIENT) == config->remote;

		*e = (struct broker_end){ b, (enum side)side, NULL };
		e->end = far ? far_end(b, e) : near_end(b, e);
		if (e->end == NULL) {
			snprintf(why, why_size, "no ControlMaster answers at %s: %s",
			    config->ctl_path[0], strerror(errno));
			broker_free(b);
			return NULL;
		}
	}
	return b;
}

void
broker_free(struct broker *b)
{
	struct check *c;

	if (b == NULL)
		return;
	b->ask_fd = -1;
	preparation_clear(&b->preparation);
	for (int side = CLIENT; side <= SERVER; side++)
		if (b->ends[side].end != NULL)
			b->ends[side].end->ops->free(b->ends[side].end);
	while ((c = b->checks) != NULL) { /* nobody answers these any more */
		b->checks = c->next;
		free(c);
	}
	free(b);
}

/* Data connections go where the control connection went: the same string through ssh (a
 * name is resolved over there), the very address from here. */
static void
learn_server(struct broker *b, int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	snprintf(b->server_host, sizeof(b->server_host), "%s", b->config->ftp_host);
	if (!b->config->remote)
		return;
	if (getpeername(fd, (struct sockaddr *)&peer, &len) == -1)
		return;
	getnameinfo((struct sockaddr *)&peer, len, b->server_host, sizeof(b->server_host), NULL, 0,
	    NI_NUMERICHOST);
	len = sizeof(b->server_local);
	getsockname(fd, (struct sockaddr *)&b->server_local, &len);
	near_learn(b->ends[SERVER].end, (struct sockaddr *)&b->server_local,
	    (struct sockaddr *)&peer);
}

int
broker_dial_control(struct broker *b, int *rfd, int *wfd, char *why, size_t why_size)
{
	struct end *end = b->ends[SERVER].end;

	end->ops->dial(end, CONTROL, b->config->ftp_host, b->config->ftp_port, -1);
	while (!b->control_done && loop_once(b->loop, -1) == 0)
		;
	if (b->control.event != END_CONNECTED) {
		snprintf(why, why_size, "%s", b->reason);
		return -1;
	}
	*rfd = b->control.rfd;
	*wfd = b->control.wfd;
	learn_server(b, *rfd);
	return 0;
}

void
broker_serve(struct broker *b, int fd)
{
	struct watch *w;

	b->ask_fd = fd;
	if ((w = loop_watch(b->loop, fd, POLLIN, ask_ready, b)) == NULL)
		return;
	while (!b->ended && loop_once(b->loop, -1) == 0)
		b->ended |= !memory_reserve();
	watch_free(w);
}
