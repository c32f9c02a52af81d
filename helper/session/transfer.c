#include "session/transfer.h"

#include <stdio.h>
#include <string.h>

#include "ftp/reply.h"
#include "session/attempts.h"
#include "session/ending.h"
#include "state/session_channel.h"

void
transfer_own(struct session *s, struct channel *ch, struct pending *p)
{
	if (ch->owned)
		return;
	ch->owned = true;
	if (s->current == ch)
		s->current = NULL;
	for (size_t i = 0; i < s->queue.count; i++) {
		struct pending *other = queue_at(&s->queue, i);

		if (other == p || other->kind != PENDING_TRANSFER || other->channel != ch->id)
			continue;
		other->channel = 0;
		ch->dir = p->doubtful ? DIR_NONE : ch->dir; /* it may be that one, as what moves will show */
	}
	/* An active client is dialled when there is a transfer: a refused one leaves no trace. */
	if (ch->end[CLIENT].dials && ch->end[SERVER].dials && !ch->end[CLIENT].dialled)
		channel_open(s, ch, CLIENT, END_DIAL, 0);
}

/* The channel may be no more, or have an end that is not carried out yet: that has the code, too. */
static void
transfer_tell(const struct session *s, unsigned id, int code)
{
	struct channel *ch = channel_asked(s, id);

	if (ch != NULL && ch->dead)
		ch->final = code;
	if (id != 0 && s->config.answered != NULL)
		s->config.answered(s->config.arg, id, code, ch == NULL || ch->dead);
	if (ch != NULL)
		ch->told = true;
}

/* It was answered without its connection, which is not for it any more. */
void
transfer_settle(const struct session *s, struct channel *ch)
{
	if (ch->said != 0 && !ch->told)
		transfer_tell(s, ch->id, ch->said);
}

/* It is that command's from now on, unless it is refused. */
static void
transfer_take(struct session *s, struct channel *ch, struct pending *p)
{
	transfer_settle(s, ch);
	if (p->number != FTP_OTHER || ch->end[SERVER].moved)
		ch->dir = p->number == FTP_STOR ? DIR_UP : DIR_DOWN;
	else
		ch->dir = ch->end[CLIENT].moved ? DIR_UP : DIR_NONE;
	ch->final = ch->said = 0;
	ch->waited = ch->asked = 0;
	ch->told = false;
	snprintf(ch->transfer, sizeof(ch->transfer), "%s", p->text ? p->text : "");
	channel_begin(s, ch);
	if (ch->strangers > 0 && !ch->end[CLIENT].connected)
		channel_arm(s, ch, TIMER_OWNER);
	if (ch->end[SERVER].moved)
		transfer_own(s, ch, p);
	if (ch->end[CLIENT].eof)
		client_ended(s, ch);
}

/* As much of a command as is kept. */
static char *
transfer_text(const char *line, size_t len)
{
	char text[256];

	snprintf(text, sizeof(text), "%.*s", (int)len, line);
	return memory_text(text);
}

void
transfer_command(struct session *s, const struct ftp_command *c, const char *line, size_t len)
{
	struct pending *p = queue_push(&s->queue, PENDING_TRANSFER);
	struct channel *ch = s->current;
	bool dead = s->dead[0] != '\0' && s->forbidden;

	if (dead && !s->rest) {
		p->kind = PENDING_OWN; /* the server would wait for what cannot come */
		p->text = session_refusal(s->dead);
		return;
	}
	p->sent = true;
	p->number = c->verb;
	p->whole = !s->rest && !s->odd_mode;
	p->text = transfer_text(line, len);
	s->rest = false;
	output_line(&s->out, SERVER, line, len);
	if (s->dead[0] != '\0')
		p->instead = session_refusal(s->dead);
	p->swallow = dead;
	if (ch == NULL || ch->denied)
		return;
	p->channel = ch->id;
	if (channel_transfer(s, ch) == p)
		transfer_take(s, ch, p);
}

