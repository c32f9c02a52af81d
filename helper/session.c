/* The control streams of one FTP session: lines in, lines out, the queue between. */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session_private.h"

#define IN_MAX (32 * 1024)
#define OUT_MAX (64 * 1024) /* a side's unsent output that stops reading the other */
#define UNSOLICITED_MAX 1000

struct session *
session_new(const struct session_config *config)
{
	struct session *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->config = *config;
	line_reader_init(&s->line[CLIENT], true);
	line_reader_init(&s->line[SERVER], false);
	s->first_command = true;
	queue_push(&s->queue, PENDING_GREETING);
	return s;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	for (int side = CLIENT; side <= SERVER; side++) {
		bytes_free(&s->in[side]);
		bytes_free(&s->out[side]);
		line_reader_free(&s->line[side]);
	}
	bytes_free(&s->reply);
	queue_clear(&s->queue);
	free(s->action);
	free(s);
}

/* ---- actions and output ---- */

void
session_act(struct session *s, const struct action *a)
{
	struct action *new;
	size_t size;

	if (s->action_count == s->action_size) {
		size = s->action_size ? s->action_size * 2 : 16;
		if ((new = realloc(s->action, size * sizeof(*new))) == NULL)
			return;
		s->action = new;
		s->action_size = size;
	}
	s->action[s->action_count++] = *a;
}

bool
session_next(struct session *s, struct action *a)
{
	if (s->action_next == s->action_count) {
		s->action_next = s->action_count = 0;
		return false;
	}
	*a = s->action[s->action_next++];
	return true;
}

static void
session_hangup(struct session *s, enum side side)
{
	struct action a = { ACT_HANGUP, 0, side, 0, 0, { 0 } };

	if (s->hung_up[side])
		return;
	s->hung_up[side] = true;
	session_act(s, &a);
}

static void
session_trace(const struct session *s, enum side from, const char *line, size_t len)
{
	if (s->config.trace != NULL)
		s->config.trace(s->config.trace_arg, from, line, len);
}

static void
session_write(struct session *s, enum side side, const char *data, size_t len)
{
	if (!s->hung_up[side])
		bytes_add(&s->out[side], data, len);
}

void
session_send(struct session *s, enum side side, const char *line, size_t len)
{
	session_trace(s, OTHER(side), line, len);
	session_write(s, side, line, len);
	session_write(s, side, "\r\n", 2);
}

static void
session_flush_own(struct session *s)
{
	struct pending *p;

	while ((p = queue_head(&s->queue)) != NULL && p->kind == PENDING_OWN) {
		if (p->text != NULL)
			session_send(s, CLIENT, p->text, strlen(p->text));
		queue_pop(&s->queue);
	}
}

void
session_answer(struct session *s, const char *text)
{
	struct pending *p = queue_push(&s->queue, PENDING_OWN);

	if (p != NULL)
		p->text = strdup(text);
	session_flush_own(s);
}

const char *
session_output(const struct session *s, enum side side, size_t *len)
{
	*len = s->out[side].len;
	return bytes_data(&s->out[side]);
}

void
session_sent(struct session *s, enum side side, size_t len)
{
	bytes_take(&s->out[side], len);
	session_step(s);
}

/* ---- the client's lines ---- */

static void
client_secure(struct session *s, const struct ftp_command *c, const char *line, size_t len)
{
	bool auth = c->verb == FTP_AUTH;

	if (!s->config.tls_pass || c->verb == FTP_FXP_SECURE) {
		session_answer(s, "502 Not available here: ssh protects this connection.");
		return;
	}
	if (auth && s->in[CLIENT].len > 0) { /* CVE-2021-22947: injected before TLS begins */
		session_fail(s, "data behind AUTH");
		return;
	}
	queue_push(&s->queue, auth ? PENDING_AUTH : PENDING_PLAIN);
	session_send(s, SERVER, line, len);
}

