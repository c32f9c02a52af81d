/* The commands that prepare a data connection, and the choice between them.
 *
 * The client says which verb its own end gets (PASV: it dials us, so we listen; PORT: it
 * listens, so we dial). What is said to the server is chosen on its own from the table
 * of attempts, its natural counterpart first: so mode translation, address families and
 * servers that refuse a command are one loop over one table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "policy.h"
#include "session_private.h"

#define BIT(attempt) (1U << (attempt))

static const struct {
	const char *name;
	enum ftp_verb verb;
	bool listen;    /* the server end listens (active mode), else it dials */
	uint8_t family; /* that the command can name; 0 = none needed */
} attempts[TRY_COUNT] = {
	[TRY_PASV] = { "PASV", FTP_PASV, false, 0 },
	[TRY_EPSV] = { "EPSV", FTP_EPSV, false, 0 },
	[TRY_LPSV] = { "LPSV", FTP_LPSV, false, 0 },
	[TRY_PORT] = { "PORT", FTP_PORT, true, 4 },
	[TRY_EPRT4] = { "EPRT", FTP_EPRT, true, 4 },
	[TRY_EPRT6] = { "EPRT", FTP_EPRT, true, 6 },
	[TRY_LPRT4] = { "LPRT", FTP_LPRT, true, 4 },
	[TRY_LPRT6] = { "LPRT", FTP_LPRT, true, 6 },
};

#define TRY_LISTENING \
	(BIT(TRY_PORT) | BIT(TRY_EPRT4) | BIT(TRY_EPRT6) | BIT(TRY_LPRT4) | BIT(TRY_LPRT6))
#define ORDER_MAX 8

/* What each client verb leads to, best first; TRY_COUNT ends a row. */
static const struct {
	const char *name;
	bool listen; /* the client end listens */
	enum attempt order[ORDER_MAX];
} client_verbs[] = {
	[FTP_PASV] = { "PASV", true,
	    { TRY_PASV, TRY_EPSV, TRY_PORT, TRY_EPRT4, TRY_EPRT6, TRY_COUNT } },
	[FTP_EPSV] = { "EPSV", true,
	    { TRY_EPSV, TRY_PASV, TRY_EPRT4, TRY_EPRT6, TRY_PORT, TRY_COUNT } },
	[FTP_LPSV] = { "LPSV", true,
	    { TRY_LPSV, TRY_EPSV, TRY_PASV, TRY_EPRT4, TRY_EPRT6, TRY_PORT, TRY_COUNT } },
	[FTP_PORT] = { "PORT", false,
	    { TRY_PORT, TRY_EPRT4, TRY_EPRT6, TRY_PASV, TRY_EPSV, TRY_COUNT } },
	[FTP_EPRT] = { "EPRT", false,
	    { TRY_EPRT4, TRY_EPRT6, TRY_PORT, TRY_EPSV, TRY_PASV, TRY_COUNT } },
	[FTP_LPRT] = { "LPRT", false,
	    { TRY_LPRT4, TRY_LPRT6, TRY_EPRT4, TRY_EPRT6, TRY_PORT, TRY_EPSV, TRY_PASV, TRY_COUNT } },
};

bool
channel_dials(const struct channel *ch, enum side end)
{
	return end == CLIENT ? !client_verbs[ch->client_verb].listen : !attempts[ch->attempt].listen;
}

const char *
setup_verb_name(const struct channel *ch, enum side end)
{
	return end == CLIENT ? client_verbs[ch->client_verb].name : attempts[ch->attempt].name;
}

/* ---- the choice ---- */

static const struct ftp_address *
listen_address(const struct session *s, enum side end, uint8_t family)
{
	const struct ftp_address *a =
	    family == 6 ? &s->config.listen6[end] : &s->config.listen4[end];

	return a->family == 0 ? NULL : a;
}

