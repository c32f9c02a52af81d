/* One FTP session: what comes in, what goes out, and what waits for what. */
#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/attempts.h"
#include "session/commands.h"
#include "session/own_replies.h"
#include "session/replies.h"
#include "session/setup.h"
#include "session/transfer.h"
#include "state/session_channel.h"

#define OUT_MAX (64 * 1024) /* a side's unsent output that stops reading the other */

struct session *
session_new(const struct session_config *config)
{
	struct session *s;

	if ((s = memory_new(sizeof(*s))) == NULL)
		return NULL;
	s->config = *config;
	s->out.trace = config->trace;
	s->out.arg = config->arg;
	s->line[CLIENT].client = true;
	s->first_command = true;
	s->dials = config->dials;
	queue_push(&s->queue, PENDING_GREETING)->sent = true;
	return s;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	for (int side = CLIENT; side <= SERVER; side++) {
		bytes_free(&s->in[side]);
		bytes_free(&s->line[side].line);
	}
	bytes_free(&s->reply.text);
	output_free(&s->out);
	queue_clear(&s->queue);
	free(s);
}

/* ---- lines ---- */

static bool
client_waits(const struct session *s)
{
	const struct pending *tail = queue_tail(&s->queue);

	return s->quit_held || s->queue.count >= QUEUE_MAX - 2 ||
	    s->out.hung_up[SERVER] ||
	    s->out.bytes[SERVER].len > OUT_MAX || s->out.bytes[CLIENT].len > OUT_MAX ||
	    setup_holds_client(s) ||
	    (tail != NULL && (tail->kind == PENDING_AUTH || tail->kind == PENDING_EPSV_ALL));
}

static bool
server_waits(const struct session *s)
{
	return s->reply.holding != HOLD_NONE || s->out.bytes[CLIENT].len > OUT_MAX ||
	    s->out.hung_up[CLIENT] || setup_holds_server(s);
}

static void
client_line(struct session *s, const char *line, size_t len, enum line_status status)
{
	if (status == LINE_OK && len == 0)
		return; /* servers differ in whether they answer one */
	if (s->first_command && !client_begins(s, line, len, status == LINE_OK))
		return;
	if (status == LINE_LONG)
		session_answer(s, "500 Command line too long.");
	else if (status == LINE_BAD)
		session_answer(s, "500 Illegal character in command.");
	else
		client_command(s, line, len);
}

/* Handle one line of that side's input; false when there is no whole one. */
static bool
session_take_line(struct session *s, enum side side)
{
	struct line_reader *r = &s->line[side];
	enum line_status status;

	if (s->in[side].len == 0)
		return false;
	if (side == CLIENT && s->current != NULL)
		s->current->looked = false;
	bytes_take(&s->in[side], line_feed(r, bytes_data(&s->in[side]), s->in[side].len, &status));
	if (status == LINE_MORE)
		return false;
	if (side == SERVER && status == LINE_LONG)
		session_wrong(s, "the FTP server sent a line of over 64 KiB");
	else if (side == SERVER)
		server_line(s, r->line.len ? r->line.data : (char[1]){ "" }, r->line.len);
	else
		client_line(s, bytes_data(&r->line), r->line.len, status);
	return true;
}

/* ---- ends ---- */

static void
server_left(struct session *s)
{
	reply_parted(s);
	transfer_control_ended(s, SERVER);
	if (!s->facts.greeted && !s->facts.opaque)
		own_no_greeting(s);
	output_hangup(&s->out, CLIENT);
	s->ended[CLIENT] = true; /* nobody would see it */
	if (transfer_unfinished(s))
		session_arm(s, SESSION_GONE);
}

/* The client's end is passed on behind its last command: at once when all that it has asked is
 * answered and its uploads are through, else when the server has had its time. */
static void
client_left(struct session *s, bool time_is_up)
{
	if (s->in[CLIENT].len == 0 && !s->client_gone) {
		s->client_gone = true;
		transfer_control_ended(s, CLIENT);
	}
	if (s->in[CLIENT].len == 0 &&
	    (time_is_up ||
	    ((s->facts.opaque || queue_first_sent(&s->queue) == NULL) && !transfer_uploads(s, true)))) {
		s->half_closed = true;
		output_act(&s->out, &(struct action){ .kind = ACT_CONTROL_EOF, .end = SERVER });
		session_arm(s, SESSION_GONE);
	} else if (s->timer == SESSION_IDLE || s->timer == SESSION_STRANGE)
		session_arm(s, time_is_up ? SESSION_GONE : SESSION_LEAVES);
}

/* A control connection that has ended, once all that came before was dealt with. */
static void
session_step_ended(struct session *s, bool time_is_up)
{
	if (s->ended[SERVER] && !s->out.hung_up[CLIENT] && !server_waits(s))
		server_left(s);
	if (s->ended[SERVER] && s->out.hung_up[CLIENT] && !transfer_unfinished(s))
		output_hangup(&s->out, SERVER);
	if (s->ended[CLIENT] && !s->half_closed && !s->out.hung_up[SERVER] && !s->ended[SERVER])
		client_left(s, time_is_up);
}

static void
session_step(struct session *s, bool time_is_up)
{
	bool more = true;

	while (more && !s->facts.opaque && s->wrong[0] == '\0') {
		setup_step(s);
		reply_step(s);
		quit_step(s);
		more = !server_waits(s) && session_take_line(s, SERVER);
		if (s->wrong[0] == '\0' && !s->facts.opaque && !client_waits(s))
			more |= session_take_line(s, CLIENT);
	}
	if (s->wrong[0] != '\0')
		session_fail(s, s->wrong);
	for (int side = CLIENT; s->facts.opaque && side <= SERVER; side++) {
		output_write(&s->out, OTHER(side), bytes_data(&s->in[side]), s->in[side].len);
		bytes_take(&s->in[side], s->in[side].len);
	}
	session_step_ended(s, time_is_up);
}

