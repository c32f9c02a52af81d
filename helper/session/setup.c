#include "session/setup.h"

#include <stdio.h>
#include <string.h>

#include "session/attempts.h"
#include "session/transfer.h"
#include "state/session_channel.h"

#define ASTRAY_MAX 3

/* ---- the steps of one setup: server end, then client end, then the reply ---- */

void
setup_end(struct session *s, struct channel *ch, struct pending *p, const char *text)
{
	static const char given_up[] = "425 Cannot open a data connection: replaced or out of time.";
	bool turned = ch != NULL && ch->turned;

	queue_answer(p, turned ? NULL : memory_text(ch != NULL ? text : given_up));
	p->aside = true;
	if (ch == NULL || text[0] == '2')
		return;
	if (turned)
		transfer_event(s, ch, &(struct event){ .kind = EV_FAILED, .end = SERVER,
		    .reason = "the ssh server allows no way to it", .refusal = REFUSED_FORBIDDEN });
	else
		channel_close(s, ch);
}

static void
setup_say(struct session *s, struct channel *ch, struct pending *p)
{
	enum attempt t = ch->attempt;
	bool own = attempts[t].verb == ch->client_verb; /* the client's own word */
	char line[128];
	size_t len;

	if (attempts[t].listen) {
		struct ftp_address a = *listen_address(s, SERVER, attempts[t].family);

		a.port = ch->end[SERVER].port;
		len = ftp_format_active(line, sizeof(line), attempts[t].verb, &a);
	} else
		len = (size_t)snprintf(line, sizeof(line), "%s%s%s", attempts[t].name,
		    own && ch->argument[0] ? " " : "", own ? ch->argument : "");
	output_line(&s->out, SERVER, line, len);
	p->sent = true;
}

/* No listener stays open that nobody was told about, or of a family that will not do. */
static void
setup_unlisten(struct session *s, struct channel *ch)
{
	struct end *end = &ch->end[SERVER];

	if (!end->asked && end->port == 0)
		return;
	end->asked = false;
	end->port = 0;
	channel_act(s, ch, ACT_CANCEL, SERVER);
}

/* When none is left that has not failed in this session, all may be tried anew. */
void
setup_try(struct session *s, struct channel *ch, struct pending *p)
{
	enum attempt t = attempt_next(s, ch, s->bad);

	if (t == TRY_COUNT && ch->tried == 0) {
		s->bad = 0;
		t = attempt_next(s, ch, 0);
	}
	p->sent = false;
	if (t == TRY_COUNT) {
		s->bad = ch->tried != 0 ? 0 : s->bad;
		setup_end(s, ch, p, ch->refusal[0] ? ch->refusal :
		    "425 No way to open a data connection: this server mode is not allowed here.");
		return;
	}
	ch->attempt = t;
	ch->tried |= BIT(t);
	ch->end[SERVER].dials = !attempts[t].listen;
	p->kind = attempts[t].listen ? PENDING_ACTIVE : PENDING_PASSIVE;
	p->translated = !attempt_is_natural(ch, t);
	if (attempts[t].listen && ch->server_family != attempts[t].family)
		setup_unlisten(s, ch);
	if (!attempts[t].listen || ch->end[SERVER].port != 0)
		setup_say(s, ch, p);
	else if (!ch->end[SERVER].asked) {
		ch->server_family = attempts[t].family;
		channel_open(s, ch, SERVER, END_LISTEN, attempts[t].family);
	}
}

bool
setup_client_end(struct session *s, struct channel *ch, struct pending *p)
{
	bool own = attempt_is_natural(ch, ch->attempt);
	char text[64];

	if (ch->end[SERVER].dials) /* an active attempt was refused, a passive one worked */
		setup_unlisten(s, ch);
	p->ready = true;
	if (ch->turned) {
		setup_end(s, ch, p, "200");
		transfer_adopts(s, ch);
		return true;
	}
	if (!ch->end[CLIENT].dials) {
		channel_open(s, ch, CLIENT, END_LISTEN, ch->client_verb == FTP_PASV ? 4 : 0);
		return true;
	}
	if (ch->end[SERVER].dials) /* the client is dialled when a transfer begins */
		channel_open(s, ch, SERVER, END_DIAL, 0);
	else
		channel_open(s, ch, CLIENT, END_DIAL, 0);
	snprintf(text, sizeof(text), "200 %s command successful.", attempt_verb_name(ch, CLIENT));
	if (!own)
		setup_end(s, ch, p, text);
	transfer_adopts(s, ch);
	return !own;
}