static bool
attempt_allowed(const struct session *s, const struct channel *ch, enum attempt t)
{
	bool listen = attempts[t].listen, natural = listen != client_verbs[ch->client_verb].listen;

	if ((ch->tried | s->bad) & BIT(t))
		return false;
	if (s->epsv_all)
		return t == TRY_EPSV;
	if (listen && listen_address(s, SERVER, attempts[t].family) == NULL)
		return false;
	switch (s->config.mode) {
	case MODE_SAME:
		return natural;
	case MODE_PASSIVE:
		return !listen;
	case MODE_ACTIVE:
		return listen;
	case MODE_AUTO:
		break;
	}
	return !listen || s->config.active_possible;
}

/* The next attempt for this channel, TRY_COUNT when there is none left. Where listening has
 * become costly for the master (far.c), what dials goes first. */
static enum attempt
attempt_next(const struct session *s, const struct channel *ch)
{
	const enum attempt *order = client_verbs[ch->client_verb].order;

	for (int pass = s->config.listen_last ? 0 : 1; pass < 2; pass++)
		for (int i = 0; i < ORDER_MAX && order[i] != TRY_COUNT; i++)
			if ((pass == 1 || !attempts[order[i]].listen) &&
			    attempt_allowed(s, ch, order[i]))
				return order[i];
	return TRY_COUNT;
}

/* ---- the steps of one setup: server end, then client end, then the reply ---- */

static struct pending *
setup_pending(struct session *s, const struct channel *ch)
{
	for (size_t i = 0; i < s->queue.count; i++) {
		struct pending *p = queue_at(&s->queue, i);

		if (p->kind == PENDING_SETUP && p->channel == ch->id)
			return p;
	}
	return NULL;
}

/* The setup has come to its end: its entry becomes our reply. */
static void
setup_end(struct session *s, struct channel *ch, struct pending *p, const char *text)
{
	p->kind = PENDING_OWN;
	p->text = memory_text(text);
	if (text[0] != '2') {
		if (s->current == ch)
			s->current = NULL;
		channel_close(s, ch);
	}
}

static void
setup_say(struct session *s, struct channel *ch, struct pending *p)
{
	enum attempt t = ch->attempt;
	char line[128];
	size_t len;

	if (attempts[t].listen) {
		struct ftp_address a = *listen_address(s, SERVER, attempts[t].family);

		a.port = ch->port[SERVER];
		len = ftp_format_active(line, sizeof(line), attempts[t].verb, &a);
	} else
		len = (size_t)snprintf(line, sizeof(line), "%s", attempts[t].name);
	session_send(s, SERVER, line, len);
	p->sent = true;
	p->proven = (s->good & BIT(t)) != 0;
}

/* No listener stays open that nobody was told about, or of a family that will not do. */
static void
setup_unlisten(struct session *s, struct channel *ch)
{
	if (!ch->listens[SERVER])
		return;
	ch->listens[SERVER] = false;
	ch->port[SERVER] = 0;
	channel_act(s, ch, ACT_CANCEL, SERVER);
}

static void
setup_try(struct session *s, struct channel *ch, struct pending *p)
{
	enum attempt t = attempt_next(s, ch);
	struct action a = { .kind = ACT_LISTEN, .channel = ch->id, .end = SERVER };

	p->sent = false;
	if (t == TRY_COUNT) {
		setup_end(s, ch, p, ch->refusal[0] ? ch->refusal :
		    "425 No way to open a data connection: this server mode is not allowed here.");
		return;
	}
	ch->attempt = t;
	ch->tried |= BIT(t);
	if (attempts[t].listen && ch->server_family != attempts[t].family)
		setup_unlisten(s, ch);
	if (!attempts[t].listen || ch->port[SERVER] != 0)
		setup_say(s, ch, p);
	else if (!ch->listens[SERVER]) {
		ch->listens[SERVER] = true;
		ch->server_family = attempts[t].family;
		a.address.family = attempts[t].family;
		session_act(s, &a);
	}
}

