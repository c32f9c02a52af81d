#include "session/replies.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "ftp/reply.h"
#include "session/ending.h"
#include "session/own_replies.h"
#include "session/setup.h"
#include "session/transfer.h"
#include "state/session_channel.h"

#define UNSOLICITED_MAX 1000
#define REPLY_TEXT_MAX (64 * 1024) /* of a reply that is held back or must be understood */

static void
reply_drop(struct session *s)
{
	bytes_take(&s->reply.text, s->reply.text.len);
}

/* The collected reply goes out, or a line of ours in its place. */
static void
reply_out(struct session *s, const char *instead)
{
	const struct bytes *text = &s->reply.text;

	if (instead != NULL)
		output_text(&s->out, CLIENT, instead);
	else if (text->len > 0) {
		if (s->out.trace != NULL)
			s->out.trace(s->out.arg, SERVER, bytes_data(text), text->len);
		output_write(&s->out, CLIENT, bytes_data(text), text->len);
	}
	reply_drop(s);
}

/* ---- what a reply means for the session, beyond its text ---- */

static void
reply_answers(struct session *s, struct pending *p)
{
	bool yes = s->reply.code / 100 == 2;

	s->unsolicited = 0;
	if (p->kind == PENDING_TRANSFER)
		transfer_over(s, p);
	if (p->kind == PENDING_TYPE && yes)
		s->image = p->number != 0;
	else if (p->kind == PENDING_EPSV_ALL)
		s->epsv_all |= yes;
	else if (p->kind == PENDING_MODE_B)
		s->mode_b |= yes;
	else if (p->kind == PENDING_AUTH && s->reply.code == 234) {
		s->facts.opaque = s->in[CLIENT].len == 0 && s->in[SERVER].len == 0;
		if (!s->facts.opaque)
			session_wrong(s, "data around the start of TLS");
	}
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
	if (p->kind == PENDING_TYPE) /* its reply was taken for another's */
		s->image = p->number != 0;
	if (p->kind == PENDING_TRANSFER) {
		transfer_over(s, p);
		text = p->swallow ? p->instead : NULL;
		p->instead = p->swallow ? NULL : p->instead;
	}
	queue_answer(p, text);
}

static void
reply_to_all_but(struct session *s, const struct pending *goes_on)
{
	for (size_t i = 0; i < s->queue.count; i++) {
		struct pending *p = queue_at(&s->queue, i);

		if (!p->sent || p == goes_on)
			continue;
		if (p->kind == PENDING_TRANSFER) {
			transfer_answered(s, p);
			transfer_may_pass(s, p);
		} else if (pending_is_setup(p) && channel_by_id(s, p->channel) != NULL)
			channel_close(s, channel_by_id(s, p->channel));
		reply_answers(s, p);
	}
}

/* 421: the answer to all that is unanswered; to a transfer that goes on, or that others wait behind, when
 * the server has gone, or says nothing else. */
static void
reply_to_all(struct session *s)
{
	struct transfer_seen seen = transfer_seen(s, true);
	bool others = queue_next_sent(&s->queue, queue_next_sent(&s->queue, 0) + 1) < s->queue.count;

	s->parted = !s->ended[SERVER] && seen.moved && (!seen.ended || others);
	reply_to_all_but(s, s->parted ? queue_first_sent(&s->queue) : NULL);
}

void
reply_parted(struct session *s)
{
	if (!s->parted)
		return;
	s->parted = false;
	s->reply.code = 421;
	reply_to_all_but(s, NULL);
}

/* ---- whose it is ---- */

static void
reply_follow(struct session *s, struct attribution a)
{
	struct pending *running = queue_first_sent(&s->queue);

	for (size_t i = 0; i < a.never; i++)
		if (queue_at(&s->queue, i)->sent)
			pending_left_out(s, queue_at(&s->queue, i));
	s->reply.whose = a.whose;
	s->reply.doubtful = a.doubtful;
	s->reply.to = a.whose == WHOSE_ENTRY ? queue_at(&s->queue, a.entry) : NULL;
	/* In the place of a forged one the client is told so, if it may wait for one. */
	if (a.whose == WHOSE_FORGED && running != NULL &&
	    !(running->kind == PENDING_TRANSFER && running->started))
		s->reply.to = running;
	/* Where the one before may have been this one's, this one may be the next one's. */
	a.doubtful |= s->reply.to != NULL && s->reply.to->doubtful && a.never == 0 &&
	    (s->reply.code < 227 || s->reply.code > 229);
	for (size_t i = a.entry + 1; a.doubtful && i < s->queue.count; i++)
		if (queue_at(&s->queue, i)->sent) {
			queue_at(&s->queue, i)->doubtful = true;
			setup_in_doubt(s, queue_at(&s->queue, i));
			break;
		}
}

