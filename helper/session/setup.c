/* The commands that prepare a data connection, and the choice between them.
 *
 * The client says which verb its own end gets (PASV: it dials us, so we listen; PORT: it
 * listens, so we dial). What is said to the server is chosen on its own from the table
 * of attempts, its natural counterpart first: so mode translation, address families,
 * servers that refuse a command and ports that are dead are one loop over one table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ftp/policy.h"
#include "session/session_private.h"

#define BIT(attempt) (1U << (attempt))
#define ASTRAY_MAX 3

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

#define TRY_DIALLING (BIT(TRY_PASV) | BIT(TRY_EPSV) | BIT(TRY_LPSV))
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

static const char given_up[] = "425 Cannot open a data connection: replaced or out of time.";

const char *
setup_verb_name(const struct channel *ch, enum side end)
{
	return end == CLIENT ? client_verbs[ch->client_verb].name : attempts[ch->attempt].name;
}

bool
pending_is_setup(const struct pending *p)
{
	return p->kind == PENDING_PASSIVE || p->kind == PENDING_ACTIVE;
}

/* ---- the choice ---- */

static const struct ftp_address *
listen_address(const struct session *s, enum side end, uint8_t family)
{
	const struct ftp_address *a =
	    family == 6 ? &s->config.listen6[end] : &s->config.listen4[end];

	return a->family == 0 ? NULL : a;
}

/* Of the control connection to the server. Who can listen for it in one family only, knows. */
static uint8_t
server_family(const struct session *s)
{
	const struct ftp_address *four = listen_address(s, SERVER, 4);
	const struct ftp_address *six = listen_address(s, SERVER, 6);

	if (s->config.family[SERVER] != 0 || (four != NULL) == (six != NULL))
		return s->config.family[SERVER];
	return four != NULL ? 4 : 6;
}

static bool
attempt_is_natural(const struct channel *ch, enum attempt t)
{
	return attempts[t].listen != client_verbs[ch->client_verb].listen;
}

static bool
attempt_allowed(const struct session *s, const struct channel *ch, enum attempt t, unsigned bad)
{
	bool listen = attempts[t].listen;

	if ((ch->tried | bad) & BIT(t))
		return false;
	if (s->epsv_all)
		return t == TRY_EPSV;
	if (listen && listen_address(s, SERVER, attempts[t].family) == NULL)
		return false;
	switch (s->config.mode) {
	case MODE_SAME:
		return attempt_is_natural(ch, t);
	case MODE_PASSIVE:
		return !listen;
	case MODE_ACTIVE:
		return listen;
	case MODE_AUTO:
		break;
	}
	return !listen || s->config.active_possible;
}

static enum attempt
attempt_next(const struct session *s, const struct channel *ch, unsigned bad)
{
	const enum attempt *order = client_verbs[ch->client_verb].order;

	for (int i = 0; i < ORDER_MAX && order[i] != TRY_COUNT; i++)
		if (attempt_allowed(s, ch, order[i], bad))
			return order[i];
	return TRY_COUNT;
}

/* May another attempt follow when this one is refused? A client whose own words the server refuses
 * sees that, as direct; unless that may lie in the address, which is ours. */
static bool
attempt_may_fail(const struct session *s, const struct channel *ch)
{
	uint8_t family = server_family(s);
	bool same = family == 4 && s->config.family[CLIENT] != 6; /* over IPv6 PASV cannot be right */

	if (s->good & BIT(ch->attempt))
		return false;
	if (!attempt_is_natural(ch, ch->attempt) || attempts[ch->attempt].listen)
		return true;
	return ch->argument[0] == '\0' && !same;
}

/* ---- the steps of one setup: server end, then client end, then the reply ---- */

static struct pending *
setup_pending(const struct session *s, const struct channel *ch)
{
	for (size_t i = 0; i < s->queue.count; i++) {
		struct pending *p = queue_at(&s->queue, i);

		if (pending_is_setup(p) && p->channel == ch->id)
			return p;
	}
	return NULL;
}