static void
client_epsv(struct session *s, const struct ftp_command *c, const char *line, size_t len)
{
	if (c->arg_len != 3 || strncasecmp(c->arg, "ALL", 3) != 0)
		setup_command(s, c);
	else if (s->config.mode == MODE_ACTIVE)
		session_answer(s, "502 EPSV ALL is not possible here: the server side uses active mode.");
	else {
		queue_push(&s->queue, PENDING_EPSV_ALL);
		session_send(s, SERVER, line, len);
	}
}

static enum pending_kind
plain_kind(const struct ftp_command *c)
{
	switch (c->verb) {
	case FTP_FEAT:
		return PENDING_FEAT;
	case FTP_ABOR:
		return PENDING_ABOR;
	case FTP_MODE:
		return c->arg_len == 1 && (*c->arg | 32) == 'b' ? PENDING_MODE_B : PENDING_PLAIN;
	default:
		return PENDING_PLAIN;
	}
}

static bool
upload_unanswered(struct session *s)
{
	for (size_t i = 0; i < s->queue.count; i++) {
		const struct pending *p = queue_at(&s->queue, i);
		const struct channel *ch = channel_by_id(s, p->channel);

		if (p->kind == PENDING_TRANSFER && ch != NULL && ch->dir == DIR_UP)
			return true;
	}
	return false;
}

/* ProFTPD drops what it has of an upload when QUIT comes before the end of the data, which
 * here takes longer than the control connection. */
static void
quit_release(struct session *s)
{
	if (!s->quit_held || upload_unanswered(s))
		return;
	s->quit_held = false;
	queue_push(&s->queue, PENDING_PLAIN);
	session_send(s, SERVER, "QUIT", 4);
}

static void
client_plain(struct session *s, const struct ftp_command *c, const char *line, size_t len)
{
	if (c->verb == FTP_QUIT) {
		s->quit = true;
		s->quit_held = upload_unanswered(s);
		if (s->quit_held)
			return;
	}
	if (c->verb == FTP_USER)
		snprintf(s->user, sizeof(s->user), "%.*s",
		    (int)(c->arg_len < sizeof(s->user) ? c->arg_len : sizeof(s->user) - 1), c->arg);
	else if (c->verb == FTP_REIN)
		s->epsv_all = false;
	else if (c->verb == FTP_MODE)
		s->mode_b = false; /* until the server says otherwise */
	queue_push(&s->queue, plain_kind(c));
	session_send(s, SERVER, line, len);
}

static void
client_command(struct session *s, const char *line, size_t len)
{
	struct ftp_command c;

	if (len == 0)
		return; /* servers differ in whether they answer one */
	if (s->first_command && ftp_is_http(line, len)) {
		session_fail(s, "this is FTP, not HTTP");
		return;
	}
	s->first_command = false;
	if (ftp_command_parse(&c, line, len) == -1) {
		session_answer(s, "500 Syntax error, command unrecognized.");
		return;
	}
	switch (c.verb) {
	case FTP_PASV: case FTP_LPSV: case FTP_PORT: case FTP_EPRT: case FTP_LPRT:
		setup_command(s, &c);
		break;
	case FTP_EPSV:
		client_epsv(s, &c, line, len);
		break;
	case FTP_RETR: case FTP_LIST: case FTP_STOR:
		transfer_command(s, &c, line, len);
		break;
	case FTP_SECURE: case FTP_AUTH: case FTP_FXP_SECURE:
		client_secure(s, &c, line, len);
		break;
	default:
		client_plain(s, &c, line, len);
	}
}

/* ---- the server's lines ---- */

static void
reply_pass(struct session *s)
{
	if (s->reply.len > 0) {
		session_trace(s, SERVER, bytes_data(&s->reply), s->reply.len);
		session_write(s, CLIENT, bytes_data(&s->reply), s->reply.len);
	}
	bytes_take(&s->reply, s->reply.len);
	s->held = 0;
}

