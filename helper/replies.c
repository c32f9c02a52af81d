/* The server's lines: which reply is passed on, held back, or taken as an answer to us. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session_private.h"

#define UNSOLICITED_MAX 1000

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

	if (bytes_add(&s->reply, "", 1) == -1) { /* for the text functions of C */
		session_fail(s, "out of memory");
		return;
	}
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

void
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

static bool
code_is_abort(int code)
{
	return code == 225 || code == 226 || code == 426;
}

/* PWD's 257; RTEMS says 250. */
static bool
code_is_directory(int code)
{
	return code == 257 || code == 250;
}

/* The probe's 257 while ABOR is still unanswered: it had no reply of its own. And a probe
 * whose reply cannot be what came has got lost: servers drop what arrives with ABOR. */
static void
queue_skip_abor(struct session *s, int code)
{
	struct pending *p = queue_head(&s->queue);

	if (p != NULL && p->kind == PENDING_ABOR && s->queue.count > 1 &&
	    (code_is_directory(code) || code < 200 || code / 100 == 3)) {
		queue_pop(&s->queue);
		p = queue_head(&s->queue);
	}
	if (p != NULL && p->kind == PENDING_PROBE && !code_is_directory(code) && code != 200 &&
	    code < 500 && !code_is_abort(code))
		queue_pop(&s->queue);
	session_flush_own(s);
}

/* The probe has its reply, which nobody but us has asked for. */
static void
reply_probe(struct session *s)
{
	bytes_take(&s->reply, s->reply.len);
	queue_pop(&s->queue);
	session_flush_own(s);
}

/* Many servers answer STAT (RFC 959, 4.1.3) and NOOP at once in the middle of a transfer. That
 * is not the transfer's end, and must not be taken for its success. */
static bool
reply_is_aside(struct session *s, int code)
{
	const struct pending *head = queue_head(&s->queue);

	if (head == NULL || head->kind != PENDING_TRANSFER ||
	    (code != 200 && (code < 211 || code > 213)))
		return false;
	for (size_t i = 1; i < s->queue.count; i++) {
		struct pending *p = queue_at(&s->queue, i);

		if (p->kind == PENDING_ASIDE) {
			p->kind = PENDING_OWN; /* with nothing left to say */
			return true;
		}
	}
	return false;
}

/* Nothing is pending, or only what was not sent yet; or some third reply about an ABOR stands
 * before the probe's. */
static bool
reply_is_unasked(struct session *s, int code)
{
	const struct pending *p = queue_head(&s->queue);

	return p == NULL || (p->kind == PENDING_SETUP && !p->sent) ||
	    (p->kind == PENDING_PROBE && code_is_abort(code));
}

/* Which command the reply in hand answers: none that was sent after it began. */
static struct pending *
reply_pending(struct session *s)
{
	return s->reply_unasked || s->reply_aside ? NULL : queue_head(&s->queue);
}

/* The first line of a reply decides what is done with all of it: collect it (setups are
 * answered anew, final replies of transfers wait for the data), or pass line by line. */
static bool
reply_wants_collecting(struct session *s, int code)
{
	const struct pending *p = reply_pending(s);

	if (ftp_code_is_passive(code))
		return true;
	if (p == NULL)
		return false;
	return p->kind == PENDING_SETUP || p->kind == PENDING_PROBE ||
	    (p->kind == PENDING_TRANSFER && (code >= 200 || transfer_lacks_client(s, p->channel)));
}

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

static void
reply_collected(struct session *s, int code)
{
	static const char instead[] = "500 Unexpected reply from the FTP server.";
	struct pending *p = reply_pending(s);

	s->reply_collect = false;
	if (ftp_code_is_passive(code) && (p == NULL || p->kind != PENDING_SETUP)) {
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
	else if (p->kind == PENDING_PROBE)
		reply_probe(s);
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
	s->reply_aside = reply_is_aside(s, code);
	s->reply_unasked = !s->reply_aside && reply_is_unasked(s, code);
	s->reply_collect = reply_wants_collecting(s, code);
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

/* "213 1048576"; nothing where it is not clear which file that is. */
static void
size_reply(struct session *s, const char *line, size_t len)
{
	for (size_t i = 1; i < s->queue.count; i++)
		if (queue_at(&s->queue, i)->kind == PENDING_SIZE)
			return;
	s->size = 0;
	for (size_t i = 4; i < len && line[i] >= '0' && line[i] <= '9'; i++)
		if (s->size < UINT64_MAX / 10 - 1)
			s->size = s->size * 10 + (uint64_t)(line[i] - '0');
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

void
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
	if (p != NULL && p->kind == PENDING_FEAT && !s->config.tls_pass &&
	    ftp_feature_hidden(line, len)) {
		if (kind == REPLY_INNER)
			return;
		len = 4; /* the code is still needed */
	}
	if (kind == REPLY_FINAL && code == 213 && p != NULL && p->kind == PENDING_SIZE)
		size_reply(s, line, len);
	session_write(s, CLIENT, " ", reply_pad(s, kind, line, len));
	session_send(s, CLIENT, line, len);
	if (kind == REPLY_FINAL)
		reply_final(s, code);
}