static void
setup_client_listens(struct session *s, struct channel *ch, struct pending *p, uint16_t port)
{
	uint8_t family = ch->client_verb == FTP_LPSV && s->config.family[CLIENT] == 6 ? 6 : 4;
	const struct ftp_address *at = listen_address(s, CLIENT, family);
	struct ftp_address a = at != NULL ? *at : (struct ftp_address){ 0 };
	char text[256], canonical[192];

	a.port = port;
	if (ftp_format_passive(canonical, sizeof(canonical), ch->client_verb, &a) == 0)
		snprintf(text, sizeof(text),
		    "425 Cannot open a passive connection over IPv6: use EPSV.");
	else if (ch->words[0] != '\0')
		snprintf(text, sizeof(text), "%.4s%s%s", canonical, ch->words, strchr(canonical, '('));
	else
		snprintf(text, sizeof(text), "%s", canonical);
	setup_end(s, ch, p, text);
	if (text[0] == '2' && s->current != ch && queue_find(&s->queue, SETUPS, ch->id) == NULL)
		channel_close(s, ch); /* another setup has replaced it */
	else if (text[0] == '2')
		transfer_adopts(s, ch);
}

/* ---- what becomes of what was asked for ---- */

/* The server is told to dial instead, before it was told of any transfer: the client does not
 * notice. */
static bool
setup_turns(struct session *s, struct channel *ch)
{
	struct pending *p;

	if (s->current != ch || ch->dir != DIR_NONE || ch->end[CLIENT].dials || ch->end[CLIENT].moved ||
	    queue_find(&s->queue, SETUPS, ch->id) != NULL ||
	    (p = queue_push(&s->queue, PENDING_ACTIVE)) == NULL)
		return false;
	p->channel = ch->id;
	ch->turned = true;
	ch->end[SERVER] = (struct end){ 0 };
	setup_try(s, ch, p);
	return true;
}

static void
setup_listen_failed(struct session *s, struct channel *ch, struct pending *p, enum side end)
{
	if (end == CLIENT) {
		setup_end(s, ch, p, "425 Cannot open a data connection: no port to listen on.");
		return;
	}
	s->bad |= TRY_LISTENING; /* sshd or the master will not change its mind */
	if (ch->refusal[0] == '\0')
		snprintf(ch->refusal, sizeof(ch->refusal),
		    "425 Cannot open a data connection: the ssh server refuses to listen.");
	setup_try(s, ch, p);
}

/* Its own answer may yet come, but the client need not wait for it any more. */
static bool
stray_is_over(struct session *s, struct channel *ch, struct pending *p)
{
	ch->timer = TIMER_NONE;
	if (p == NULL || !p->sent || p->ready)
		return true;
	if (p->doubtful && p->kind == PENDING_ACTIVE && ch->end[CLIENT].dials &&
	    attempt_is_natural(ch, ch->attempt)) {
		setup_client_end(s, ch, p); /* the 2xx before was this one's */
		queue_answer(p, NULL);
	} else
		p->doubtful = p->aside = true;
	return true;
}

bool
setup_event(struct session *s, struct channel *ch, const struct event *e)
{
	struct pending *p = queue_find(&s->queue, SETUPS, ch->id);
	struct end *end = &ch->end[e->end];
	bool asked = end->asked;

	if (e->kind == EV_TIMER && ch->timer == TIMER_PORT)
		return stray_is_over(s, ch, p);
	s->facts.dials |= e->kind == EV_CONNECTED && e->end == SERVER && end->dials;
	s->dials |= s->facts.dials;
	if (e->kind == EV_FAILED && !asked && e->end == SERVER && end->dials &&
	    setup_dial_failed(s, ch, e->refusal) && setup_turns(s, ch))
		return true;
	if (e->kind != EV_LISTENING && !(e->kind == EV_FAILED && asked))
		return false;
	end->asked = false;
	if (p == NULL || !asked)
		return true;
	if (e->kind == EV_FAILED) {
		setup_listen_failed(s, ch, p, e->end);
		return true;
	}
	end->port = e->port;
	if (e->end == SERVER)
		setup_say(s, ch, p);
	else
		setup_client_listens(s, ch, p, e->port);
	return true;
}

void
setup_left_out(struct session *s, struct pending *p)
{
	struct channel *ch = channel_by_id(s, p->channel);

	if (ch != NULL && ch->timer == TIMER_PORT)
		channel_arm(s, ch, TIMER_NONE);
	queue_answer(p, NULL);
	if (ch != NULL)
		channel_close(s, ch);
	if (++s->astray >= ASTRAY_MAX)
		session_wrong(s, "the FTP server's replies do not fit the commands");
}