/* The whole reply that was collected goes out, or a line of ours in its place. */
static void
reply_release(struct session *s, const char *instead)
{
	if (instead != NULL) {
		session_send(s, CLIENT, instead, strlen(instead));
		bytes_take(&s->reply, s->reply.len);
	}
	reply_pass(s);
	queue_pop(&s->queue);
	session_flush_own(s);
}

static void
reply_setup(struct session *s, int code)
{
	size_t skip = s->reply.len < 4 ? s->reply.len : 4;

	bytes_add(&s->reply, "", 1); /* for the text functions of C */
	setup_reply(s, code, bytes_data(&s->reply) + skip, s->reply.len - 1 - skip);
	bytes_take(&s->reply, s->reply.len);
	session_flush_own(s);
}

static void
reply_begin(struct session *s, struct channel *ch)
{
	if (ch != NULL && transfer_begin_waits(s, ch))
		return;
	reply_pass(s);
	if (ch != NULL)
		transfer_started(s, ch);
}

static void
reply_transfer(struct session *s)
{
	struct pending *p = queue_head(&s->queue);
	struct channel *ch = channel_by_id(s, p->channel);
	int code = s->held;

	if (code < 200) {
		reply_begin(s, ch);
		return;
	}
	if (ch != NULL && !transfer_settled(s, ch, &code))
		return;
	if (s->held < 300 && (code != s->held || p->broken))
		reply_release(s, "426 Connection closed; transfer aborted.");
	else
		reply_release(s, NULL);
}

/* What a reply means for the session, beyond its text. */
static void
reply_noted(struct session *s, enum pending_kind kind, int code)
{
	bool yes = code >= 200 && code < 300;

	if (code == 221 || code == 421)
		s->farewell = true;
	if (kind == PENDING_GREETING)
		s->greeted = true;
	else if (kind == PENDING_EPSV_ALL && yes)
		s->epsv_all = true;
	else if (kind == PENDING_MODE_B && yes)
		s->mode_b = true;
	else if (kind == PENDING_AUTH && code == 234) {
		if (s->in[CLIENT].len > 0 || s->in[SERVER].len > 0)
			session_fail(s, "data around the start of TLS");
		else
			s->opaque = true;
	}
}

/* A server may answer ABOR together with the transfer that it broke off: when what comes
 * cannot be its reply, it had none of its own. */
static void
queue_skip_abor(struct session *s, int code)
{
	struct pending *p = queue_head(&s->queue);

	if (p == NULL || p->kind != PENDING_ABOR || s->queue.count == 1)
		return;
	if (code == 225 || code == 226 || code == 426 || code == 421 || code >= 500)
		return;
	queue_pop(&s->queue);
	session_flush_own(s);
}

static bool
code_is_passive(int code)
{
	return code >= 227 && code <= 229;
}

/* The first line of a reply decides what is done with all of it: collect it (setups are
 * answered anew, final replies of transfers wait for the data), or pass line by line. */
static bool
reply_wants_collecting(struct session *s, int code)
{
	const struct pending *p = queue_head(&s->queue);

	if (code_is_passive(code))
		return true;
	if (p == NULL)
		return false;
	return p->kind == PENDING_SETUP ||
	    (p->kind == PENDING_TRANSFER && (code >= 200 || transfer_lacks_client(s, p->channel)));
}

/* Clients differ in where they see the end of a reply (some take any "ddd " for one, or any
 * three digits), so within one and between two nothing may look like another (VU#328867).
 * Blanks in front do that, and RFC 959 4.2 wants them. Returns how many. */
static size_t
reply_pad(const struct session *s, enum ftp_reply_line kind, const char *line, size_t len)
{
	if (kind == REPLY_FINAL || kind == REPLY_FIRST || len < 3)
		return 0;
	for (int i = 0; i < 3; i++)
		if (line[i] < '0' || line[i] > '9')
			return 0;
	return !(len > 3 && line[3] == '-' && atoi(line) == s->reply_open);
}