/* ---- the outside ---- */

bool
session_next(struct session *s, struct action *a)
{
	if (output_next(&s->out, a))
		return true;
	channel_sweep(s);
	return false;
}

const char *
session_output(const struct session *s, enum side side, size_t *len)
{
	*len = s->out.bytes[side].len;
	return bytes_data(&s->out.bytes[side]);
}

void
session_sent(struct session *s, enum side side, size_t len)
{
	bytes_take(&s->out.bytes[side], len);
	session_step(s, false);
}

size_t
session_room(const struct session *s, enum side side)
{
	if (s->ended[side] || s->out.hung_up[side] || s->out.hung_up[OTHER(side)])
		return 0;
	if (s->facts.opaque && s->out.bytes[OTHER(side)].len > OUT_MAX)
		return 0;
	return s->in[side].len < SESSION_IN_MAX ? SESSION_IN_MAX - s->in[side].len : 0;
}

void
session_push(struct session *s, enum side side, const void *data, size_t len)
{
	const struct line_reader *r = &s->line[side];
	bool fresh = s->in[side].len == 0 && (r->line.len == 0 || r->done);

	if (s->out.hung_up[side] || bytes_add(&s->in[side], data, len) == -1)
		return;
	/* A Telnet server begins with requests (IAC), which are no line: nothing more may come. */
	if (side == SERVER && s->reply.code == 0 && fresh && len > 0 &&
	    *(const unsigned char *)data >= 0x80)
		own_strange_greeting(s, data, len);
	session_step(s, false);
}

/* What a server says last is a line, though it has not ended it; but no port is taken out of a part. */
static void
last_line_ends(struct session *s)
{
	const struct bytes *in = &s->in[SERVER];
	bool whole = in->len > 0 ? bytes_data(in)[in->len - 1] == '\n' :
	    s->line[SERVER].done || s->line[SERVER].line.len == 0;

	if (whole || s->facts.opaque || queue_find(&s->queue, SETUPS, 0) != NULL)
		return;
	if (bytes_add(&s->in[SERVER], "\n", 1) == -1)
		session_wrong(s, "no memory");
}

void
session_eof(struct session *s, enum side side)
{
	if (s->ended[side])
		return;
	if (side == SERVER)
		last_line_ends(s);
	s->ended[side] = true;
	if (s->timer == SESSION_WHOSE)
		session_arm(s, SESSION_IDLE);
	session_step(s, false);
}

void
session_fail(struct session *s, const char *why)
{
	char text[192];

	transfer_fail_all(s); /* some may outlive the control connections */
	if (s->out.hung_up[CLIENT] && s->out.hung_up[SERVER])
		return;
	snprintf(text, sizeof(text), "421 Closing the connection: %.150s.", why);
	if (!s->facts.opaque && !s->out.hung_up[CLIENT])
		output_text(&s->out, CLIENT, text);
	bytes_take(&s->out.bytes[SERVER], s->out.bytes[SERVER].len);
	output_hangup(&s->out, SERVER);
	output_hangup(&s->out, CLIENT);
}

/* A bound of the session itself is reached. */
static void
session_timer(struct session *s)
{
	enum session_timer timer = s->timer;
	uint64_t progress = session_progress(s);

	s->timer = SESSION_IDLE;
	if (timer == SESSION_STRANGE) {
		own_no_greeting(s);
		output_hangup(&s->out, CLIENT);
		output_hangup(&s->out, SERVER);
	} else if (timer == SESSION_GONE && progress != s->progress)
		session_arm(s, SESSION_GONE);
	else if (timer == SESSION_GONE)
		session_fail(s, s->ended[CLIENT] ? "the client has gone" : "the FTP server has gone");
	s->quit_late = timer == SESSION_QUIT && progress == s->progress;
	s->progress = progress;
	session_step(s, timer == SESSION_LEAVES);
}

void
session_event(struct session *s, const struct event *e)
{
	struct channel *ch = channel_by_id(s, e->channel);

	if (e->channel == 0 && e->kind == EV_TIMER) {
		session_timer(s);
		return;
	}
	if (ch == NULL)
		return; /* an answer that crossed the channel's end */
	if (!setup_event(s, ch, e) && !transfer_event(s, ch, e))
		reply_parted(s);
	session_step(s, false);
}

/* ---- what others may know ---- */

bool
session_over(const struct session *s)
{
	return s->out.hung_up[CLIENT] && s->out.hung_up[SERVER];
}

bool
session_busy(const struct session *s)
{
	return queue_find(&s->queue, TRANSFERS, 0) != NULL || transfer_unfinished(s);
}

const struct session_facts *
session_facts(const struct session *s)
{
	return &s->facts;
}

bool
session_channel(const struct session *s, unsigned id, struct channel_facts *facts)
{
	const struct channel *ch = channel_asked(s, id);

	*facts = (struct channel_facts){ .client_verb = "", .server_verb = "", .transfer = "" };
	if (ch != NULL)
		*facts = (struct channel_facts){ .client_verb = attempt_verb_name(ch, CLIENT),
			.server_verb = attempt_verb_name(ch, SERVER),
			.transfer = ch->told ? "" : ch->transfer,
			.direction = ch->said != 0 ? ch->was : ch->dir, .announced = ch->announced,
			.final = ch->final != 0 ? ch->final : ch->said };
	return ch != NULL;
}
