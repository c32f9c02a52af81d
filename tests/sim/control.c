/* A control connection of the session process. */
#include "coverage.h"
#include "trace.h"
#include "tunnel_private.h"

#define LINGER (5 * SECOND)

static void
control_gives_up(void *arg)
{
	struct control *c = arg;

	sock_close(c->sock);
}

static void
control_discards(void *arg)
{
	struct control *c = arg;

	sock_read(c->sock, NULL, (size_t)-1);
	if (sock_ended(c->sock))
		sock_close(c->sock);
}

void
control_write(struct control *c)
{
	size_t len;
	const char *data;

	if (c->sock == NULL || c->over)
		return;
	while (data = session_output(c->t->session, c->side, &len), len > 0) {
		size_t n = c->sock->dead || c->sock->gone ? len : sock_write(c->sock, data, len);

		if (n == 0)
			return;
		trace_bytes(c->side == CLIENT ? "<" : ">>", data, n);
		session_sent(c->t->session, c->side, n);
	}
	if (c->half || c->hang)
		sock_fin(c->sock);
	if (c->hang) {
		c->over = true;
		c->sock->wake = control_discards;
		control_discards(c);
		world_in(LINGER, control_gives_up, c);
	}
}

/* false: nothing was there, or nothing is wanted. */
bool
control_read(struct control *c)
{
	struct session *s = c->t->session;
	uint8_t bytes[4096];
	size_t n, room = session_room(s, c->side);

	if (c->sock == NULL || c->over)
		return false;
	if (room > sizeof(bytes))
		room = sizeof(bytes);
	if (dice_chance(&world_dice, 10))
		room = room > 7 ? 7 : room;
	n = sock_read(c->sock, bytes, room);
	if (n > 0) {
		trace_bytes(c->side == CLIENT ? ">" : "<<", bytes, n);
		if (c->side == SERVER)
			coverage_reply(s, (const char *)bytes, n);
		session_push(s, c->side, bytes, n);
		return true;
	}
	if ((sock_ended(c->sock) || c->sock->dead) && !c->eof_told) {
		c->eof_told = true;
		session_eof(s, c->side);
		return true;
	}
	return false;
}