/* The text may be cut, but not its end. */
static void
reply_collect(struct session *s, enum ftp_reply_line kind, const char *line, size_t len)
{
	if (kind != REPLY_FINAL && s->reply.len + len + 3 > REPLY_TEXT_MAX)
		return;
	bytes_add(&s->reply, " ", reply_pad(s, kind, line, len));
	bytes_add(&s->reply, line, len);
	bytes_add(&s->reply, "\r\n", 2);
}

/* Which command the reply in hand answers: none that was sent after it began. */
static struct pending *
reply_pending(struct session *s)
{
	return s->reply_unasked ? NULL : queue_head(&s->queue);
}

static void
reply_collected(struct session *s, int code)
{
	static const char instead[] = "500 Unexpected reply from the FTP server.";
	struct pending *p = reply_pending(s);

	s->reply_collect = false;
	if (code_is_passive(code) && (p == NULL || p->kind != PENDING_SETUP)) {
		/* An address that nobody asked for: a client that believed it would leave
		 * the tunnel. */
		bytes_take(&s->reply, s->reply.len);
		if (p == NULL)
			return;
		reply_collect(s, REPLY_FINAL, instead, sizeof(instead) - 1);
		code = 500;
	}
	reply_noted(s, p->kind, code);
	if (p->kind == PENDING_SETUP)
		reply_setup(s, code);
	else if (p->kind == PENDING_TRANSFER) {
		s->held = code;
		reply_transfer(s);
	} else
		reply_release(s, NULL);
}

static void
reply_first(struct session *s, int code)
{
	queue_skip_abor(s, code);
	s->reply_collect = reply_wants_collecting(s, code);
	s->reply_unasked = queue_head(&s->queue) == NULL;
	if (s->reply_unasked && ++s->unsolicited > UNSOLICITED_MAX)
		session_fail(s, "the FTP server floods replies that nobody asked for");
}

static void
reply_final(struct session *s, int code)
{
	struct pending *p = reply_pending(s);
	struct channel *ch;

	if (p == NULL) {
		reply_noted(s, PENDING_PLAIN, code);
		return;
	}
	if (code >= 200) {
		enum pending_kind kind = p->kind;

		s->unsolicited = 0;
		queue_pop(&s->queue);
		reply_noted(s, kind, code);
		session_flush_own(s);
	} else if (p->kind == PENDING_TRANSFER && (ch = channel_by_id(s, p->channel)) != NULL)
		transfer_started(s, ch);
}

/* Some clients (Python's is one) end a line at a bare CR: no reply may begin behind it. */
static void
reply_join(char *line, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if (line[i] == '\r' && line[i + 1] >= '0' && line[i + 1] <= '9')
			line[i] = ' ';
}

/* "530 Non-anonymous sessions must use encryption.", "550 SSL/TLS required on the control
 * channel", "534 Policy requires SSL.", "421 Sorry, cleartext sessions are not accepted". */
static void
login_reply(struct session *s, int code, const char *line, size_t len)
{
	static const char *const words[] = { "TLS", "SSL", "encrypt", "cleartext", "Use AUTH" };
	char text[256];

	s->logged_in = s->logged_in || code == 230 || code == 232;
	if (s->logged_in || code < 400 || s->config.tls_pass)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)(len < sizeof(text) ? len : sizeof(text) - 1),
	    line);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(text, words[i]) != NULL)
			s->wants_tls = true;
}

