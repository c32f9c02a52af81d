/* The client and its data connection. */
#include "client_private.h"

void
client_data_close(struct client *c)
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
data_new(struct client *c, struct sock *s)
{
	c->data = s;
	c->got = c->put = c->had = 0;
	c->had_end = false;
}

/* Direct it is the server's port, and who comes there is no matter of ours. */
void
client_op_stranger(struct client *c, const struct op *op)
{
	int t = transfer_of(op->text);

	if (!net.direct && !c->active && c->port != 0)
		stranger_comes(
		    HOST_CLIENT, c->port, op->text, !c->d->knob[K_FAR], &c->deeds[t < 0 ? 0 : t]);
	client_next(c);
}

bool
client_op_dial(struct client *c)
{
	if (c->active) {
		client_next(c);
		return true;
	}
	if (!c->entered) {
		data_new(c, net_dial(HOST_CLIENT, c->port, false, client_run, c));
		c->data->aside = c->aside = world_new(sizeof(*c->aside));
		if (c->transfer >= 0)
			c->deeds[c->transfer].aside = c->aside;
	}
	client_wait(c, DIAL_PATIENCE);
	if (c->data->connected) {
		client_saw(c, SEEN_DIALLED, HOW_OK);
		client_next(c);
		return true;
	}
	if (!c->data->refused && !c->late)
		return false;
	client_saw(c, SEEN_DIALLED, c->late ? HOW_SILENCE : HOW_REFUSED);
	client_gives_up(c);
	return true;
}

bool
client_op_data(struct client *c)
{
	struct sock *s;

	if (!c->active || c->data != NULL) {
		client_next(c);
		return true;
	}
	client_wait(c, DIAL_PATIENCE);
	s = listener_accept(c->listener, client_run, c);
	if (s == NULL && !c->late)
		return false;
	client_saw(c, SEEN_DIALLED, s ? HOW_OK : HOW_SILENCE);
	if (s == NULL) {
		client_gives_up(c);
		return true;
	}
	data_new(c, s);
	client_next(c);
	return true;
}

bool
client_op_put(struct client *c, const struct op *op)
{
	uint8_t bytes[512];

	if (!c->entered)
		c->goal = c->put + (uint64_t)op->n;
	client_wait(c, PATIENCE);
	if (c->data == NULL) {
		client_next(c);
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
	client_saw(c, SEEN_SENT,
	    c->put == c->goal ? HOW_OK
	    : c->data->dead   ? HOW_RESET
			      : HOW_SILENCE);
	client_next(c);
	return true;
}

bool
client_op_get(struct client *c, const struct op *op)
{
	uint8_t bytes[2048];
	size_t n;
	bool wrong = false;

	client_wait(c, PATIENCE);
	if (c->data == NULL) {
		client_next(c);
		return true;
	}
	while ((op->n == 0 || c->got < (uint64_t)op->n) &&
	       (n = sock_read(c->data, bytes,
		    op->n == 0 || (uint64_t)op->n - c->got > sizeof(bytes)
			? sizeof(bytes)
			: (size_t)((uint64_t)op->n - c->got))) > 0)
		for (size_t i = 0; i < n; i++)
			wrong |= bytes[i] != pattern_at(c->transfer, c->got++);
	if (wrong)
		client_saw(c, SEEN_RECEIVED, HOW_WRONG)->n = (unsigned)c->got;
	if (op->n > 0 && c->got >= (uint64_t)op->n) {
		client_next(c);
		return true;
	}
	if (!sock_ended(c->data) && !c->late)
		return false;
	client_saw(c, SEEN_RECEIVED,
	    !sock_ended(c->data) ? HOW_SILENCE
	    : c->data->rst_in    ? HOW_RESET
				 : HOW_EOF)
	    ->n = (unsigned)c->got;
	client_data_close(c);
	client_next(c);
	return true;
}

bool
client_op_ended(struct client *c)
{
	client_wait(c, PATIENCE);
	if (c->data != NULL)
		sock_read(c->data, NULL, (size_t)-1);
	if (c->data != NULL && !sock_ended(c->data) && !c->late)
		return false;
	client_saw(c, SEEN_STATE,
	    c->data == NULL || !sock_ended(c->data) ? HOW_OPEN
	    : c->data->rst_in                       ? HOW_RESET
						    : HOW_EOF);
	client_data_close(c);
	client_next(c);
	return true;
}
