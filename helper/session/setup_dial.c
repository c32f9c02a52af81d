#include "session/setup.h"

#include <string.h>

#include "session/attempts.h"
#include "state/session_channel.h"

/* It is not known, and may be on its way. */
static bool
dial_in_doubt(const struct session *s, const struct channel *ch)
{
	return !s->dials && ch->dir == DIR_NONE && ch->end[SERVER].dialled && !ch->end[SERVER].connected;
}

/* A passive client that has not connected is waited for: nothing is dialled then. What it says may overtake
 * the word that it has. */
static bool
client_is_there(const struct channel *ch)
{
	return ch->end[CLIENT].dials || ch->end[CLIENT].connected;
}

/* Somebody is there, and nobody can tell who: an upload, which is said next, will take that one. It does so
 * before it is said. */
static bool
stranger_uploads(const struct session *s, const struct channel *ch)
{
	const char *line = bytes_data(&s->in[CLIENT]);
	const char *end = ch->strangers == 1 ? memchr(line, '\n', s->in[CLIENT].len) : NULL;
	struct ftp_command c;

	end -= end != NULL && end > line && end[-1] == '\r';
	return end != NULL && ftp_command_parse(&c, line, (size_t)(end - line)) == 0 && c.verb == FTP_STOR;
}

bool
setup_dial_awaited(const struct session *s)
{
	const struct channel *ch = s->current;

	return ch != NULL && dial_in_doubt(s, ch) &&
	    (client_is_there(ch) || ch->unanswered > 0 || stranger_uploads(s, ch));
}

static void
setup_dial_await(struct session *s, struct channel *ch)
{
	bool strange = !client_is_there(ch) && !channel_waited(ch, TIMER_OWNER) && stranger_uploads(s, ch);

	if (ch->timer == TIMER_NONE || (strange && ch->timer == TIMER_DIAL))
		channel_arm(s, ch, strange ? TIMER_OWNER : TIMER_DIAL);
}

void
setup_dial_step(struct session *s)
{
	struct channel *ch = s->current;
	bool speaks = s->in[CLIENT].len > 0;

	if (ch == NULL)
		return;
	if (speaks && dial_in_doubt(s, ch) && !client_is_there(ch) && !ch->looked) {
		ch->looked = true;
		ch->unanswered++;
		channel_act(s, ch, ACT_CHECK, SERVER);
	}
	if (speaks && setup_dial_awaited(s))
		setup_dial_await(s, ch);
	else if (ch->timer == TIMER_DIAL)
		channel_arm(s, ch, TIMER_NONE);
}

/* The port that the server has named is dead: not that verb again; or sshd dials none at all. A server
 * that refuses the command, as its reply will tell, may just have closed it. */
bool
setup_dial_failed(struct session *s, struct channel *ch, enum refusal refusal)
{
	struct pending *p = channel_transfer(s, ch);

	if (refusal == REFUSED_FORBIDDEN &&
	    attempt_next(s, ch, s->bad | TRY_DIALLING) != TRY_COUNT) {
		attempts_failed(s, TRY_DIALLING);
		return true;
	}
	if (refusal == REFUSED_LATER)
		return false;
	if (p != NULL && ch->final == 0)
		p->dead = BIT(ch->attempt);
	else if (ch->final < 300 && !ch->refused)
		attempts_failed(s, BIT(ch->attempt));
	return false;
}