void
transfer_adopts(struct session *s, struct channel *ch)
{
	struct pending *p = channel_transfer(s, ch);

	for (size_t i = 0; p == NULL && i < s->queue.count; i++) {
		struct pending *other = queue_at(&s->queue, i);

		if (other->kind != PENDING_TRANSFER || other->channel != 0 || !other->started)
			continue;
		p = other;
		p->channel = ch->id;
		transfer_take(s, ch, p);
	}
	if (p != NULL && p->started)
		transfer_own(s, ch, p);
}

/* A 1xx comes, and nobody waits for one: what was taken for the answer to a transfer command was
 * another's, and left its connection as it was. */
bool
transfer_again(struct session *s)
{
	struct channel *ch = channel_by_id(s, s->next_id);
	struct ftp_command c;
	struct pending *p;

	if (ch == NULL || ch->end[SERVER].eof || channel_transfer(s, ch) != NULL ||
	    ftp_command_parse(&c, ch->transfer, strlen(ch->transfer)) == -1 ||
	    (p = queue_push_first(&s->queue, PENDING_TRANSFER)) == NULL)
		return false;
	p->sent = true;
	p->channel = ch->id;
	p->number = c.verb;
	p->text = memory_text(ch->transfer);
	ch->said = 0;
	transfer_take(s, ch, p);
	return true;
}

/* A connection that the client has used already is an earlier command's. */
void
transfer_possible(struct session *s, struct pending *p, const char *line, size_t len)
{
	const struct channel *ch = s->current;

	if (ch == NULL || ch->denied || ch->end[CLIENT].moved || ch->end[CLIENT].eof)
		return;
	p->number = (int)ch->id;
	p->text = transfer_text(line, len);
}

/* A 1xx answers a command that is none of those, or a 226, behind data: it is a transfer, by the data
 * connection that was there for it. What moves first will show which way it goes. */
void
transfer_unnamed(struct session *s)
{
	struct channel *ch = s->current;
	struct pending *p;
	bool over = transfer_seen(s, true).ended; /* then the first does not begin again */
	size_t at = queue_next_sent(&s->queue, 0);

	while ((p = queue_at(&s->queue, at)) != NULL && (p->aside || (p->started && over) ||
	    (p->doubtful && queue_next_sent(&s->queue, at + 1) < s->queue.count)))
		at = queue_next_sent(&s->queue, at + 1);
	if (p == NULL || p->kind != PENDING_PLAIN || ch == NULL || (unsigned)p->number != ch->id ||
	    (s->reply.code != 125 && s->reply.code != 150 && (s->reply.code != 226 || !ch->end[SERVER].moved)))
		return;
	p->kind = PENDING_TRANSFER;
	p->number = FTP_OTHER;
	p->channel = ch->id;
	transfer_own(s, ch, p);
	transfer_take(s, ch, p);
	if (ch->dir == DIR_DOWN && ch->end[SERVER].eof)
		channel_pass_eof(s, ch, SERVER);
}

void
transfer_begun(struct session *s, struct pending *p, const char *text, size_t len)
{
	struct channel *ch = channel_by_id(s, p->channel);

	p->started = true;
	if (ch == NULL)
		return;
	transfer_own(s, ch, p);
	if (p->number == FTP_RETR && p->whole && ch->announced == 0 &&
	    ftp_reply_bytes(ch->transfer, strlen(ch->transfer)) == 0) { /* else it may be of the name */
		ch->announced = ftp_reply_bytes(text, len);
		ch->exact = s->image && ch->announced > 0;
	}
}

/* ---- its reply ---- */

void
transfer_answered(struct session *s, struct pending *p)
{
	struct channel *ch = channel_by_id(s, p->channel);
	int code = s->reply.code;

	if (code != 426 && (p->started || code < 300 || code == 425))
		attempts_failed(s, p->dead); /* 426: it was there, and was closed */
	if (!p->started && code >= 400 && !p->whole)
		s->rest = true; /* there are servers that keep it for the next one */
	if (ch == NULL) {
		transfer_tell(s, p->channel, code);
		return;
	}
	ch->final = code;
	ch->doubtful = s->reply.doubtful || (code == 421 && ch->dir == DIR_UP);
	ch->aborted |= queue_find(&s->queue, KIND(PENDING_ABOR), 0) != NULL;
	if (!ch->owned && (p->started || code == 226 || code == 250))
		transfer_own(s, ch, p); /* there are servers without a 1xx */
	if (ch->timer != TIMER_DYING && (ch->timer != TIMER_OWNER || code >= 300))
		channel_arm(s, ch, TIMER_NONE);
}

