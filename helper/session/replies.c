/* The server's lines: which reply is passed on, held back, or taken as an answer to us. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "session/session_private.h"

#define UNSOLICITED_MAX 1000

/* ---- what goes out, and in what order ---- */

static void
own_send(struct session *s, struct pending *p)
{
	if (p->kind != PENDING_OWN || p->text == NULL)
		return;
	output_text(&s->out, CLIENT, p->text);
	queue_answer(p, NULL);
}

/* What is answered in the middle of a transfer goes out at once, and our replies to what was said
 * before it. */
static void
own_send_before(struct session *s, const struct pending *p)
{
	for (size_t i = 0; i < s->queue.count && queue_at(&s->queue, i) != p; i++)
		own_send(s, queue_at(&s->queue, i));
}

static void
own_send_aside(struct session *s)
{
	const struct pending *head = queue_head(&s->queue);
	bool late = head->aside || head->kind == PENDING_ABOR; /* its reply may never come */

	for (size_t i = 1; i < s->queue.count; i++) {
		struct pending *p = queue_at(&s->queue, i);

		if (p->kind == PENDING_OWN && p->aside)
			own_send_before(s, p);
		if (p->kind == PENDING_OWN && (p->aside || late))
			own_send(s, p);
		else if (p->kind != PENDING_OWN)
			late = false;
	}
}

/* Our replies whose turn has come. */
static void
own_flush(struct session *s)
{
	struct pending *p;

	while ((p = queue_head(&s->queue)) != NULL && p->kind == PENDING_OWN) {
		own_send(s, p);
		queue_pop(&s->queue);
	}
	if (p == NULL || (p->kind != PENDING_TRANSFER && p->kind != PENDING_ABOR))
		return;
	if (p->swallow && p->instead != NULL) {
		output_text(&s->out, CLIENT, p->instead);
		free(p->instead);
		p->instead = NULL;
	}
	own_send_aside(s);
}

/* The collected reply goes out, or a line of ours in its place. */
static void
reply_out(struct session *s, const char *instead)
{
	if (instead != NULL)
		output_text(&s->out, CLIENT, instead);
	else if (s->reply.len > 0) {
		if (s->out.trace != NULL)
			s->out.trace(s->out.arg, SERVER, bytes_data(&s->reply), s->reply.len);
		output_write(&s->out, CLIENT, bytes_data(&s->reply), s->reply.len);
	}
	bytes_take(&s->reply, s->reply.len);
}

static void
reply_drop(struct session *s)
{
	bytes_take(&s->reply, s->reply.len);
}

/* ---- what a reply means for the session, beyond its text ---- */

static void
reply_noted(struct session *s, const struct pending *p, int code)
{
	bool yes = code >= 200 && code < 300;

	if (p->kind == PENDING_GREETING)
		s->greeted = true;
	else if (p->kind == PENDING_TYPE && yes)
		s->image = p->number != 0;
	else if (p->kind == PENDING_EPSV_ALL && yes)
		s->epsv_all = true;
	else if (p->kind == PENDING_MODE_B && yes)
		s->mode_b = true;
	else if (p->kind == PENDING_AUTH && code == 234) {
		if (s->in[CLIENT].len > 0 || s->in[SERVER].len > 0)
			session_wrong(s, "data around the start of TLS");
		else
			s->opaque = true;
	}
}

static void
reply_answers(struct session *s, struct pending *p, int code)
{
	s->unsolicited = 0;
	reply_noted(s, p, code);
	queue_answer(p, NULL);
}

/* The server has left it out, as a later reply shows. */
static void
pending_left_out(struct session *s, struct pending *p)
{
	char *text = NULL;

	if (pending_is_setup(p)) {
		setup_left_out(s, p);
		return;
	}
	if (p->kind == PENDING_TRANSFER) {
		transfer_over(s, p);
		text = p->swallow ? p->instead : NULL;
		p->instead = p->swallow ? NULL : p->instead;
	}
	queue_answer(p, text);
}

