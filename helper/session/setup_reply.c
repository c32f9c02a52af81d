#include "session/setup.h"

#include <stdio.h>
#include <string.h>

#include "session/attempts.h"
#include "session/transfer.h"
#include "state/session_channel.h"

/* True: another attempt is made, or our words are the answer. */
static bool
setup_refused(struct session *s, struct channel *ch, struct pending *p, const char *text)
{
	bool ours = ch->refusal[0] != '\0' || !attempt_is_natural(ch, ch->attempt);
	bool alone = p == queue_at(&s->queue, 0) && p == queue_tail(&s->queue);
	bool next = alone && attempt_may_fail(s, ch) && attempt_next(s, ch, s->bad) != TRY_COUNT;

	if (ch->refusal[0] == '\0')
		snprintf(ch->refusal, sizeof(ch->refusal), "%d %.*s", s->reply.code,
		    (int)strcspn(text, "\r\n"), text);
	/* A no in the middle of a transfer may be for the moment only. */
	if (alone && s->reply.code >= 500 && s->reply.code != 530 && attempt_may_fail(s, ch))
		s->bad |= BIT(ch->attempt);
	/* Not logged in is no refusal of the command, and 4xx one of this address or for now; and one who came
	 * to the listener of a command that the server then refused is not to be the end of another's data. */
	if (next && (s->reply.code >= 500 || (BIT(ch->attempt) & TRY_DIALLING)) && s->reply.code != 530 &&
	    !ch->end[SERVER].connected) {
		setup_try(s, ch, p);
		return true;
	}
	s->bad = 0;
	if (ours)
		setup_end(s, ch, p, ch->refusal);
	else if (attempts[ch->attempt].listen || s->current != ch)
		channel_close(s, ch);
	else
		ch->denied = true;
	return ours;
}

/* A port is named after all: the no was for a transfer that is over. */
bool
setup_again(struct session *s)
{
	struct channel *ch = s->current;
	struct pending *p = queue_first_sent(&s->queue);

	if (ch == NULL || !ch->denied)
		return false;
	if (p != NULL && p->kind == PENDING_TRANSFER && p->started) {
		transfer_over(s, p);
		queue_answer(p, NULL);
	}
	if ((p = queue_push_first(&s->queue, PENDING_PASSIVE)) == NULL)
		return false;
	p->sent = true;
	p->channel = ch->id;
	ch->denied = false;
	ch->refusal[0] = '\0';
	return true;
}

static const char no_port[] = "425 Cannot open a data connection: the FTP server's passive "
			      "reply names no usable port.";

/* The reply's words, without its code, as a string. */
static const char *
reply_words(struct session *s, size_t *len)
{
	struct bytes *b = &s->reply.text;
	size_t skip;

	if (bytes_add(b, "", 1) == -1) {
		*len = 0;
		return "";
	}
	b->len--; /* it stands behind what there is */
	skip = b->len < 4 ? b->len : bytes_data(b)[3] == '(' ? 3 : 4;
	*len = b->len - skip;
	return bytes_data(b) + skip;
}

/* "227 Entering Passive Mode (...)": the words are the server's, if there is nothing in them that a
 * client might take for an address, and the answer is to what the client has said. */
static void
setup_note_words(const struct session *s, struct channel *ch, const char *text, size_t len)
{
	static const int codes[] = { [FTP_PASV] = 227, [FTP_EPSV] = 229, [FTP_LPSV] = 228 };
	const char *eol, *bracket;
	size_t n;

	/* The last line, without its code. */
	while ((eol = memchr(text, '\n', len)) != NULL && (n = (size_t)(eol - text) + 1 + 4) < len) {
		text += n;
		len -= n;
	}
	bracket = memchr(text, '(', len);
	n = bracket != NULL ? (size_t)(bracket - text) : 0;
	if (!attempt_is_natural(ch, ch->attempt) || s->reply.code != codes[ch->client_verb] || n == 0 ||
	    n >= sizeof(ch->words))
		return;
	for (size_t i = 0; i < n; i++)
		if (text[i] < ' ' || text[i] > '~' || (text[i] >= '0' && text[i] <= '9'))
			return;
	memcpy(ch->words, text, n);
	ch->words[n] = '\0';
}

static bool
setup_port(struct session *s, struct channel *ch, struct pending *p, const char *text, size_t len)
{
	int parsed = ftp_parse_passive(s->reply.code, text, len, &ch->server_addr);

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
			setup_note_words(s, ch, text, len);
		setup_client_end(s, ch, p);
	}
	return true;
}

bool
setup_reply(struct session *s, struct pending *p)
{
	struct channel *ch = channel_by_id(s, p->channel);
	const char *text;
	size_t len;

	text = reply_words(s, &len);
	if (ch == NULL) {
		setup_end(s, NULL, p, NULL);
		return true;
	}
	channel_arm(s, ch, TIMER_NONE);
	if (s->reply.code >= 300)
		return setup_refused(s, ch, p, text);
	s->good |= BIT(ch->attempt);
	s->astray = 0;
	if (ch->end[SERVER].dials)
		return setup_port(s, ch, p, text, len);
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
	p->doubtful |= s->reply.code / 100 == 2;
	return false;
}

void
setup_in_doubt(struct session *s, struct pending *p)
{
	struct channel *ch = channel_by_id(s, p->channel);

	if (pending_is_setup(p) && ch != NULL && ch->timer == TIMER_NONE && s->reply.code / 100 == 2)
		channel_arm(s, ch, TIMER_PORT);
}