void
transfer_unanswered(struct session *s, const struct pending *p)
{
	struct channel *ch = channel_by_id(s, p->channel);

	if (ch == NULL)
		return;
	ch->final = 0;
	channel_arm(s, ch, ch->end[SERVER].eof ? TIMER_FINAL : TIMER_NONE);
}

/* The command was refused, and left the connection as it was: it is the next one's, as direct. */
static void
transfer_returned(struct session *s, struct channel *ch)
{
	struct pending *next = channel_transfer(s, ch);

	if (ch->end[SERVER].eof)
		channel_pass_eof(s, ch, CLIENT);
	ch->said = ch->final;
	ch->was = ch->dir;
	if (ch->dir == DIR_DOWN || ch->final >= 400)
		ch->dir = DIR_NONE; /* else it was not refused, and may go on */
	ch->final = 0;
	ch->refused = true;
	ch->doubtful = false;
	if (next != NULL)
		transfer_take(s, ch, next);
	else if (s->current != ch)
		channel_close(s, ch);
}

/* Everything that this channel was for is over: let it go. What became of an upload is known
 * only when the server has said so. */
void
transfer_check_done(struct session *s, struct channel *ch)
{
	bool awaited = channel_transfer(s, ch) != NULL && !s->out.hung_up[CLIENT];

	if (ch->dead || !ch->owned || s->mode_b || awaited || ch->timer == TIMER_CONNECTION ||
	    channel_dials_client(ch))
		return;
	if (!channel_joined(ch) || (ch->end[CLIENT].passed && ch->end[SERVER].passed &&
	    (ch->end[CLIENT].drained || ch->dir == DIR_UP)))
		channel_close(s, ch);
}

void
transfer_over(struct session *s, struct pending *p)
{
	struct channel *ch = channel_by_id(s, p->channel);
	bool answered = ch != NULL && ch->final != 0;

	p->channel = 0;
	if (ch == NULL)
		return;
	if (answered && !ch->owned)
		transfer_tell(s, ch->id, ch->final);
	if (ch->broken) {
		channel_abort(s, ch, answered && s->config.far[CLIENT] ? 0 : MASK(CLIENT));
		return;
	}
	if (answered && !ch->dead && ch->id == s->next_id && transfer_unused(ch, p)) {
		ch->owned = false;
		s->current = ch;
	}
	if (!ch->owned)
		transfer_returned(s, ch);
	else if (!answered && ch->end[SERVER].eof && !ch->end[CLIENT].passed && ch->dir == DIR_DOWN)
		channel_act(s, ch, ACT_CHECK, SERVER); /* nothing will come that says more */
	else
		transfer_check_done(s, ch);
	if (!ch->dead && ch->timer == TIMER_STALL)
		channel_arm(s, ch, TIMER_NONE);
}

struct transfer_seen
transfer_seen(const struct session *s, bool arrives)
{
	struct transfer_seen seen = { 0 };
	const struct pending *p = queue_first_sent(&s->queue);
	const struct channel *ch;

	if (p == NULL || p->kind != PENDING_TRANSFER)
		return seen;
	ch = channel_by_id(s, p->channel);
	seen.late = p->aside;
	seen.moved = p->started || p->moved || p->aside ||
	    (ch != NULL && ch->dir == DIR_DOWN && (ch->end[SERVER].moved || ch->end[SERVER].eof)) ||
	    (ch != NULL && !ch->end[SERVER].dials && ch->end[SERVER].connected);
	/* What was passed on after the reply had come is not what it speaks of. */
	seen.ended = ch == NULL || ch->end[SERVER].eof ||
	    (arrives && ch->dir != DIR_DOWN && ch->end[SERVER].passed);
	return seen;
}