static void
server_line(struct session *s, char *line, size_t len)
{
	struct pending *p;
	bool first = s->reply_open == 0;
	enum ftp_reply_line kind;
	int code = 0;

	reply_join(line, len);
	kind = ftp_reply_parse(line, len, &s->reply_open, &code);
	if (first && (kind == REPLY_FINAL || kind == REPLY_FIRST)) {
		reply_first(s, code);
		login_reply(s, code, line, len);
	}
	if (s->hung_up[CLIENT])
		return;
	p = reply_pending(s);
	if (s->reply_collect) {
		reply_collect(s, kind, line, len);
		if (kind == REPLY_FINAL)
			reply_collected(s, code);
		return;
	}
	if (kind == REPLY_INNER && p != NULL && p->kind == PENDING_FEAT && !s->config.tls_pass &&
	    ftp_feature_hidden(line, len))
		return;
	session_write(s, CLIENT, " ", reply_pad(s, kind, line, len));
	session_send(s, CLIENT, line, len);
	if (kind == REPLY_FINAL)
		reply_final(s, code);
}

/* ---- running ---- */

static bool
client_waits(struct session *s)
{
	return !s->greeted || s->quit_held || s->queue.count >= QUEUE_MAX - 1 ||
	    s->out[SERVER].len > OUT_MAX || s->out[CLIENT].len > OUT_MAX || s->hung_up[SERVER] || setup_holds_client(s) ||
	    (queue_tail(&s->queue) != NULL && queue_tail(&s->queue)->kind == PENDING_AUTH);
}

static bool
server_waits(struct session *s)
{
	return s->held != 0 || s->out[CLIENT].len > OUT_MAX || s->hung_up[CLIENT] ||
	    setup_holds_server(s);
}

/* Handle one line of that side's input; false when there is no whole one. */
static bool
session_take_line(struct session *s, enum side side)
{
	struct line_reader *r = &s->line[side];
	enum line_status status;

	if (s->in[side].len == 0)
		return false;
	bytes_take(&s->in[side], line_feed(r, bytes_data(&s->in[side]), s->in[side].len, &status));
	if (status == LINE_MORE)
		return false;
	if (side == SERVER && status == LINE_LONG)
		session_fail(s, "the FTP server sent a line of over 64 KiB");
	else if (side == SERVER)
		server_line(s, r->text ? r->text : (char[1]){ "" }, r->len);
	else if (status == LINE_LONG)
		session_answer(s, "500 Command line too long.");
	else if (status == LINE_BAD)
		session_answer(s, "500 Illegal character in command.");
	else
		client_command(s, r->text ? r->text : "", r->len);
	return true;
}

static void
session_pass_opaque(struct session *s)
{
	for (int side = CLIENT; side <= SERVER; side++) {
		session_write(s, OTHER(side), bytes_data(&s->in[side]), s->in[side].len);
		bytes_take(&s->in[side], s->in[side].len);
	}
}

/* A server that sees the client's end before it has greeted, or answered QUIT, may leave that
 * out. */
static bool
words_due(const struct session *s)
{
	return !s->greeted || (s->quit && !s->farewell && !s->opaque && s->queue.count > 0);
}

/* A control connection that has ended, once all that came before was dealt with. */
static void
session_step_ended(struct session *s)
{
	char text[192];

	if (s->ended[SERVER] && !s->hung_up[CLIENT] && !server_waits(s)) {
		transfer_control_ended(s, SERVER);
		if (!s->farewell && !s->opaque) {
			snprintf(text, sizeof(text), s->greeted ?
			    "421 The FTP server at %.100s has closed the connection." :
			    "421 No FTP server answers at %.100s.", s->config.server_name);
			session_send(s, CLIENT, text, strlen(text));
		}
		session_hangup(s, CLIENT);
		session_hangup(s, SERVER);
	}
	/* The replies to what was pipelined before still come; then the server closes, too. */
	if (s->ended[CLIENT] && !s->half_closed && !s->hung_up[SERVER] && !session_busy(s) &&
	    !s->quit_held && !words_due(s) &&
	    s->in[CLIENT].len == 0 && s->out[SERVER].len == 0) {
		struct action a = { ACT_EOF, 0, SERVER, 0, 0, { 0 } };

		s->half_closed = true;
		transfer_control_ended(s, CLIENT);
		session_act(s, &a);
	}
}