/* A channel that is no more does not wait for a listener that will not come. */
void
setup_step(struct session *s)
{
	if (s->astray >= ASTRAY_MAX)
		session_wrong(s, "the FTP server's replies do not fit the commands");
	setup_dial_step(s);
	for (size_t i = 0; i < s->queue.count; i++) {
		struct pending *p = queue_at(&s->queue, i);

		if (!pending_is_setup(p) || (p->sent && !p->ready) ||
		    channel_by_id(s, p->channel) != NULL)
			continue;
		setup_end(s, NULL, p, NULL);
	}
}

/* ---- the client's command ---- */

/* EPSV 1 and EPSV 2 ask for a family. It is the server's to say what it thinks of that, if it
 * stands where the client does; else ours is that of the client's control connection. */
static const char *
epsv_argument(const struct session *s, const struct ftp_command *c, char *argument, size_t size)
{
	uint8_t family = s->config.family[CLIENT], theirs = server_family(s);
	bool one = ftp_argument_is(c, "1"), two = ftp_argument_is(c, "2"), own;

	if (ftp_argument_is(c, ""))
		return NULL;
	own = family == 0 || (family == 4 ? one : two);
	if (s->config.mode != MODE_ACTIVE && c->arg_len < size &&
	    (family == 0 ? theirs != 0 : theirs == family || (theirs == 0 && !own))) {
		memcpy(argument, c->arg, c->arg_len);
		return NULL;
	}
	if (!one && !two)
		return "522 Network protocol not supported, use (1,2)";
	if (!own)
		return family == 4 ? "522 Network protocol not supported, use (1)" :
				     "522 Network protocol not supported, use (2)";
	return NULL;
}

static const char *
active_refusal(const struct session *s, const struct ftp_command *c, struct ftp_address *a)
{
	switch (ftp_parse_active(c->verb, c->arg, c->arg_len, a)) {
	case 0:
		return policy_active_allowed(&s->config.client_peer, s->config.own, a) ? NULL :
		    "500 Illegal PORT command.";
	case 522:
		return "522 Network protocol not supported, use (1,2)";
	case 521:
		return "521 Supported address families are (4, 6)";
	default:
		return "501 Syntax error in parameters.";
	}
}

void
setup_command(struct session *s, const struct ftp_command *c)
{
	struct ftp_address a = { 0 };
	const char *refusal = NULL;
	struct channel *ch, *old = s->current;
	char argument[sizeof(ch->argument)] = "";
	struct pending *p;

	if (s->epsv_all && c->verb != FTP_EPSV)
		refusal = "501 Only EPSV is allowed after EPSV ALL.";
	else if (c->verb == FTP_EPSV)
		refusal = epsv_argument(s, c, argument, sizeof(argument));
	else if (!attempt_client_listens(c->verb))
		refusal = active_refusal(s, c, &a);
	else if (c->arg_len < sizeof(argument))
		memcpy(argument, c->arg, c->arg_len);
	if (refusal != NULL) {
		session_answer(s, refusal);
		return;
	}
	p = old != NULL ? queue_find(&s->queue, SETUPS, old->id) : NULL;
	if (p != NULL && p->aside) /* the client has taken another reply for its answer */
		setup_left_out(s, p);
	s->dead[0] = '\0';
	s->current = NULL;
	/* the old one stays as long as somebody waits for an answer about it */
	if (old != NULL && queue_find(&s->queue, ANY_KIND, old->id) == NULL)
		channel_close(s, old);
	if ((s->current = ch = channel_new(s, c->verb)) == NULL) {
		session_answer(s, "425 Cannot open a data connection: too many of them.");
		return;
	}
	memcpy(ch->argument, argument, sizeof(argument));
	ch->client_addr = a;
	ch->end[CLIENT].dials = !attempt_client_listens(c->verb);
	p = queue_push(&s->queue, PENDING_PASSIVE);
	p->channel = ch->id;
	setup_try(s, ch, p);
}

/* A command that waits for its listener, or that another may have to follow, must stay
 * the last one that the server has seen; and what is ours and what is the client's must not come
 * in one segment: servers exist that take one read for one command. */
bool
setup_holds_client(const struct session *s)
{
	const struct pending *p = queue_tail(&s->queue);
	const struct channel *ch;

	if (setup_dial_awaited(s))
		return true;
	if (p == NULL || !pending_is_setup(p) || p->ready || p->aside)
		return false;
	ch = channel_by_id(s, p->channel);
	return !p->sent || p->kind == PENDING_ACTIVE || (ch != NULL && attempt_may_fail(s, ch));
}

/* Its reply is ours to make. */
bool
setup_holds_server(const struct session *s)
{
	for (size_t i = 0; i < s->queue.count; i++)
		if (pending_is_setup(queue_at(&s->queue, i)) && queue_at(&s->queue, i)->ready)
			return true;
	return false;
}