/* The setup has come to its end: its entry becomes our reply. */
static void
setup_end(struct session *s, struct channel *ch, struct pending *p, const char *text)
{
	queue_answer(p, ch->turned ? NULL : memory_text(text));
	p->aside = true;
	if (text[0] != '2' && ch->turned)
		transfer_event(s, ch, &(struct event){ .kind = EV_FAILED, .end = SERVER,
		    .reason = "the ssh server allows no way to it" });
	else if (text[0] != '2')
		channel_close(s, ch);
}

static void
setup_say(struct session *s, struct channel *ch, struct pending *p)
{
	enum attempt t = ch->attempt;
	char line[128];
	size_t len;

	if (attempts[t].listen) {
		struct ftp_address a = *listen_address(s, SERVER, attempts[t].family);

		a.port = ch->end[SERVER].port;
		len = ftp_format_active(line, sizeof(line), attempts[t].verb, &a);
	} else
		len = (size_t)snprintf(line, sizeof(line), "%s%s%s", attempts[t].name,
		    t == TRY_EPSV && ch->argument[0] ? " " : "", t == TRY_EPSV ? ch->argument : "");
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
static void
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
	if (attempts[t].listen && ch->server_family != attempts[t].family)
		setup_unlisten(s, ch);
	if (!attempts[t].listen || ch->end[SERVER].port != 0)
		setup_say(s, ch, p);
	else if (!ch->end[SERVER].asked) {
		ch->server_family = attempts[t].family;
		channel_open(s, ch, SERVER, END_LISTEN, attempts[t].family);
	}
}

/* The server end is ready: now the client's. What the server has said to the client's own verb is
 * the client's to read. */
static bool
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
	snprintf(text, sizeof(text), "200 %s command successful.", setup_verb_name(ch, CLIENT));
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
	if (text[0] == '2' && s->current != ch && setup_pending(s, ch) == NULL)
		channel_close(s, ch); /* another setup has replaced it */
	else if (text[0] == '2')
		transfer_adopts(s, ch);
}

/* ---- what becomes of what was asked for ---- */

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

/* The server is told to dial instead, before it was told of any transfer: the client does not
 * notice. */
static bool
setup_turns(struct session *s, struct channel *ch)
{
	struct pending *p;

	if (s->current != ch || ch->dir != DIR_NONE || ch->end[CLIENT].dials || ch->end[CLIENT].moved ||
	    setup_pending(s, ch) != NULL || (p = queue_push(&s->queue, PENDING_ACTIVE)) == NULL)
		return false;
	p->channel = ch->id;
	ch->turned = true;
	ch->end[SERVER] = (struct end){ 0 };
	setup_try(s, ch, p);
	return true;
}

/* The port that the server has named is dead: not that verb again; or sshd dials none at all (by
 * mux it does not say which of both). A server that has refused the command meanwhile may just have
 * closed it. */
static bool
setup_dial_failed(struct session *s, struct channel *ch, const char *reason)
{
	if (ch->final >= 300 || ch->refused)
		return false;
	s->bad |= BIT(ch->attempt);
	s->good &= ~BIT(ch->attempt);
	if (!session_is_forbidden(s, reason) ||
	    attempt_next(s, ch, s->bad | TRY_DIALLING) == TRY_COUNT)
		return false;
	s->bad |= TRY_DIALLING;
	return setup_turns(s, ch);
}

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
		setup_left_out(s, p);
	return true;
}

