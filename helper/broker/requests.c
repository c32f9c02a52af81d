/* What the session asks, looked at as if it came from an attacker; and what it is told. */
#include <arpa/inet.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "broker/broker_private.h"
#include "ftp/policy.h"

#define THINGS_MAX 64 /* of one session at a time: descriptors, and what is open in the master */

/* ---- telling ---- */

/* The session process is gone: what it has asked before is done all the same. */
static void
tell_failed_for_good(struct broker *b)
{
	b->mute = errno == EPIPE || errno == ECONNRESET;
	b->ended = !b->mute;
}

/* Its padding goes to another process, too. */
void
requests_event(void *arg, const struct event *e)
{
	struct broker *b = arg;
	struct answer a;

	if (!b->serving || b->ended || b->mute)
		return;
	memset(&a, 0, sizeof(a));
	a.event.kind = e->kind;
	a.event.channel = e->channel;
	a.event.end = e->end;
	a.event.port = e->port;
	a.event.client = e->client;
	a.event.refusal = e->refusal;
	a.event.turn = e->turn;
	snprintf(a.reason, sizeof(a.reason), "%s", e->reason != NULL ? e->reason : "");
	if (ask_send(&b->out, &a) == -1)
		tell_failed_for_good(b);
}

/* Where our listeners on the ssh server can be dialled by it: as the FTP server is, if that is there. */
static const char *
listeners_host(const struct broker *b)
{
	const char *advertise = b->config->options->advertise;

	if (host_is_loopback(b->server_host))
		return b->server_host;
	return advertise[0] != '\0' ? advertise : "127.0.0.1";
}

/* Of a data channel: what is not known yet is told when it is. */
void
requests_told(void *arg, const struct event *e)
{
	struct broker *b = arg;
	struct event told = *e;

	if (e->refusal == REFUSED_UNTOLD && e->end == SERVER) {
		trial_ask(&b->trial, listeners_host(b), e);
		return;
	}
	if (e->refusal == REFUSED_UNTOLD)
		told.refusal = REFUSED;
	requests_event(b, &told);
}

/* ---- policy ---- */

/* False: it is forbidden. */
static bool
want_of(const struct broker *b, const struct end_request *r, enum side side, struct channel_want *want)
{
	const struct ftp_address *a = &r->address;
	char buf[INET6_ADDRSTRLEN];
	const char *host = NULL;

	*want = (struct channel_want){ .verb = r->verb, .family = a->family, .port = a->port };
	if (want->verb != END_DIAL)
		return true;
	if (side == SERVER)
		host = policy_passive_host(b->config->options, b->server_host, a, buf, sizeof(buf));
	else if (policy_active_allowed(&b->client_peer, b->config->remote ? NULL : b->config->own, a))
		host = inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, buf, sizeof(buf));
	return host != NULL &&
	    snprintf(want->host, sizeof(want->host), "%s", host) < (int)sizeof(want->host);
}

/* ---- requests ---- */

static void
broken(struct broker *b, const char *what)
{
	log_error("the session process is ended: it asked for %s", what);
	b->ended = b->broke = true;
}

static void
refuse_open(struct broker *b, const struct action *a, const char *reason)
{
	for (int side = CLIENT; side <= SERVER; side++)
		if (a->ends[side].verb != END_NONE)
			requests_event(b, &(struct event){ .kind = EV_FAILED, .end = (enum side)side,
			    .channel = a->channel, .reason = reason, .turn = a->turn[side] });
}

static void
ask_open(struct broker *b, const struct action *a)
{
	struct data_channel *ch = data_channel_find(&b->hooks, a->channel);
	struct end *const *end = b->hooks.end;
	struct channel_want want[2];

	if (!want_of(b, &a->ends[CLIENT], CLIENT, &want[CLIENT]) ||
	    !want_of(b, &a->ends[SERVER], SERVER, &want[SERVER])) {
		broken(b, "a connection that the policy forbids");
		return;
	}
	/* Numbers need not come in order: the session may ask for a later channel first. */
	if (ch == NULL && (ch = data_channel_new(a->channel, &b->hooks)) == NULL) {
		broken(b, "a channel too many");
		return;
	}
	data_channel_turn(ch, a->turn);
	/* The channel is there all the same: before it hears of this the session may have asked for
	 * a later one, and for the other end of this one. */
	if (end[CLIENT]->ops->count(end[CLIENT]) + end[SERVER]->ops->count(end[SERVER]) >= THINGS_MAX)
		/* those that are held may be many */
		refuse_open(b, a, "too many data connections of this session are open or held");
	else if (!data_channel_open(ch, want))
		broken(b, "an end that is there already");
}

void
requests_checked(struct broker *b, const struct end_result *r)
{
	struct data_channel *ch = data_channel_find(&b->hooks, r->channel);

	if (r->event == EV_ALIVE && ch != NULL)
		data_channel_look(ch);
	requests_event(b, &(struct event){ .kind = r->event == EV_ALIVE ? EV_ALIVE : EV_GONE,
	    .channel = r->channel });
}

/* What is unknown was closed before anything came of it. */
static void
ask_act(struct broker *b, const struct action *a)
{
	struct data_channel *ch = data_channel_find(&b->hooks, a->channel);
	struct end *far = broker_far(b);

	if (a->kind == ACT_CHECK) {
		bool of_sshd = a->channel >= CHANNEL_TRIAL && a->end == SERVER &&
		    far->ops->count(far) < THINGS_MAX;

		if (of_sshd ? !far->ops->ask(far, NULL, a->channel) : ch == NULL || !data_channel_check(ch))
			far->ops->check(far, NULL, a->channel);
		return;
	}
	if (ch == NULL)
		return;
	if (a->kind == ACT_BEGIN)
		control_link_pump(&b->link); /* the command goes before its data */
	if (a->kind == ACT_BEGIN && a->upload) /* a long look: when all of this round has gone out */
		timer_set(&b->timer, b->loop, 0, client_process_find, &b->client_process);
	data_channel_turn(ch, a->turn);
	data_channel_act(ch, a);
}

static bool
is_wellformed(const struct action *a)
{
	if (a->kind > ACT_CHECK || a->end > SERVER || a->mask > BOTH_ENDS || a->upload > 1 ||
	    (a->channel >= CHANNEL_TRIAL && a->kind != ACT_CHECK))
		return false;
	for (int side = CLIENT; side <= SERVER; side++) {
		uint8_t family = a->ends[side].address.family;

		if (a->ends[side].verb > END_DIAL || (family != 0 && family != 4 && family != 6))
			return false;
	}
	return a->channel != 0 || a->kind == ACT_CHECK;
}

static void
ask_take(struct broker *b)
{
	struct action a;
	int n = ask_receive(b->out.fd, &a, sizeof(a));

	if (n == -1 && errno == ECONNRESET) /* told once, and first: what it asked is there yet */
		b->mute = true;
	else if (n == -1 && errno != EPROTO)
		b->ended = true;
	else if (n == -1 || (n == 1 && !is_wellformed(&a)))
		broken(b, "something that is no request");
	else if (n == 1 && a.kind == ACT_OPEN)
		ask_open(b, &a);
	else if (n == 1)
		ask_act(b, &a);
}

/* One at a time: poll tells whether there are more. */
void
requests_ready(void *arg, short revents)
{
	struct broker *b = arg;

	if ((revents & POLLOUT) && ask_flush(&b->out) == -1)
		tell_failed_for_good(b);
	if (!b->ended && ask_kept(&b->out) < OUT_MARK)
		ask_take(b);
}