/* The setup that may take a reply for its answer which is none; NULL. */
static struct pending *
setup_waits(const struct session *s)
{
	struct pending *first = queue_first_sent(&s->queue);

	return first != NULL && pending_is_setup(first) && !first->ready ? first : NULL;
}

/* The first line of a reply decides what is done with all of it: collect it (setups are
 * answered anew, final replies of transfers wait for the data), or pass line by line. */
static bool
reply_wants_collecting(const struct session *s)
{
	const struct pending *p = s->reply.to;

	if (s->reply.whose == WHOSE_ALL)
		return false;
	if (s->reply.whose == WHOSE_NOBODY)
		return setup_waits(s) != NULL;
	return s->reply.whose != WHOSE_ENTRY || pending_is_setup(p) ||
	    (p->kind == PENDING_TRANSFER && (s->reply.code >= 200 || p->swallow));
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

static void
reply_first(struct session *s)
{
	struct transfer_seen seen;
	struct attribution a;

	transfer_unnamed(s);
	seen = transfer_seen(s, true);
	s->parted = false;
	seen.follows = end_follows(s);
	seen.waited |= s->ended[CLIENT];
	a = attribute(&s->queue, s->reply.code, seen);
	if ((a.whose == WHOSE_NOBODY && s->reply.code < 200 && transfer_again(s)) ||
	    (a.whose == WHOSE_FORGED && setup_again(s)))
		a = attribute(&s->queue, s->reply.code, seen);
	reply_follow(s, a);
	s->reply.collect = reply_wants_collecting(s);
	if ((s->reply.whose == WHOSE_NOBODY || s->reply.whose == WHOSE_FORGED) &&
	    ++s->unsolicited > UNSOLICITED_MAX)
		session_wrong(s, "the FTP server floods replies that nobody asked for");
}

/* ---- a whole reply that was collected ---- */

static void
reply_release(struct session *s)
{
	struct pending *p = s->reply.to;
	bool ours = p->instead != NULL && (p->swallow || s->reply.code < 300);

	s->reply.holding = HOLD_NONE;
	own_send_before(s, p);
	if (p->swallow)
		reply_drop(s);
	if (ours || !p->swallow)
		reply_out(s, ours ? p->instead : NULL);
	if (s->reply.open != 0 && !ours)
		return; /* the rest of it follows, ... */
	reply_answers(s, p);
	s->reply.whose = WHOSE_FORGED; /* ... or is dropped, too */
	s->reply.to = NULL;
	s->reply.collect = s->reply.open != 0;
}

/* It is known whose it is; of nobody's a setup may take it for its answer, and so may the client. */
static void
reply_deliver(struct session *s)
{
	struct pending *p = s->reply.to, *first = setup_waits(s);

	if (p == NULL) {
		if (first != NULL && setup_stray(s, first))
			reply_drop(s);
		else
			reply_out(s, NULL);
	} else if (p->kind == PENDING_TRANSFER && s->reply.code < 200)
		reply_drop(s); /* too late */
	else if (p->kind == PENDING_TRANSFER) {
		transfer_answered(s, p);
		s->reply.holding = HOLD_DATA;
	} else if (pending_is_setup(p) && setup_reply(s, p)) {
		s->unsolicited = 0;
		reply_drop(s);
	} else {
		own_send_before(s, p);
		reply_out(s, NULL);
		reply_answers(s, p);
	}
}

static void
reply_complete(struct session *s)
{
	static const char instead[] = "500 Unexpected reply from the FTP server.\r\n";

	s->reply.collect = false;
	if (s->reply.whose == WHOSE_FORGED) {
		/* An address that nobody asked for: a client that believed it would leave
		 * the tunnel. */
		reply_drop(s);
		if (s->reply.to == NULL)
			return;
		bytes_add(&s->reply.text, instead, sizeof(instead) - 1);
		s->reply.code = 500;
	}
	if (s->reply.whose == WHOSE_UNKNOWN) {
		s->reply.holding = HOLD_WHOSE;
		session_arm(s, SESSION_WHOSE);
	} else
		reply_deliver(s);
}

/* The reply that is held: is it known whose it is? */
static void
reply_whose_now(struct session *s)
{
	struct transfer_seen seen = transfer_seen(s, false);
	struct attribution a;

	seen.follows = end_follows(s);
	seen.waited |= s->timer != SESSION_WHOSE;
	a = attribute(&s->queue, s->reply.code, seen);
	if (a.whose == WHOSE_UNKNOWN)
		return;
	if (s->timer == SESSION_WHOSE)
		session_arm(s, SESSION_IDLE);
	if (s->reply.holding == HOLD_DATA)
		transfer_unanswered(s, s->reply.to);
	s->reply.holding = HOLD_NONE;
	reply_follow(s, a);
	reply_deliver(s);
}

void
reply_step(struct session *s)
{
	/* or what ends the transfer is there after all: then what was taken for that is another's */
	if (s->reply.holding == HOLD_WHOSE || (s->reply.holding == HOLD_DATA && s->reply.doubtful &&
	    !s->reply.to->aside && end_follows(s)))
		reply_whose_now(s);
	if (s->reply.holding == HOLD_DATA && transfer_may_pass(s, s->reply.to))
		reply_release(s);
	own_flush(s);
}

/* ---- lines ---- */

/* A transfer's last word, whose first line says all: it need not be there as a whole. */
static bool
reply_may_be_long(const struct session *s)
{
	return s->reply.whose == WHOSE_ENTRY && s->reply.to->kind == PENDING_TRANSFER &&
	    s->reply.code >= 200 && !s->reply.to->swallow;
}

/* Any other text may be cut, but not its end. */
static void
reply_collect(struct session *s, enum ftp_reply_line kind, const char *line, size_t len)
{
	if (kind != REPLY_FINAL && s->reply.text.len + len + 3 > REPLY_TEXT_MAX && !reply_may_be_long(s))
		return;
	bytes_add(&s->reply.text, " ", ftp_reply_pad(s->reply.open, kind, line, len));
	bytes_add(&s->reply.text, line, len);
	bytes_add(&s->reply.text, "\r\n", 2);
}

/* A reply that is passed on line by line. */
static void
reply_line(struct session *s, enum ftp_reply_line kind, const char *line, size_t len)
{
	const struct pending *p = s->reply.open == 0 && kind == REPLY_JUNK ? NULL : s->reply.to;
	bool feat = (p != NULL && p->kind == PENDING_FEAT) ||
	    (s->reply.code == 211 && queue_find(&s->queue, KIND(PENDING_FEAT), 0) != NULL);

	if (feat && !s->config.tls_pass && ftp_feature_hidden(line, len)) {
		if (kind == REPLY_INNER)
			return;
		len = 4; /* the code is still needed */
	}
	if (p != NULL)
		own_send_before(s, p);
	output_write(&s->out, CLIENT, " ", ftp_reply_pad(s->reply.open, kind, line, len));
	output_line(&s->out, CLIENT, line, len);
}

static void
reply_passed(struct session *s, const char *line, size_t len)
{
	struct pending *p = s->reply.to;

	if (s->reply.whose == WHOSE_ALL)
		reply_to_all(s);
	else if (p != NULL && s->reply.code >= 200)
		reply_answers(s, p);
	else if (p != NULL && p->kind == PENDING_TRANSFER)
		transfer_begun(s, p, line, len);
}

void
server_line(struct session *s, char *line, size_t len)
{
	bool first = s->reply.open == 0;
	enum ftp_reply_line kind;
	size_t marks = s->reply.code == 0 ? ascii_begins(line, len) : 0;

	ftp_reply_join(line, len);
	kind = ftp_reply_parse(line + marks, len - marks, &s->reply.open, &s->reply.code);
	if (s->reply.code == 0 && len > 0)
		own_strange_greeting(s, line, len);
	else if (s->timer == SESSION_STRANGE)
		session_arm(s, SESSION_IDLE);
	s->facts.greeted |= kind == REPLY_FINAL && s->reply.code >= 200;
	if (first && kind != REPLY_JUNK) {
		reply_first(s);
		s->logged_in |= s->reply.code == 230 || s->reply.code == 232;
		s->facts.wants_tls |= !s->logged_in && s->reply.code >= 400 && !s->config.tls_pass &&
		    ftp_reply_wants_tls(line, len);
	}
	if (s->wrong[0] != '\0')
		return;
	if (kind == REPLY_JUNK || !s->reply.collect) {
		reply_line(s, kind, line, len);
		if (kind == REPLY_FINAL)
			reply_passed(s, line, len);
		return;
	}
	reply_collect(s, kind, line, len);
	if (kind == REPLY_FINAL || (s->reply.text.len > REPLY_TEXT_MAX && reply_may_be_long(s)))
		reply_complete(s);
}
