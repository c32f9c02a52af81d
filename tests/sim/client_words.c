/* The client and its control connection. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "client_private.h"

/* What may differ in a line of a reply: indentation, and what must not be advertised. */
static void
text_add(struct client *c, const char *line)
{
	size_t have = strlen(c->text);

	line += strspn(line, " ");
	if (strncmp(line, "AUTH", 4) == 0 || strncmp(line, "PBSZ", 4) == 0 ||
	    strncmp(line, "PROT", 4) == 0)
		return;
	snprintf(c->text + have, sizeof(c->text) - have, "%s%s", have ? "|" : "", line);
}

static void
reply_whole(struct client *c, int code)
{
	struct reply *r = &c->reply[c->replies++ % REPLIES];
	const struct sock *data = c->data;

	*r = (struct reply){ code, world_text(c->text, strlen(c->text)), 0, false, false };
	if (data == NULL && c->listener != NULL && c->listener->count > 0)
		data = c->listener->waiting[0]; /* in the kernel it is there */
	r->full = data && data->received.len - data->received.at >= data->window / 2;
	r->arrived = data ? data->arrived : c->had;
	r->ended = data ? data->fin_in || data->rst_in : c->had_end;
	c->text[0] = '\0';
	c->open = 0;
}

void
client_reply_line(struct client *c, const char *line)
{
	bool coded = isdigit((unsigned char)line[0]) && isdigit((unsigned char)line[1]) &&
		     isdigit((unsigned char)line[2]);
	int code = coded ? atoi(line) : 0;

	text_add(c, line);
	if (coded && line[3] == '-' && c->open == 0)
		c->open = code;
	else if (c->open == 0 || (code == c->open && line[3] != '-'))
		reply_whole(c, code);
}

bool
client_control_over(const struct client *c)
{
	return c->control == NULL || sock_ended(c->control);
}

static void
client_saw_reply(struct client *c, enum seen_kind kind, const struct reply *r)
{
	struct seen *s = client_saw(c, kind, HOW_OK);

	s->code = c->last_code = r->code;
	if (c->transfer >= 0 && c->deeds[c->transfer].words != NULL &&
	    strstr(r->text, c->deeds[c->transfer].words) != NULL)
		c->answered = c->transfer;
	s->text = kind == SEEN_SETUP ? "" : r->text;
	s->arrived = r->arrived;
	s->ended = r->ended;
	s->full = r->full;
}

static void
client_saw_end(struct client *c)
{
	if (!c->end_seen)
		client_saw(
		    c, SEEN_END, c->control != NULL && c->control->rst_in ? HOW_RESET : HOW_EOF);
	c->end_seen = true;
}

/* The next reply, if it is there; else what is done about its lack. */
static const struct reply *
reply_awaited(struct client *c, bool needed)
{
	client_wait(c, c->patience);
	if (c->taken < c->replies)
		return &c->reply[c->taken++ % REPLIES];
	if (client_control_over(c)) {
		client_saw_end(c);
		client_finish(c);
	} else if (c->late) {
		client_saw(c, SEEN_SILENCE, HOW_SILENCE);
		if (needed)
			client_gives_up(c);
		else
			client_next(c);
	}
	return NULL;
}

static void
note_said(struct client *c, const char *line)
{
	c->quit |= strcmp(line, "QUIT") == 0;
	if (strncmp(line, "TYPE ", 5) == 0 || strcmp(line, "REIN") == 0)
		c->image = strcmp(line, "TYPE I") == 0;
	if (transfer_of(line) < 0) {
		c->rest |= strncmp(line, "REST", 4) == 0;
		return;
	}
	c->deeds[c->transfer].exact = c->image && !c->rest && strncmp(line, "RETR", 4) == 0;
	c->rest = false;
}

void
client_op_send(struct client *c, const struct op *op, bool more)
{
	size_t have = strlen(c->more);

	snprintf(c->more + have, sizeof(c->more) - have, "%s\r\n", op->text);
	if (transfer_of(op->text) >= 0) {
		c->transfer = transfer_of(op->text);
		c->put = 0;
	}
	note_said(c, op->text);
	if (transfer_of(op->text) >= 0) {
		c->deeds[c->transfer].there = c->data != NULL && c->data->connected;
		c->deeds[c->transfer].aside = c->aside;
	}
	if (c->quit && c->transfer >= 0)
		c->deeds[c->transfer].quit = true;
	if (strcmp(op->text, "ABOR") == 0 && c->transfer >= 0)
		c->deeds[c->transfer].aborted = true;
	if (!more) {
		sock_write(c->control, c->more, strlen(c->more));
		c->more[0] = '\0';
	}
	client_next(c);
}

