/* What the session asks, looked at as if it came from an attacker; and what it is told. */
#include <arpa/inet.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/addresses.h"
#include "broker/broker_private.h"
#include "broker/control_link.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "ftp/policy.h"

#define OUT_MARK 32 /* answers that wait: no more questions then */
#define ASKS_PER_ROUND 32
#define DATA_PORT_MIN 1024

/* ---- telling ---- */

static void
arm(struct broker *b)
{
	size_t kept = ask_kept(&b->out);

	if (b->mute)
		kept = 0;
	watch_events(b->ask, (short)((kept < OUT_MARK ? POLLIN : 0) | (kept > 0 ? POLLOUT : 0)));
}

/* The session process is gone: what it has asked before is done all the same. */
static void
tell_failed_for_good(struct broker *b)
{
	b->mute = errno == EPIPE || errno == ECONNRESET;
	b->ended = !b->mute;
}

static void
tell(struct broker *b, const struct answer *a)
{
	if (!b->serving || b->ended || b->mute)
		return;
	if (ask_send(&b->out, a) == -1)
		tell_failed_for_good(b);
	arm(b);
}

void
requests_event(void *arg, const struct event *e, unsigned turn)
{
	struct answer a;

	memset(&a, 0, sizeof(a)); /* padding and all: it goes to another process */
	a.kind = e->kind;
	a.channel = e->channel;
	a.end = e->end;
	a.port = e->port;
	a.client = e->client;
	a.turn = turn;
	snprintf(a.reason, sizeof(a.reason), "%s", e->reason != NULL ? e->reason : "");
	tell(arg, &a);
}

static void
tell_failed(struct broker *b, unsigned channel, enum side end, unsigned turn, const char *reason)
{
	requests_event(b, &(struct event){ .kind = EV_FAILED, .channel = channel, .end = end,
	    .reason = reason }, turn);
}

void
requests_gone(struct broker *b)
{
	struct answer a;

	memset(&a, 0, sizeof(a));
	a.kind = ANSWER_GONE;
	tell(b, &a);
}

/* ---- channels ---- */

static struct data_channel *
channel_find(struct broker *b, unsigned id)
{
	for (size_t i = 0; i < 2 * THINGS_MAX; i++)
		if (b->channel[i] != NULL && data_channel_id(b->channel[i]) == id)
			return b->channel[i];
	return NULL;
}

static struct data_channel *
channel_new(struct broker *b, unsigned id)
{
	for (size_t i = 0; i < 2 * THINGS_MAX; i++)
		if (b->channel[i] == NULL)
			return b->channel[i] = data_channel_new(id, &b->hooks);
	return NULL;
}

void
requests_over(void *arg, struct data_channel *ch)
{
	struct broker *b = arg;

	for (size_t i = 0; i < 2 * THINGS_MAX; i++)
		if (b->channel[i] == ch)
			b->channel[i] = NULL;
	data_channel_free(ch);
}

void
requests_result(struct broker *b, enum side side, const struct end_result *r)
{
	struct data_channel *ch = channel_find(b, r->channel);

	if (ch != NULL)
		data_channel_result(ch, side, r);
	else
		stream_free(r->stream);
}

void
requests_break_off(struct broker *b)
{
	for (size_t i = 0; i < 2 * THINGS_MAX; i++)
		if (b->channel[i] != NULL)
			data_channel_break_off(b->channel[i]);
}

/* ---- policy ---- */

/* Whom a dial to that address goes to, NULL: it is forbidden. */
static const char *
dial_host(const struct broker *b, enum side end, const struct ftp_address *a, char *buf,
    size_t size)
{
	if (end == SERVER)
		return policy_passive_host(b->config->options, b->server_host, a, buf, size);
	if (!policy_active_allowed(&b->client_peer, a) &&
	    (a->port < DATA_PORT_MIN ||
	    !own_client_address(b->config->own, &b->client_peer, b->config->remote, a)))
		return NULL;
	return inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, buf, (socklen_t)size);
}

static bool
want_of(const struct broker *b, const struct ask *ask, enum side side, struct channel_want *want)
{
	const struct ftp_address *a = &ask->ends[side].address;
	char buf[INET6_ADDRSTRLEN];
	const char *host;

	*want = (struct channel_want){ .verb = (enum end_verb)ask->ends[side].verb,
		.family = a->family, .port = a->port };
	if (want->verb != END_DIAL)
		return true;
	if ((host = dial_host(b, side, a, buf, sizeof(buf))) == NULL)
		return false;
	return snprintf(want->host, sizeof(want->host), "%s", host) < (int)sizeof(want->host);
}

/* ---- requests ---- */

static void
broken(struct broker *b, const char *what)
{
	log_error("the session process is ended: it asked for %s", what);
	b->ended = b->broke = true;
}

static unsigned
things(const struct broker *b)
{
	unsigned n = 0;

	for (int side = CLIENT; side <= SERVER; side++)
		n += b->ends[side].end->ops->count(b->ends[side].end);
	return n;
}

