/* One FTP session: what comes in, what goes out, and what waits for what. */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "session_private.h"

#define IN_MAX (32 * 1024)
#define OUT_MAX (64 * 1024) /* a side's unsent output that stops reading the other */

struct session *
session_new(const struct session_config *config)
{
	struct session *s;

	if ((s = memory_new(sizeof(*s))) == NULL)
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
		if ((new = memory_grow(s->action, size * sizeof(*new))) == NULL)
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
	struct action a = { .kind = ACT_HANGUP, .end = side };

	if (s->hung_up[side])
		return;
	s->hung_up[side] = true;
	session_act(s, &a);
}

void
session_trace(const struct session *s, enum side from, const char *line, size_t len)
{
	if (s->config.trace != NULL)
		s->config.trace(s->config.trace_arg, from, line, len);
}

void
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

void
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
		p->text = memory_text(text);
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

/* ---- running ---- */

static bool
client_waits(struct session *s)
{
	const struct pending *tail = queue_tail(&s->queue);

	return !s->greeted || s->quit_held || s->queue.count >= QUEUE_MAX - 2 ||
	    s->out[SERVER].len > OUT_MAX || s->out[CLIENT].len > OUT_MAX || s->hung_up[SERVER] ||
	    setup_holds_client(s) ||
	    (tail != NULL && (tail->kind == PENDING_AUTH || tail->kind == PENDING_EPSV_ALL));
}

static bool
server_waits(struct session *s)
{
	return s->held != 0 || s->out[CLIENT].len > OUT_MAX || s->hung_up[CLIENT] ||
	    setup_holds_server(s);
}

static void
client_line(struct session *s, const char *line, size_t len, enum line_status status)
{
	if (status == LINE_OK && len == 0)
		return; /* servers differ in whether they answer one */
	if (s->first_command && !client_begins(s, line, len, status == LINE_OK))
		return;
	client_probe(s);
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
	bytes_take(&s->in[side], line_feed(r, bytes_data(&s->in[side]), s->in[side].len, &status));
	if (status == LINE_MORE)
		return false;
	if (side == SERVER && status == LINE_LONG)
		session_fail(s, "the FTP server sent a line of over 64 KiB");
	else if (side == SERVER)
		server_line(s, r->text ? r->text : (char[1]){ "" }, r->len);
	else
		client_line(s, r->text ? r->text : "", r->len, status);
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
		struct action a = { .kind = ACT_EOF, .end = SERVER };

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

uint64_t
session_size(const struct session *s, unsigned id)
{
	const struct channel *ch = channel_by_id((struct session *)s, id);

	return ch ? ch->size : 0;
}

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