void
client_op_raw(struct client *c, const struct op *op)
{
	char bytes[sizeof(op->text)];

	sock_write(c->control, bytes, (size_t)raw_bytes(op->text, bytes));
	client_next(c);
}

bool
client_op_reply(struct client *c, enum op_kind kind)
{
	const struct reply *r;
	unsigned pc = c->pc;

	while ((r = reply_awaited(c, kind == C_BEGIN)) != NULL) {
		client_saw_reply(c, SEEN_REPLY, r);
		if (kind == C_BEGIN && r->code >= 200)
			client_gives_up(c);
		else if (kind != C_FINAL || r->code >= 200)
			client_next(c);
		if (c->pc != pc)
			return true;
	}
	return c->pc != pc;
}

bool
client_op_until(struct client *c, const struct op *op)
{
	const struct reply *r;
	unsigned pc = c->pc;

	while ((r = reply_awaited(c, true)) != NULL)
		if (strcmp(r->text, op->text) == 0) {
			c->transfer = -1;
			client_next(c);
			return true;
		}
	return c->pc != pc;
}

void
client_op_ask(struct client *c, const struct op *op)
{
	struct op say = { .kind = C_SEND };
	unsigned p;

	snprintf(c->verb, sizeof(c->verb), "%.15s", op->text);
	c->active = c->verb[strlen(c->verb) - 1] == 'T';
	client_data_close(c);
	c->aside = NULL;
	if (c->active)
		c->listener =
		    net_listen(net.direct ? HOST_SERVER : HOST_OURS, false, client_run, c);
	p = c->listener ? c->listener->port : 0;
	if (strcmp(c->verb, "PORT") == 0)
		snprintf(say.text, sizeof(say.text), "PORT 127,0,0,1,%u,%u", p >> 8, p & 255);
	else if (strcmp(c->verb, "LPRT") == 0)
		snprintf(say.text, sizeof(say.text), "LPRT 4,4,127,0,0,1,2,%u,%u", p >> 8, p & 255);
	else if (strcmp(c->verb, "EPRT") == 0)
		snprintf(say.text, sizeof(say.text), "EPRT %s|%u|",
		    client_is_six(c->d) ? "|2|::1" : "|1|127.0.0.1", p);
	else
		snprintf(say.text, sizeof(say.text), "%s", c->verb);
	c->transfer = -1;
	client_op_send(c, &say, c->pc + 1 < c->d->client_ops && op->n == 1);
}

/* The numbers at the end of it. */
static uint16_t
passive_port(const struct reply *r)
{
	unsigned numbers[16], n = 0;

	for (const char *p = r->text + 3; *p != '\0' && n < 16;) {
		if (!isdigit((unsigned char)*p)) {
			p++;
			continue;
		}
		numbers[n++] = (unsigned)strtoul(p, (char **)&p, 10);
	}
	if (r->code == 229)
		return n >= 1 ? (uint16_t)numbers[n - 1] : 0;
	return n >= 2 ? (uint16_t)(numbers[n - 2] << 8 | numbers[n - 1]) : 0;
}

bool
client_op_answer(struct client *c)
{
	const struct reply *r;
	unsigned pc = c->pc;

	while ((r = reply_awaited(c, true)) != NULL) {
		bool passive = r->code >= 227 && r->code <= 229;
		bool yes = c->active ? r->code / 100 == 2 : passive;

		client_saw_reply(c, yes || r->code >= 400 ? SEEN_SETUP : SEEN_REPLY, r);
		if (r->code >= 400) {
			client_gives_up(c);
			return true;
		}
		if (yes) {
			c->port = passive ? passive_port(r) : 0;
			client_next(c);
			return true;
		}
	}
	return c->pc != pc;
}

bool
client_op_eof(struct client *c)
{
	client_wait(c, c->patience);
	if (c->taken < c->replies) {
		client_saw_reply(c, SEEN_REPLY, &c->reply[c->taken++ % REPLIES]);
		return true;
	}
	if (!client_control_over(c) && !c->late)
		return false;
	if (client_control_over(c))
		client_saw_end(c);
	else
		client_saw(c, SEEN_SILENCE, HOW_SILENCE);
	client_next(c);
	return true;
}