bool
setup_event(struct session *s, struct channel *ch, const struct event *e)
{
	struct pending *p = setup_pending(s, ch);
	struct end *end = &ch->end[e->end];
	bool asked = end->asked;

	if (e->kind == EV_TIMER && ch->timer == TIMER_PORT)
		return stray_is_over(s, ch, p);
	if (e->kind == EV_FAILED && !asked && e->end == SERVER && end->dials &&
	    setup_dial_failed(s, ch, e->reason))
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

/* ---- the server's answer ---- */

/* True: another attempt is made, or our words are the answer. */
static bool
setup_refused(struct session *s, struct channel *ch, struct pending *p, int code, const char *text)
{
	bool ours = ch->refusal[0] != '\0' || !attempt_is_natural(ch, ch->attempt);
	bool alone = p == queue_head(&s->queue) && p == queue_tail(&s->queue);
	bool next = alone && attempt_may_fail(s, ch) && attempt_next(s, ch, s->bad) != TRY_COUNT;

	if (ch->refusal[0] == '\0')
		snprintf(ch->refusal, sizeof(ch->refusal), "%d %.*s", code,
		    (int)strcspn(text, "\r\n"), text);
	/* In the middle of a transfer it is the moment that is refused. */
	if (alone && code >= 500 && code != 530 && attempt_may_fail(s, ch))
		s->bad |= BIT(ch->attempt);
	/* Not logged in is no refusal of the command; and one who came to the listener of a
	 * command that the server then refused is not to be the end of another's data. */
	if (next && code != 530 && !ch->end[SERVER].connected)
		setup_try(s, ch, p);
	else if (ours) {
		s->bad = 0;
		setup_end(s, ch, p, ch->refusal);
	} else {
		s->bad = 0;
		channel_close(s, ch);
		return false;
	}
	return true;
}

static const char no_port[] = "425 Cannot open a data connection: the FTP server's passive "
			      "reply names no usable port.";

/* The reply's words, without its code, as a string. */
static const char *
reply_words(struct session *s, size_t *len)
{
	size_t skip;

	if (bytes_add(&s->reply, "", 1) == -1) {
		*len = 0;
		return "";
	}
	s->reply.len--; /* it stands behind what there is */
	skip = s->reply.len < 4 ? s->reply.len : bytes_data(&s->reply)[3] == '(' ? 3 : 4;
	*len = s->reply.len - skip;
	return bytes_data(&s->reply) + skip;
}

/* "227 Entering Passive Mode (...)": the words are the server's, if there is nothing in them that a
 * client might take for an address, and the answer is to what the client has said. */
static void
setup_note_words(struct channel *ch, int code, const char *text, size_t len)
{
	static const int codes[] = { [FTP_PASV] = 227, [FTP_EPSV] = 229, [FTP_LPSV] = 228 };
	const char *bracket = memchr(text, '(', len), *end = memchr(text, '\n', len);
	size_t n = bracket != NULL ? (size_t)(bracket - text) : 0;

	if (!attempt_is_natural(ch, ch->attempt) || code != codes[ch->client_verb] || n == 0 ||
	    n >= sizeof(ch->words) || end != text + len - 1)
		return;
	for (size_t i = 0; i < n; i++)
		if (text[i] < ' ' || text[i] > '~' || (text[i] >= '0' && text[i] <= '9'))
			return;
	memcpy(ch->words, text, n);
	ch->words[n] = '\0';
}

static bool
setup_port(struct session *s, struct channel *ch, struct pending *p, int code, const char *text,
    size_t len)
{
	int parsed = ftp_parse_passive(code, text, len, &ch->server_addr);

	if (parsed == FTP_PASSIVE_IPV6 && attempt_next(s, ch, s->bad) != TRY_COUNT) {
		s->bad |= BIT(ch->attempt);
		setup_try(s, ch, p);
	} else if (parsed != 0) {
		s->astray++;
		setup_end(s, ch, p, no_port);
	} else if (ch->end[SERVER].connected) /* to an attempt before this one */
		setup_end(s, ch, p, "425 Cannot open a data connection: somebody else came to it.");
	else {
		if (!ch->end[CLIENT].dials)
			setup_note_words(ch, code, text, len);
		setup_client_end(s, ch, p);
	}
	return true;
}

bool
setup_reply(struct session *s, struct pending *p, int code)
{
	struct channel *ch = channel_by_id(s, p->channel);
	const char *text;
	size_t len;

	text = reply_words(s, &len);
	if (ch == NULL) {
		queue_answer(p, memory_text(given_up));
		p->aside = true;
		return true;
	}
	channel_arm(s, ch, TIMER_NONE);
	if (code >= 300)
		return setup_refused(s, ch, p, code, text);
	s->good |= BIT(ch->attempt);
	s->astray = 0;
	if (ch->end[SERVER].dials)
		return setup_port(s, ch, p, code, text, len);
	return setup_client_end(s, ch, p);
}

/* Clients differ in which code they take for the answer to PASV (wget: any 2xx), so one that names
 * a port must not reach them. */
bool
setup_stray(struct session *s, struct pending *p)
{
	struct channel *ch = channel_by_id(s, p->channel);
	struct ftp_address a;
	const char *text;
	size_t len;

	text = reply_words(s, &len);
	if (ch != NULL && (ftp_parse_passive(227, text, len, &a) == 0 ||
	    ftp_parse_passive(228, text, len, &a) == 0 ||
	    ftp_parse_passive(229, text, len, &a) == 0)) {
		setup_end(s, ch, p, no_port);
		return true;
	}
	if (ch != NULL && ch->timer != TIMER_PORT)
		channel_arm(s, ch, TIMER_PORT);
	return false;
}

/* The reply before may have been its own: it is not waited for without end. */
void
setup_in_doubt(struct session *s, struct pending *p)
{
	struct channel *ch = channel_by_id(s, p->channel);

	if (pending_is_setup(p) && ch != NULL && ch->timer == TIMER_NONE && s->reply_code / 100 == 2)
		channel_arm(s, ch, TIMER_PORT);
}

/* The client was told something else in its place, or nothing. */
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
	for (size_t i = 0; i < s->queue.count; i++) {
		struct pending *p = queue_at(&s->queue, i);

		if (!pending_is_setup(p) || (p->sent && !p->ready) ||
		    channel_by_id(s, p->channel) != NULL)
			continue;
		queue_answer(p, memory_text(given_up));
		p->aside = true;
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
	if (s->config.mode != MODE_ACTIVE && family != 0 && (theirs == family || (theirs == 0 && !own)) &&
	    c->arg_len < size) {
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
	const struct session_config *config = &s->config;

	switch (ftp_parse_active(c->verb, c->arg, c->arg_len, a)) {
	case 0:
		if (policy_active_allowed(&config->client_peer, a))
			return NULL;
		if (a->port >= 1024 && config->own_address != NULL && config->own_address(config->arg, a))
			return NULL;
		return "500 Illegal PORT command.";
	case 522:
		return "522 Network protocol not supported, use (1,2)";
	case 521:
		return "521 Supported address families are (4, 6)";
	default:
		return "501 Syntax error in parameters.";
	}
}

/* The old one stays as long as somebody waits for an answer about it. */
static void
setup_replaces(struct session *s)
{
	struct channel *old = s->current;

	s->dead[0] = '\0';
	s->current = NULL;
	if (old == NULL || setup_pending(s, old) != NULL)
		return;
	for (size_t i = 0; i < s->queue.count; i++)
		if (queue_at(&s->queue, i)->channel == old->id)
			return;
	channel_close(s, old);
}

void
setup_command(struct session *s, const struct ftp_command *c)
{
	struct ftp_address a = { 0 };
	const char *refusal = NULL;
	char argument[8] = "";
	struct channel *ch;
	struct pending *p;

	if (s->epsv_all && c->verb != FTP_EPSV)
		refusal = "501 Only EPSV is allowed after EPSV ALL.";
	else if (c->verb == FTP_EPSV)
		refusal = epsv_argument(s, c, argument, sizeof(argument));
	else if (!client_verbs[c->verb].listen)
		refusal = active_refusal(s, c, &a);
	if (refusal != NULL) {
		session_answer(s, refusal);
		return;
	}
	setup_replaces(s);
	if ((s->current = ch = channel_new(s, c->verb)) == NULL) {
		session_answer(s, "425 Cannot open a data connection: too many of them.");
		return;
	}
	memcpy(ch->argument, argument, sizeof(argument));
	ch->client_addr = a;
	ch->end[CLIENT].dials = !client_verbs[c->verb].listen;
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

	if (p == NULL || !pending_is_setup(p) || p->ready)
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
