#include "session/setup.h"

#include <string.h>

#include "session/attempts.h"
#include "state/session_channel.h"

/* Whether ssh dials data ports is not known yet, and this dial, which will show it, is on its way. */
static bool
dial_in_doubt(const struct session *s, const struct channel *ch)
{
	return !s->dials && ch->dir == DIR_NONE && ch->end[SERVER].dialled && !ch->end[SERVER].connected;
}

/* While a passive client has not connected, nothing is dialled. Its command may overtake the news that it
 * has. */
static bool
client_is_there(const struct channel *ch)
{
	return ch->end[CLIENT].dials || ch->end[CLIENT].connected;
}

/* Somebody has come, nobody can tell who, and the client's next line is an upload, which takes him: so it does
 * that now, before the line is passed on. */
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

/* True: sshd dials no such port, and there is active mode. Else this one is dead: that verb is not said again,
 * unless the server refuses the command, for then it may just have closed the port. */
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
