/* The client: a script, a control connection, one data connection at a time. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "peer.h"

#define PATIENCE (100 * SECOND)
#define DIAL_PATIENCE (30 * SECOND)
#define REPLIES 128

struct reply {
	int code;
	const char *text;
	uint64_t arrived;
	bool ended, full;
};

struct client {
	const struct dialogue *d;
	struct view *view;
	struct deeds *deeds;
	struct sock *control, *data;
	struct listener *listener;
	struct lines lines;
	struct reply reply[REPLIES];
	unsigned replies, taken;
	int open; /* code of a multi-line reply under way */
	char text[1024];
	unsigned pc;
	bool entered, late, over, dead, end_seen;
	struct happening *timer;
	uint64_t patience;
	char more[512], verb[16];
	uint16_t port;
	bool active;
	int transfer, last_code;
	int answered; /* the last transfer whose final reply was read */
	bool quit, image, rest; /* were said */
	uint64_t got, put, goal;
	uint64_t had; /* the last data connection: what had come of it, */
	bool had_end; /* and its end */
};

static void client_run(void *);

/* ---- replies ---- */

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

static void
reply_line(struct client *c, const char *line)
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

static bool
control_over(const struct client *c)
{
	return c->control == NULL || sock_ended(c->control);
}

/* ---- the script's clock ---- */

static void
client_late(void *arg)
{
	struct client *c = arg;

	c->timer = NULL;
	c->late = true;
	client_run(c);
}

/* Called at each look of an operation that waits. */
static void
wait_at_most(struct client *c, uint64_t us)
{
	if (c->entered)
		return;
	c->entered = true;
	c->timer = world_in(us, client_late, c);
}

static void
next(struct client *c)
{
	world_forget(c->timer);
	c->timer = NULL;
	c->entered = c->late = false;
	c->pc++;
}

static void
data_close(struct client *c)
{
	if (c->data != NULL) {
		c->had = c->data->arrived;
		c->had_end = c->data->fin_in || c->data->rst_in;
	}
	sock_close(c->data);
	c->data = NULL;
	listener_close(c->listener);
	c->listener = NULL;
}

static void
give_up(struct client *c)
{
	next(c);
	while (c->pc < c->d->client_ops && c->d->client[c->pc].kind != C_LABEL)
		c->pc++;
}

/* Without having read how its transfer has ended, and without a word: it might as well have died. */
static void
leaves(struct client *c)
{
	if (c->transfer >= 0 && c->answered != c->transfer && !c->quit)
		c->deeds[c->transfer].aborted = true;
}

static void
finish(struct client *c)
{
	leaves(c);
	world_forget(c->timer);
	data_close(c);
	sock_close(c->control);
	c->over = true;
}

static struct seen *
saw(struct client *c, enum seen_kind kind, enum how how)
{
	struct seen *s = view_add(c->view, kind, how);

	s->transfer = c->transfer;
	return s;
}