void
session_step(struct session *s)
{
	bool more = true;

	while (more && !s->opaque) {
		session_flush_own(s);
		more = false;
		if (s->held != 0)
			reply_transfer(s);
		if (!server_waits(s))
			more |= session_take_line(s, SERVER);
		quit_release(s);
		if (!client_waits(s))
			more |= session_take_line(s, CLIENT);
	}
	if (s->opaque)
		session_pass_opaque(s);
	session_step_ended(s);
}

size_t
session_room(const struct session *s, enum side side)
{
	if (s->ended[side] || s->hung_up[side] || s->hung_up[OTHER(side)])
		return 0;
	if (s->opaque && s->out[OTHER(side)].len > OUT_MAX)
		return 0;
	return s->in[side].len < IN_MAX ? IN_MAX - s->in[side].len : 0;
}

void
session_push(struct session *s, enum side side, const void *data, size_t len)
{
	if (s->hung_up[side] || bytes_add(&s->in[side], data, len) == -1)
		return;
	session_step(s);
}

void
session_eof(struct session *s, enum side side)
{
	if (s->ended[side])
		return;
	s->ended[side] = true;
	if (side == CLIENT)
		transfer_control_ended(s, CLIENT);
	session_step(s);
}

void
session_fail(struct session *s, const char *why)
{
	char text[192];

	transfer_fail_all(s); /* some may outlive the control connections */
	if (s->hung_up[CLIENT] && s->hung_up[SERVER])
		return;
	snprintf(text, sizeof(text), "421 Closing the connection: %.150s.", why);
	if (!s->opaque)
		session_send(s, CLIENT, text, strlen(text));
	bytes_take(&s->out[SERVER], s->out[SERVER].len);
	session_hangup(s, SERVER);
	session_hangup(s, CLIENT);
}

void
session_event(struct session *s, const struct event *e)
{
	struct channel *ch = channel_by_id(s, e->channel);

	if (ch == NULL)
		return; /* an answer that crossed the channel's end */
	if (!setup_event(s, ch, e))
		transfer_event(s, ch, e);
	session_step(s);
}

/* ---- what others may know ---- */

static bool
channels_open(const struct session *s)
{
	for (int i = 0; i < SESSION_CHANNELS; i++)
		if (s->channel[i].id != 0)
			return true;
	return false;
}

bool
session_over(const struct session *s)
{
	return s->hung_up[CLIENT] && s->hung_up[SERVER] && !channels_open(s);
}

bool
session_busy(const struct session *s)
{
	for (int i = 0; i < SESSION_CHANNELS; i++)
		if (s->channel[i].id != 0 && s->channel[i].transferring)
			return true;
	return false;
}

const char *
session_user(const struct session *s)
{
	return s->user;
}

const char *
session_transfer(const struct session *s, unsigned id)
{
	const struct channel *ch = channel_by_id((struct session *)s, id);

	return ch ? ch->transfer : "";
}

const char *
session_direction(const struct session *s, unsigned id)
{
	static const char *const names[] = { "", "down", "up" };
	const struct channel *ch = channel_by_id((struct session *)s, id);

	return ch ? names[ch->dir] : "";
}

void
session_verbs(const struct session *s, unsigned id, const char **client, const char **server)
{
	const struct channel *ch = channel_by_id((struct session *)s, id);

	*client = ch ? setup_verb_name(ch, CLIENT) : "";
	*server = ch ? setup_verb_name(ch, SERVER) : "";
}

bool
session_opaque(const struct session *s)
{
	return s->opaque;
}

bool
session_greeted(const struct session *s)
{
	return s->greeted;
}

bool
session_wants_tls(const struct session *s)
{
	return s->wants_tls;
}

bool
session_wants(const struct session *s, unsigned id)
{
	const struct channel *ch = channel_by_id((struct session *)s, id);

	return ch != NULL && !ch->closing;
}

int
session_final(const struct session *s, unsigned id)
{
	const struct channel *ch = channel_by_id((struct session *)s, id);

	return ch ? ch->final : 0;
}