/* The server end is ready: now the client's. */
static void
setup_client_end(struct session *s, struct channel *ch, struct pending *p)
{
	struct action a = { .kind = ACT_LISTEN, .channel = ch->id, .end = CLIENT };
	char text[64];

	if (channel_dials(ch, SERVER)) /* an active attempt was refused, a passive one worked */
		setup_unlisten(s, ch);
	p->ready = true;
	if (!channel_dials(ch, CLIENT)) {
		ch->listens[CLIENT] = true;
		ch->late = s->config.bulk && channel_dials(ch, SERVER) &&
		    (!s->small || s->size >= BULK_BYTES);
		a.bulk = ch->late;
		a.address.family = ch->client_verb == FTP_PASV ? 4 : 0;
		session_act(s, &a);
		return;
	}
	snprintf(text, sizeof(text), "200 %s command successful.", setup_verb_name(ch, CLIENT));
	setup_end(s, ch, p, text);
	transfer_prepared(s, ch);
}

static void
setup_client_listens(struct session *s, struct channel *ch, struct pending *p, uint16_t port)
{
	uint8_t family = ch->client_verb == FTP_LPSV && s->config.family[CLIENT] == 6 ? 6 : 4;
	const struct ftp_address *at = listen_address(s, CLIENT, family);
	struct ftp_address a = at != NULL ? *at : (struct ftp_address){ 0 };
	char text[256];

	a.port = ch->port[CLIENT] = port;
	if (ftp_format_passive(text, sizeof(text), ch->client_verb, &a) == 0)
		snprintf(text, sizeof(text),
		    "425 Cannot open a passive connection over IPv6: use EPSV.");
	setup_end(s, ch, p, text);
}

/* What becomes of the listeners that a setup asked for; false: not about that. */
bool
setup_event(struct session *s, struct channel *ch, const struct event *e)
{
	struct pending *p = setup_pending(s, ch);
	bool asked = ch->listens[e->end] && ch->port[e->end] == 0;

	if (e->kind != EV_LISTENING && !(e->kind == EV_FAILED && asked))
		return false;
	if (p == NULL || !asked)
		return true;
	if (e->kind == EV_LISTENING && e->end == SERVER) {
		s->config.listen_last |= e->costly;
		ch->port[SERVER] = e->port;
		setup_say(s, ch, p);
	} else if (e->kind == EV_LISTENING)
		setup_client_listens(s, ch, p, e->port);
	else if (e->end == SERVER) {
		/* sshd or the master refuses to listen: it will not change its mind */
		s->bad |= TRY_LISTENING;
		ch->listens[SERVER] = false;
		if (ch->refusal[0] == '\0')
			snprintf(ch->refusal, sizeof(ch->refusal),
			    "425 Cannot open a data connection: the ssh server refuses to listen.");
		setup_try(s, ch, p);
	} else
		setup_end(s, ch, p, "425 Cannot open a data connection: no port to listen on.");
	return true;
}

static const char given_up[] = "425 Cannot open a data connection: replaced or out of time.";

/* The channel is no more: its setup must not wait for a listener that will not come. What
 * is at the server still gets its answer. */
void
setup_abandon(struct session *s, const struct channel *ch)
{
	struct pending *p = setup_pending(s, ch);

	if (p == NULL || (p->sent && !p->ready))
		return;
	p->kind = PENDING_OWN;
	p->text = memory_text(given_up);
}

/* ---- the server's answer ---- */

static void
setup_refused(struct session *s, struct channel *ch, struct pending *p, int code,
    const char *text, size_t len)
{
	bool last = p == queue_tail(&s->queue);

	if (ch->refusal[0] == '\0')
		snprintf(ch->refusal, sizeof(ch->refusal), "%d %.*s", code,
		    (int)strcspn(text, "\r\n") < (int)len ? (int)strcspn(text, "\r\n") : (int)len, text);
	/* Not logged in is no refusal of the command; what was pipelined behind it can no
	 * longer be overtaken by another attempt; and one who came to the listener of a
	 * command that the server then refused is not to be the end of another's data. */
	if (code == 530 || code == 332 || code == 421 || !last || ch->connected[SERVER]) {
		setup_end(s, ch, p, ch->refusal);
		return;
	}
	if (code >= 500)
		s->bad |= BIT(ch->attempt);
	setup_try(s, ch, p);
	if (p->kind == PENDING_OWN)
		s->bad = 0; /* nothing is left: the next setup asks anew */
}