static struct pending *
first_sent(const struct session *s)
{
	for (size_t i = 0; i < s->queue.count; i++)
		if (queue_at(&s->queue, i)->sent)
			return queue_at(&s->queue, i);
	return NULL;
}

/* 421: the answer to all that is unanswered. */
static void
reply_to_all(struct session *s, int code)
{
	for (size_t i = 0; i < s->queue.count; i++) {
		struct pending *p = queue_at(&s->queue, i);

		if (!p->sent)
			continue;
		if (p->kind == PENDING_TRANSFER) {
			transfer_answered(s, p, code, false);
			transfer_may_pass(s, p, code);
			transfer_over(s, p);
		} else if (pending_is_setup(p) && channel_by_id(s, p->channel) != NULL)
			channel_close(s, channel_by_id(s, p->channel));
		reply_answers(s, p, code);
	}
}

/* ---- whose it is ---- */

static void
reply_follow(struct session *s, struct attribution a)
{
	struct pending *running = first_sent(s);

	for (size_t i = 0; i < a.never; i++)
		if (queue_at(&s->queue, i)->sent)
			pending_left_out(s, queue_at(&s->queue, i));
	s->reply_whose = a.whose;
	s->reply_doubtful = a.doubtful;
	s->reply_to = a.whose == WHOSE_ENTRY ? queue_at(&s->queue, a.entry) : NULL;
	/* In the place of a forged one the client is told so, if it may wait for one. */
	if (a.whose == WHOSE_FORGED && running != NULL &&
	    !(running->kind == PENDING_TRANSFER && running->started))
		s->reply_to = running;
	/* Where the one before may have been this one's, this one may be the next one's. */
	a.doubtful |= s->reply_to != NULL && s->reply_to->doubtful && a.never == 0 &&
	    !ftp_code_is_passive(s->reply_code);
	for (size_t i = a.entry + 1; a.doubtful && i < s->queue.count; i++)
		if (queue_at(&s->queue, i)->sent) {
			queue_at(&s->queue, i)->doubtful = true;
			setup_in_doubt(s, queue_at(&s->queue, i));
			break;
		}
}

/* The first line of a reply decides what is done with all of it: collect it (setups are
 * answered anew, final replies of transfers wait for the data), or pass line by line. */
static bool
reply_wants_collecting(const struct session *s, int code)
{
	const struct pending *p = s->reply_to, *first = first_sent(s);

	switch (s->reply_whose) {
	case WHOSE_UNKNOWN:
	case WHOSE_FORGED:
		return true;
	case WHOSE_NOBODY:
		return first != NULL && pending_is_setup(first) && !first->ready;
	case WHOSE_ALL:
		return false;
	case WHOSE_ENTRY:
		break;
	}
	return pending_is_setup(p) || (p->kind == PENDING_TRANSFER && (code >= 200 || p->swallow));
}

/* Is what ends a transfer there already, behind the reply that is held? */
static bool
end_follows(const struct session *s)
{
	const char *p = bytes_data(&s->in[SERVER]), *end = p + s->in[SERVER].len;

	while (end - p >= 4) {
		if (memcmp(p, "226", 3) == 0 || memcmp(p, "225", 3) == 0 || memcmp(p, "426", 3) == 0)
			return true;
		if ((p = memchr(p, '\n', (size_t)(end - p))) == NULL)
			break;
		p++;
	}
	return false;
}

static struct transfer_seen
reply_seen(const struct session *s, bool arrives)
{
	struct transfer_seen seen = transfer_seen(s, arrives);

	seen.follows = end_follows(s);
	return seen;
}