static void
saw_reply(struct client *c, enum seen_kind kind, const struct reply *r)
{
	struct seen *s = saw(c, kind, HOW_OK);

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
saw_end(struct client *c)
{
	if (!c->end_seen)
		saw(c, SEEN_END, c->control != NULL && c->control->rst_in ? HOW_RESET : HOW_EOF);
	c->end_seen = true;
}

/* The next reply, if it is there; else what is done about its lack. */
static const struct reply *
reply_awaited(struct client *c, bool needed)
{
	wait_at_most(c, c->patience);
	if (c->taken < c->replies)
		return &c->reply[c->taken++ % REPLIES];
	if (control_over(c)) {
		saw_end(c);
		finish(c);
	} else if (c->late) {
		saw(c, SEEN_SILENCE, HOW_SILENCE);
		if (needed)
			give_up(c);
		else
			next(c);
	}
	return NULL;
}

/* ---- operations: false = it still waits ---- */

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

static void
op_send(struct client *c, const struct op *op, bool more)
{
	size_t have = strlen(c->more);

	snprintf(c->more + have, sizeof(c->more) - have, "%s\r\n", op->text);
	if (transfer_of(op->text) >= 0) {
		c->transfer = transfer_of(op->text);
		c->put = 0;
	}
	note_said(c, op->text);
	if (c->quit && c->transfer >= 0)
		c->deeds[c->transfer].quit = true;
	if (strcmp(op->text, "ABOR") == 0 && c->transfer >= 0)
		c->deeds[c->transfer].aborted = true;
	if (!more) {
		sock_write(c->control, c->more, strlen(c->more));
		c->more[0] = '\0';
	}
	next(c);
}

static void
op_raw(struct client *c, const struct op *op)
{
	char bytes[sizeof(op->text)];

	sock_write(c->control, bytes, (size_t)raw_bytes(op->text, bytes));
	next(c);
}

static bool
op_reply(struct client *c, enum op_kind kind)
{
	const struct reply *r;
	unsigned pc = c->pc;

	while ((r = reply_awaited(c, kind == C_BEGIN)) != NULL) {
		saw_reply(c, SEEN_REPLY, r);
		if (kind == C_BEGIN && r->code >= 200)
			give_up(c);
		else if (kind != C_FINAL || r->code >= 200)
			next(c);
		if (c->pc != pc)
			return true;
	}
	return c->pc != pc;
}

static void
op_ask(struct client *c, const struct op *op)
{
	struct op say = { .kind = C_SEND };
	unsigned p;

	snprintf(c->verb, sizeof(c->verb), "%s", op->text);
	c->active = c->verb[strlen(c->verb) - 1] == 'T';
	data_close(c);
	if (c->active)
		c->listener = net_listen(net.direct ? HOST_SERVER : HOST_OURS, false, client_run, c);
	p = c->listener ? c->listener->port : 0;
	if (strcmp(c->verb, "PORT") == 0)
		snprintf(say.text, sizeof(say.text), "PORT 127,0,0,1,%u,%u", p >> 8, p & 255);
	else if (strcmp(c->verb, "LPRT") == 0)
		snprintf(say.text, sizeof(say.text), "LPRT 4,4,127,0,0,1,2,%u,%u", p >> 8, p & 255);
	else if (strcmp(c->verb, "EPRT") == 0)
		snprintf(say.text, sizeof(say.text), "EPRT |1|127.0.0.1|%u|", p);
	else
		snprintf(say.text, sizeof(say.text), "%s", c->verb);
	c->transfer = -1;
	op_send(c, &say, c->pc + 1 < c->d->client_ops && op->n == 1);
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

static bool
op_answer(struct client *c)
{
	const struct reply *r;
	unsigned pc = c->pc;

	while ((r = reply_awaited(c, true)) != NULL) {
		bool passive = r->code >= 227 && r->code <= 229;
		bool yes = c->active ? r->code / 100 == 2 : passive;

		saw_reply(c, yes || r->code >= 400 ? SEEN_SETUP : SEEN_REPLY, r);
		if (r->code >= 400) {
			give_up(c);
			return true;
		}
		if (yes) {
			c->port = passive ? passive_port(r) : 0;
			next(c);
			return true;
		}
	}
	return c->pc != pc;
}

static void
data_new(struct client *c, struct sock *s)
{
	c->data = s;
	c->got = c->put = c->had = 0;
	c->had_end = false;
}

static bool
op_dial(struct client *c)
{
	if (c->active) {
		next(c);
		return true;
	}
	if (!c->entered)
		data_new(c, net_dial(HOST_CLIENT, c->port, false, client_run, c));
	wait_at_most(c, DIAL_PATIENCE);
	if (c->data->connected) {
		saw(c, SEEN_DIALLED, HOW_OK);
		next(c);
		return true;
	}
	if (!c->data->refused && !c->late)
		return false;
	saw(c, SEEN_DIALLED, c->late ? HOW_SILENCE : HOW_REFUSED);
	give_up(c);
	return true;
}

static bool
op_data(struct client *c)
{
	struct sock *s;

	if (!c->active || c->data != NULL) {
		next(c);
		return true;
	}
	wait_at_most(c, DIAL_PATIENCE);
	s = listener_accept(c->listener, client_run, c);
	if (s == NULL && !c->late)
		return false;
	saw(c, SEEN_DIALLED, s ? HOW_OK : HOW_SILENCE);
	if (s == NULL) {
		give_up(c);
		return true;
	}
	data_new(c, s);
	next(c);
	return true;
}

static bool
op_put(struct client *c, const struct op *op)
{
	uint8_t bytes[512];

	if (!c->entered)
		c->goal = c->put + (uint64_t)op->n;
	wait_at_most(c, PATIENCE);
	if (c->data == NULL) {
		next(c);
		return true;
	}
	while (c->put < c->goal && sock_room(c->data) > 0) {
		uint64_t n = c->goal - c->put < sizeof(bytes) ? c->goal - c->put : sizeof(bytes);

		for (uint64_t i = 0; i < n; i++)
			bytes[i] = pattern_at(c->transfer, c->put + i);
		c->put += sock_write(c->data, bytes, n);
	}
	if (c->put < c->goal && !c->data->dead && !c->late)
		return false;
	saw(c, SEEN_SENT, c->put == c->goal ? HOW_OK : c->data->dead ? HOW_RESET : HOW_SILENCE);
	next(c);
	return true;
}

static bool
op_get(struct client *c, const struct op *op)
{
	uint8_t bytes[2048];
	size_t n;
	bool wrong = false;

	wait_at_most(c, PATIENCE);
	if (c->data == NULL) {
		next(c);
		return true;
	}
	while ((op->n == 0 || c->got < (uint64_t)op->n) &&
	    (n = sock_read(c->data, bytes, op->n == 0 || (uint64_t)op->n - c->got > sizeof(bytes) ?
	    sizeof(bytes) : (size_t)((uint64_t)op->n - c->got))) > 0)
		for (size_t i = 0; i < n; i++)
			wrong |= bytes[i] != pattern_at(c->transfer, c->got++);
	if (wrong)
		saw(c, SEEN_RECEIVED, HOW_WRONG)->n = (unsigned)c->got;
	if (op->n > 0 && c->got >= (uint64_t)op->n) {
		next(c);
		return true;
	}
	if (!sock_ended(c->data) && !c->late)
		return false;
	saw(c, SEEN_RECEIVED, !sock_ended(c->data) ? HOW_SILENCE :
	    c->data->rst_in ? HOW_RESET : HOW_EOF)->n = (unsigned)c->got;
	data_close(c);
	next(c);
	return true;
}

static bool
op_ended(struct client *c)
{
	wait_at_most(c, PATIENCE);
	if (c->data != NULL)
		sock_read(c->data, NULL, (size_t)-1);
	if (c->data != NULL && !sock_ended(c->data) && !c->late)
		return false;
	saw(c, SEEN_STATE, c->data == NULL || !sock_ended(c->data) ? HOW_OPEN :
	    c->data->rst_in ? HOW_RESET : HOW_EOF);
	data_close(c);
	next(c);
	return true;
}

static bool
op_sleep(struct client *c, const struct op *op)
{
	wait_at_most(c, (uint64_t)op->n * MS);
	if (!c->late)
		return false;
	next(c);
	return true;
}

static bool
op_eof(struct client *c)
{
	wait_at_most(c, c->patience);
	if (c->taken < c->replies) {
		saw_reply(c, SEEN_REPLY, &c->reply[c->taken++ % REPLIES]);
		return true;
	}
	if (!control_over(c) && !c->late)
		return false;
	if (control_over(c))
		saw_end(c);
	else
		saw(c, SEEN_SILENCE, HOW_SILENCE);
	next(c);
	return true;
}

static bool
op_simple(struct client *c, const struct op *op)
{
	switch (op->kind) {
	case C_PATIENT:
		c->patience = (uint64_t)op->n * MS;
		break;
	case C_FIN:
		if (c->data != NULL)
			sock_fin(c->data);
		break;
	case C_RESET:
		if (c->transfer >= 0)
			c->deeds[c->transfer].aborted = true;
		sock_reset(c->data);
		/* fall through */
	case C_CLOSE:
	case C_LABEL:
		data_close(c);
		break;
	case C_STATE:
		saw(c, SEEN_STATE, c->data == NULL || !(c->data->fin_in || c->data->rst_in) ?
		    HOW_OPEN : c->data->rst_in ? HOW_RESET : HOW_EOF)->code = AT_A_GLANCE;
		break;
	case C_HALF:
		leaves(c);
		sock_fin(c->control);
		break;
	case C_LOOSE:
	case C_TIGHT:
		c->view->loose = op->kind == C_LOOSE;
		break;
	default:
		finish(c); /* C_BYE */
		return true;
	}
	next(c);
	return true;
}

static bool
client_op(struct client *c, const struct op *op)
{
	switch (op->kind) {
	case C_SEND:
	case C_MORE:
		op_send(c, op, op->kind == C_MORE);
		return true;
	case C_RAW:
		op_raw(c, op);
		return true;
	case C_ABOR:
		if (c->last_code < 400) {
			next(c);
			return true;
		}
		return op_reply(c, C_FINAL);
	case C_REPLY:
	case C_FINAL:
	case C_BEGIN:
		return op_reply(c, op->kind);
	case C_ASK:
		op_ask(c, op);
		return true;
	case C_ANSWER:
		return op_answer(c);
	case C_DIAL:
		return op_dial(c);
	case C_DATA:
		return op_data(c);
	case C_PUT:
		return op_put(c, op);
	case C_GET:
		return op_get(c, op);
	case C_ENDED:
		return op_ended(c);
	case C_SLEEP:
		return op_sleep(c, op);
	case C_EOF:
		return op_eof(c);
	case C_DIE:
		client_kill(c);
		return true;
	default:
		return op_simple(c, op);
	}
}

static void
client_run(void *arg)
{
	struct client *c = arg;
	const char *line;

	if (c->over)
		return;
	while ((line = lines_next(&c->lines, c->control)) != NULL)
		reply_line(c, line);
	while (!c->over && c->pc < c->d->client_ops) {
		const struct op *op = &c->d->client[c->pc];

		if (op->off)
			c->pc++;
		else if (!client_op(c, op))
			return;
	}
	if (!c->over)
		finish(c);
}

/* ---- life ---- */

struct client *
client_new(const struct dialogue *d, struct view *view, struct deeds *deeds)
{
	struct client *c = world_new(sizeof(*c));

	c->d = d;
	c->view = view;
	c->deeds = deeds;
	c->transfer = c->answered = -1;
	c->patience = PATIENCE;
	return c;
}

void
client_start(struct client *c, uint16_t port)
{
	c->control = net_dial(HOST_CLIENT, port, false, client_run, c);
}

bool
client_done(const struct client *c)
{
	return c->over;
}

bool
client_alive(const struct client *c)
{
	return !c->dead;
}

void
client_kill(struct client *c)
{
	bool data_first = dice_chance(&world_dice, 50);

	if (c->over)
		return;
	c->dead = true;
	if (c->transfer >= 0)
		c->deeds[c->transfer].aborted = true;
	if (data_first)
		data_close(c);
	sock_close(c->control);
	finish(c);
}
