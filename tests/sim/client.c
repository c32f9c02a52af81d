/* The client: a script, a control connection, one data connection at a time. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client_private.h"

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
void
client_wait(struct client *c, uint64_t us)
{
	if (c->entered)
		return;
	c->entered = true;
	c->timer = world_in(us, client_late, c);
}

void
client_next(struct client *c)
{
	world_forget(c->timer);
	c->timer = NULL;
	c->entered = c->late = false;
	c->pc++;
}

void
client_gives_up(struct client *c)
{
	client_next(c);
	while (c->pc < c->d->client_ops && c->d->client[c->pc].kind != C_LABEL)
		c->pc++;
}

/* Without having read how its transfer has ended, or that nobody will say it, and without a word: it might
 * as well have died. */
void
client_leaves(struct client *c)
{
	if (c->transfer >= 0 && c->answered != c->transfer && !c->quit && !sock_ended(c->control))
		c->deeds[c->transfer].aborted = true;
}

void
client_finish(struct client *c)
{
	client_leaves(c);
	world_forget(c->timer);
	client_data_close(c);
	sock_close(c->control);
	c->over = true;
}

struct seen *
client_saw(struct client *c, enum seen_kind kind, enum how how)
{
	struct seen *s = view_add(c->view, kind, how);

	s->transfer = c->transfer;
	return s;
}

/* ---- operations: false = it still waits ---- */

static bool
op_sleep(struct client *c, const struct op *op)
{
	client_wait(c, (uint64_t)op->n * MS);
	if (!c->late)
		return false;
	client_next(c);
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
		client_data_close(c);
		break;
	case C_STATE:
		client_saw(c, SEEN_STATE,
		    c->data == NULL || !(c->data->fin_in || c->data->rst_in) ? HOW_OPEN
		    : c->data->rst_in                                        ? HOW_RESET
									     : HOW_EOF)
		    ->code = AT_A_GLANCE;
		break;
	case C_HALF:
		client_leaves(c);
		sock_fin(c->control);
		break;
	case C_LOOSE:
	case C_TIGHT:
		c->view->loose = op->kind == C_LOOSE;
		break;
	default:
		client_finish(c); /* C_BYE */
		return true;
	}
	client_next(c);
	return true;
}

static bool
client_op(struct client *c, const struct op *op)
{
	switch (op->kind) {
	case C_SEND:
	case C_MORE:
		client_op_send(c, op, op->kind == C_MORE);
		return true;
	case C_RAW:
		client_op_raw(c, op);
		return true;
	case C_ABOR:
		if (c->last_code < 400) {
			client_next(c);
			return true;
		}
		return client_op_reply(c, C_FINAL);
	case C_REPLY:
	case C_FINAL:
	case C_BEGIN:
		return client_op_reply(c, op->kind);
	case C_ASK:
		client_op_ask(c, op);
		return true;
	case C_ANSWER:
		return client_op_answer(c);
	case C_UNTIL:
		return client_op_until(c, op);
	case C_STRANGER:
		client_op_stranger(c, op);
		return true;
	case C_DIAL:
		return client_op_dial(c);
	case C_DATA:
		return client_op_data(c);
	case C_PUT:
		return client_op_put(c, op);
	case C_GET:
		return client_op_get(c, op);
	case C_ENDED:
		return client_op_ended(c);
	case C_SLEEP:
		return op_sleep(c, op);
	case C_EOF:
		return client_op_eof(c);
	case C_DIE:
		client_kill(c);
		return true;
	default:
		return op_simple(c, op);
	}
}

void
client_run(void *arg)
{
	struct client *c = arg;
	const char *line;

	if (c->over)
		return;
	while ((line = lines_next(&c->lines, c->control)) != NULL)
		client_reply_line(c, line);
	while (!c->over && c->pc < c->d->client_ops) {
		const struct op *op = &c->d->client[c->pc];

		if (op->off)
			c->pc++;
		else if (!client_op(c, op))
			return;
	}
	if (!c->over)
		client_finish(c);
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
		client_data_close(c);
	sock_close(c->control);
	client_finish(c);
}