static void
reply_first(struct session *s, int code)
{
	struct transfer_seen seen = reply_seen(s, true);

	seen.waited |= s->ended[CLIENT];
	s->reply_code = code;
	reply_follow(s, attribute(&s->queue, code, seen));
	s->reply_collect = reply_wants_collecting(s, code);
	if ((s->reply_whose == WHOSE_NOBODY || s->reply_whose == WHOSE_FORGED) &&
	    ++s->unsolicited > UNSOLICITED_MAX)
		session_wrong(s, "the FTP server floods replies that nobody asked for");
}

/* ---- a whole reply that was collected ---- */

static void
reply_release(struct session *s, struct pending *p, int code)
{
	own_send_before(s, p);
	if (p->swallow) {
		reply_drop(s);
		if (p->instead != NULL)
			output_text(&s->out, CLIENT, p->instead);
	} else
		reply_out(s, code < 300 ? p->instead : NULL);
	s->unsolicited = 0;
	transfer_over(s, p);
	queue_answer(p, NULL);
}

static void
reply_deliver(struct session *s, struct pending *p, int code)
{
	if (p->kind == PENDING_TRANSFER && code < 200)
		reply_drop(s); /* too late */
	else if (p->kind == PENDING_TRANSFER) {
		transfer_answered(s, p, code, s->reply_doubtful);
		s->held = code;
		s->holding = HOLD_DATA;
	} else if (pending_is_setup(p) && setup_reply(s, p, code)) {
		s->unsolicited = 0;
		reply_drop(s);
	} else {
		own_send_before(s, p);
		reply_out(s, NULL);
		reply_answers(s, p, code);
	}
}

/* Nobody has asked for it; a setup may take it for its answer, and so may the client. */
static void
reply_stray(struct session *s)
{
	struct pending *first = first_sent(s);

	if (first != NULL && pending_is_setup(first) && !first->ready && setup_stray(s, first))
		reply_drop(s);
	else
		reply_out(s, NULL);
}

static void
reply_complete(struct session *s, int code)
{
	static const char instead[] = "500 Unexpected reply from the FTP server.\r\n";
	struct pending *p = s->reply_to;

	s->reply_collect = false;
	if (s->reply_whose == WHOSE_FORGED) {
		/* An address that nobody asked for: a client that believed it would leave
		 * the tunnel. */
		reply_drop(s);
		if (p == NULL)
			return;
		bytes_add(&s->reply, instead, sizeof(instead) - 1);
		code = 500;
	}
	if (s->reply_whose == WHOSE_UNKNOWN) {
		s->held = code;
		s->holding = HOLD_WHOSE;
		session_arm(s, SESSION_WHOSE);
	} else if (p == NULL)
		reply_stray(s);
	else
		reply_deliver(s, p, code);
}

/* The reply that is held: is it known whose it is? */
static void
reply_whose_now(struct session *s)
{
	struct transfer_seen seen = reply_seen(s, false);
	struct attribution a;

	seen.waited |= s->timer != SESSION_WHOSE;
	a = attribute(&s->queue, s->held, seen);
	if (a.whose == WHOSE_UNKNOWN)
		return;
	if (s->timer == SESSION_WHOSE)
		session_arm(s, SESSION_IDLE);
	s->holding = HOLD_NONE;
	reply_follow(s, a);
	if (s->reply_to != NULL)
		reply_deliver(s, s->reply_to, s->held);
	else
		reply_stray(s);
}

void
reply_step(struct session *s)
{
	if (s->holding == HOLD_WHOSE)
		reply_whose_now(s);
	if (s->holding == HOLD_DATA && transfer_may_pass(s, s->reply_to, s->held)) {
		s->holding = HOLD_NONE;
		reply_release(s, s->reply_to, s->held);
	}
	own_flush(s);
}

/* ---- lines ---- */

/* Does some client see a code here? Some drop NULs and Telnet sequences first, of any length. */
static bool
looks_like_code(const char *text, size_t len)
{
	int digits = 0;

	for (size_t i = 0; i < len && digits < 3; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == 0xff) /* IAC */
			return true;
		if (c >= '0' && c <= '9')
			digits++;
		else if (c != '\0')
			return false;
	}
	return digits == 3;
}

