/* The server and its data connection. */
#include "server_private.h"

void
server_forget_listener(struct server *s)
{
	if (s->listener != s->fixed)
		listener_close(s->listener);
	s->listener = NULL;
	sock_close(s->data);
	s->data = NULL;
}

static bool
data_is_there(struct server *s)
{
	if (s->data == NULL)
		s->data = listener_accept(s->listener, server_run, s);
	if (s->data == NULL && s->listener == NULL && s->address != 0)
		s->data = net_dial(HOST_SERVER, s->address, false, server_run, s);
	return s->data != NULL && s->data->connected;
}

/* quiet: no transfer wants it yet. */
bool
server_op_data(struct server *s, bool quiet)
{
	bool there = data_is_there(s), none = s->data == NULL && s->listener == NULL;
	bool refused = s->data != NULL && s->data->refused;

	server_wait(s, ACCEPT_PATIENCE);
	if (!there && !none && !refused && !s->late)
		return false;
	s->got = s->sent = 0;
	s->broken = s->whole = false;
	if (!quiet)
		server_saw(s, SEEN_DIALLED, there ? HOW_OK : refused ? HOW_REFUSED : HOW_SILENCE);
	if (there || quiet) {
		server_next(s);
		return true;
	}
	s->data = NULL;
	server_say(s, "425 no data connection");
	server_command_over(s);
	return true;
}

/* Once for a transfer, which is named. */
void
server_op_stranger(struct server *s, const struct op *op)
{
	int t = transfer_of(op->text);

	if (!net.direct && t >= 0 && s->listener == NULL && s->address != 0 && !s->deeds[t].anybody)
		stranger_comes(HOST_SERVER, s->address, op->text, false, &s->deeds[t]);
	server_next(s);
}

bool
server_op_send(struct server *s, const struct op *op)
{
	uint8_t bytes[512];
	size_t taken = 1;

	if (!s->entered)
		s->goal = s->sent + (uint64_t)op->n;
	server_wait(s, DATA_PATIENCE);
	while (s->data != NULL && s->sent < s->goal && taken > 0) {
		uint64_t n = s->goal - s->sent < sizeof(bytes) ? s->goal - s->sent : sizeof(bytes);

		for (uint64_t i = 0; i < n; i++)
			bytes[i] = pattern_at(s->transfer, s->sent + i);
		taken = sock_write(s->data, bytes, n);
		s->sent += taken;
	}
	if (s->data != NULL && s->sent < s->goal && !s->data->dead && !s->late)
		return false;
	if (s->data == NULL || s->sent < s->goal)
		s->broken = true;
	if (s->transfer >= 0)
		s->deeds[s->transfer].sent = (unsigned)s->sent;
	server_next(s);
	return true;
}

bool
server_op_recv(struct server *s, const struct op *op)
{
	uint8_t bytes[2048];
	size_t n, want = sizeof(bytes);
	bool wrong = false, ended;

	server_wait(s, DATA_PATIENCE);
	while (s->data != NULL && (op->n == 0 || s->got < (uint64_t)op->n)) {
		if (op->n > 0 && (uint64_t)op->n - s->got < want)
			want = (size_t)((uint64_t)op->n - s->got);
		if ((n = sock_read(s->data, bytes, want)) == 0)
			break;
		server_wait_again(s, DATA_PATIENCE);
		for (size_t i = 0; i < n; i++)
			wrong |= bytes[i] != pattern_at(s->transfer, s->got++);
	}
	if (wrong)
		server_saw(s, SEEN_RECEIVED, HOW_WRONG)->n = (unsigned)s->got;
	ended = s->data == NULL || sock_ended(s->data) || s->late;
	if (!ended && (op->n == 0 || s->got < (uint64_t)op->n))
		return false;
	if (op->n == 0 || s->got < (uint64_t)op->n) {
		enum how how = s->data == NULL || (s->late && !sock_ended(s->data)) ? HOW_SILENCE
			       : s->data->rst_in                                    ? HOW_RESET
										    : HOW_EOF;

		server_saw(s, SEEN_RECEIVED, how)->n = (unsigned)s->got;
		s->whole = how == HOW_EOF;
	}
	server_next(s);
	return true;
}

/* A data connection that is reset, closed, or shut down; a refused dial leaves nothing. */
void
server_op_end(struct server *s, enum op_kind kind)
{
	if (kind == S_FIN && s->data != NULL)
		sock_fin(s->data);
	if (kind == S_RESET) {
		if (s->transfer >= 0)
			s->deeds[s->transfer].sent_reset = true;
		sock_reset(s->data);
	}
	if (kind == S_FIN)
		return;
	server_forget_listener(s);
	s->address = 0;
}