/* Over IPv6 some servers answer PASV with a 227 in which (::1,p,p) stands, or (ProFTPD) what is
 * behind the last colon, (1,p,p): no attack, but a no, and another command may do. */
static bool
names_ipv6(const char *text, size_t len)
{
	int colons = 0, commas = 0;

	for (size_t i = 0; i < len; i++) {
		colons += text[i] == ':';
		commas += text[i] == ',';
	}
	return commas == 2 || colons > 1;
}

void
setup_reply(struct session *s, int code, const char *text, size_t len)
{
	static const char no_port[] = "425 Cannot open a data connection: the FTP server's passive "
				      "reply names no usable port.";
	struct pending *p = queue_head(&s->queue);
	struct channel *ch = channel_by_id(s, p->channel);

	if (code < 200)
		return; /* preliminary: the answer is still to come */
	if (ch == NULL || ch->closing) {
		p->kind = PENDING_OWN;
		p->text = memory_text(given_up);
		return;
	}
	if (code >= 300) {
		setup_refused(s, ch, p, code, text, len);
		return;
	}
	if (channel_dials(ch, SERVER) &&
	    (!ftp_code_is_passive(code) || ftp_parse_passive(code, text, len, &ch->server_addr) == -1)) {
		if (ch->attempt == TRY_PASV && names_ipv6(text, len)) {
			s->bad |= BIT(ch->attempt);
			setup_refused(s, ch, p, 425, no_port + 4, sizeof(no_port) - 5);
		} else
			setup_end(s, ch, p, no_port);
		return;
	}
	s->good |= BIT(ch->attempt);
	if (channel_dials(ch, SERVER) && ch->connected[SERVER]) /* to an attempt before this one */
		setup_end(s, ch, p, "425 Cannot open a data connection: somebody else came to it.");
	else
		setup_client_end(s, ch, p);
}

/* ---- the client's command ---- */

/* EPSV 1 and EPSV 2 ask for a family; ours is that of the control connection. */
static const char *
epsv_refusal(const struct session *s, const struct ftp_command *c)
{
	uint8_t family = s->config.family[CLIENT];
	bool one = ftp_argument_is(c, "1");

	if (ftp_argument_is(c, ""))
		return NULL;
	if (!one && !ftp_argument_is(c, "2"))
		return "522 Network protocol not supported, use (1,2)";
	if (family != 0 && one != (family == 4))
		return family == 4 ? "522 Network protocol not supported, use (1)" :
				     "522 Network protocol not supported, use (2)";
	return NULL;
}

static const char *
active_refusal(const struct session *s, const struct ftp_command *c, struct ftp_address *a)
{
	switch (ftp_parse_active(c->verb, c->arg, c->arg_len, a)) {
	case 0:
		return policy_active_allowed(&s->config.client_peer, a) ? NULL :
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
	struct channel *ch;
	struct pending *p;

	if (s->epsv_all && c->verb != FTP_EPSV)
		refusal = "501 Only EPSV is allowed after EPSV ALL.";
	else if (c->verb == FTP_EPSV)
		refusal = epsv_refusal(s, c);
	else if (!client_verbs[c->verb].listen)
		refusal = active_refusal(s, c, &a);
	if (refusal != NULL) {
		session_answer(s, refusal);
		return;
	}
	if (s->current != NULL)
		channel_close(s, s->current);
	if ((s->current = ch = channel_new(s, c->verb)) == NULL) {
		session_answer(s, "425 Cannot open a data connection: too many of them.");
		return;
	}
	ch->client_addr = a;
	p = queue_push(&s->queue, PENDING_SETUP);
	p->channel = ch->id;
	setup_try(s, ch, p);
}

/* A command that waits for its listener, or that another may have to follow, must stay
 * the last one that the server has seen. */
bool
setup_holds_client(struct session *s)
{
	struct pending *p = queue_tail(&s->queue);

	return p != NULL && p->kind == PENDING_SETUP && (!p->sent || (!p->proven && !p->ready));
}

bool
setup_holds_server(struct session *s)
{
	struct pending *p = queue_head(&s->queue);

	return p != NULL && p->kind == PENDING_SETUP && (!p->sent || p->ready);
}