/* Clients differ in where they see the end of a reply (some take any "ddd " for one, or any
 * three digits), so within one and between two nothing may look like another (VU#328867).
 * Blanks in front do that, and RFC 959 4.2 wants them. Returns how many. */
static size_t
reply_pad(const struct session *s, enum ftp_reply_line kind, const char *line, size_t len)
{
	if (kind == REPLY_FINAL || kind == REPLY_FIRST || !looks_like_code(line, len))
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

/* A reply that is passed on line by line. */
static void
reply_line(struct session *s, enum ftp_reply_line kind, const char *line, size_t len)
{
	const struct pending *p = s->reply_open == 0 && kind == REPLY_JUNK ? NULL : s->reply_to;
	bool feat = (p != NULL && p->kind == PENDING_FEAT) ||
	    (s->reply_code == 211 && queue_find(&s->queue, PENDING_FEAT) != NULL);

	if (feat && !s->config.tls_pass && ftp_feature_hidden(line, len)) {
		if (kind == REPLY_INNER)
			return;
		len = 4; /* the code is still needed */
	}
	if (p != NULL)
		own_send_before(s, p);
	output_write(&s->out, CLIENT, " ", reply_pad(s, kind, line, len));
	output_line(&s->out, CLIENT, line, len);
}

static void
reply_passed(struct session *s, int code, const char *line, size_t len)
{
	struct pending *p = s->reply_to;

	if (s->reply_whose == WHOSE_ALL)
		reply_to_all(s, code);
	else if (p != NULL && code >= 200)
		reply_answers(s, p, code);
	else if (p != NULL && p->kind == PENDING_TRANSFER)
		transfer_begun(s, p, line, len);
}

/* Some clients (Python's is one) end a line at a bare CR: no reply may begin behind it. */
static void
reply_join(char *line, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if (line[i] == '\r' && ((line[i + 1] >= '0' && line[i + 1] <= '9') ||
		    looks_like_code(line + i + 1, len - i - 1)))
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

/* A service that greets with something else than a reply: the client sees that, as direct, and is
 * told what it means. */
static void
greets_strangely(struct session *s, const char *line, size_t len)
{
	char text[81], why[160];
	size_t n = 0;

	output_write(&s->out, CLIENT, " ", reply_pad(s, REPLY_JUNK, line, len));
	output_line(&s->out, CLIENT, line, len);
	if (s->timer == SESSION_STRANGE)
		return;

	for (size_t i = 0; i < len && n < sizeof(text) - 1; i++)
		text[n++] = isprint((unsigned char)line[i]) ? line[i] : '?';
	text[n] = '\0';
	snprintf(why, sizeof(why), "421 No FTP server is there, but one that says \"%s\"%s.", text,
	    strncmp(text, "SSH-", 4) == 0 ? ": this is an ssh server" : "");
	output_text(&s->out, CLIENT, why);
	session_arm(s, SESSION_STRANGE);
}

void
server_line(struct session *s, char *line, size_t len)
{
	bool first = s->reply_open == 0;
	enum ftp_reply_line kind;
	int code = 0;

	reply_join(line, len);
	kind = ftp_reply_parse(line, len, &s->reply_open, &code);
	if (kind == REPLY_JUNK && len > 0 && !s->greeted) {
		greets_strangely(s, line, len);
		return;
	}
	if (first && kind != REPLY_JUNK) {
		reply_first(s, code);
		login_reply(s, code, line, len);
	}
	if (s->wrong[0] != '\0')
		return;
	if (s->reply_collect && kind != REPLY_JUNK) {
		reply_collect(s, kind, line, len);
		if (kind == REPLY_FINAL)
			reply_complete(s, code);
		return;
	}
	reply_line(s, kind, line, len);
	if (kind == REPLY_FINAL)
		reply_passed(s, code, line, len);
}