static void
refuse_open(struct broker *b, const struct ask *ask, const char *reason)
{
	for (int side = CLIENT; side <= SERVER; side++)
		if (ask->ends[side].verb != END_NONE)
			tell_failed(b, ask->channel, (enum side)side, ask->turn[side], reason);
}

static void
ask_open(struct broker *b, const struct ask *ask)
{
	struct data_channel *ch = channel_find(b, ask->channel);
	struct channel_want want[2];

	if (!want_of(b, ask, CLIENT, &want[CLIENT]) || !want_of(b, ask, SERVER, &want[SERVER])) {
		broken(b, "a connection that the policy forbids");
		return;
	}
	/* Not in the order of their numbers: the first end of a later one may be had before. */
	if (ch == NULL && (ch = channel_new(b, ask->channel)) == NULL) {
		broken(b, "a channel too many");
		return;
	}
	for (int side = CLIENT; side <= SERVER; side++)
		data_channel_turn(ch, (enum side)side, ask->turn[side]);
	/* The channel is there all the same: before it hears of this the session may have asked for
	 * a later one, and for the other end of this one. */
	if (things(b) >= THINGS_MAX) /* those that are held may be many */
		refuse_open(b, ask, "too many data connections of this session are open or held");
	else if (!data_channel_open(ch, want))
		broken(b, "an end that is there already");
}

struct check {
	struct broker *broker; /* NULL: it is no more */
	unsigned channel;
};

static void
check_done(void *arg, bool alive)
{
	struct check *c = arg;

	if (alive)
		requests_event(c->broker, &(struct event){ .kind = EV_ALIVE,
		    .channel = c->channel }, 0);
	else
		requests_gone(c->broker);
	free(c);
}

static void
ask_check(struct broker *b, const struct ask *ask)
{
	struct end *far = b->ends[b->config->remote ? CLIENT : SERVER].end;
	struct data_channel *ch = channel_find(b, ask->channel);
	struct check *c;

	if (ch != NULL && data_channel_check(ch))
		return;
	if ((c = memory_new(sizeof(*c))) == NULL) {
		b->ended = true;
		return;
	}
	*c = (struct check){ b, ask->channel };
	far->ops->check(far, NULL, check_done, c);
}

/* What is unknown was closed before anything came of it. */
static void
ask_act(struct broker *b, const struct ask *ask)
{
	const struct action a = { .kind = (enum action_kind)ask->kind, .channel = ask->channel,
		.end = (enum side)ask->end, .mask = ask->mask, .upload = ask->upload != 0 };
	struct data_channel *ch = channel_find(b, ask->channel);

	if (ch == NULL)
		return;
	if (a.kind == ACT_BEGIN && b->link != NULL)
		control_link_pump(b->link); /* the command goes before its data */
	if (a.kind == ACT_CANCEL)
		data_channel_turn(ch, a.end, ask->turn[a.end]);
	data_channel_act(ch, &a);
}

static bool
family_known(const struct ftp_address *a)
{
	return a->family == 0 || a->family == 4 || a->family == 6;
}

static bool
is_wellformed(const struct ask *ask)
{
	if (ask->kind > ACT_CHECK || ask->end > SERVER || ask->mask > 3 || ask->upload > 1 ||
	    ask->channel == UINT32_MAX)
		return false;
	for (int side = CLIENT; side <= SERVER; side++)
		if (ask->ends[side].verb > END_DIAL || !family_known(&ask->ends[side].address))
			return false;
	return ask->channel != 0 || ask->kind == ACT_CHECK;
}

static void
ask_handle(struct broker *b, const struct ask *ask)
{
	if (!is_wellformed(ask))
		broken(b, "something that is no request");
	else if (ask->kind == ACT_CHECK)
		ask_check(b, ask);
	else if (ask->kind == ACT_OPEN)
		ask_open(b, ask);
	else
		ask_act(b, ask);
}

/* One request; false: none was there. */
static bool
ask_take(struct broker *b)
{
	struct ask ask;
	int n = ask_receive(b->out.fd, &ask, sizeof(ask));

	if (n == 1)
		ask_handle(b, &ask);
	else if (n == -1 && errno == EPROTO)
		broken(b, "something that is no request");
	else if (n == -1 && errno == ECONNRESET) /* told once, before what it has asked */
		return b->mute = true;
	else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
		b->ended = true;
	return n == 1;
}

void
requests_ready(void *arg, short revents)
{
	struct broker *b = arg;

	if ((revents & POLLOUT) && !b->mute && ask_flush(&b->out) == -1)
		tell_failed_for_good(b);
	for (int i = 0; i < ASKS_PER_ROUND && !b->ended &&
	    (b->mute || ask_kept(&b->out) < OUT_MARK); i++)
		if (!ask_take(b))
			break;
	arm(b);
}
