/* Somebody else: another user of the machine, or of another one, who has found a data port. */
#include <string.h>

#include "peer.h"

#define STAYS   (20 * SECOND)
#define STRANGE 0xee
#define SENDS   200

struct stranger {
	struct sock *sock;
	struct deeds *deeds;
	bool guarded, sends, leaves, there;
};

static void
stranger_leaves(void *arg)
{
	struct stranger *s = arg;

	sock_close(s->sock);
}

static void
stranger_run(void *arg)
{
	struct stranger *s = arg;
	uint8_t bytes[512];
	size_t n;

	if (s->sock->connected && !s->there) {
		s->there = true;
		memset(bytes, STRANGE, sizeof(bytes));
		if (s->sends)
			sock_write(s->sock, bytes, SENDS);
		world_in(s->leaves ? 0 : STAYS, stranger_leaves, s);
	}
	while ((n = sock_read(s->sock, bytes, sizeof(bytes))) > 0)
		s->deeds->stolen += s->guarded ? (unsigned)n : 0;
	if (s->sock->refused || sock_ended(s->sock))
		sock_close(s->sock);
}

void
stranger_comes(enum host from, uint16_t port, const char *how, bool guarded, struct deeds *deeds)
{
	struct stranger *s = world_new(sizeof(*s));

	*s = (struct stranger){ .deeds = deeds,
		.guarded = guarded,
		.sends = strstr(how, "sends") != NULL,
		.leaves = strstr(how, "leaves") != NULL };
	deeds->anybody |= !s->guarded;
	s->sock = net_dial(from, port, false, stranger_run, s);
	s->sock->owner = strstr(how, "elsewhere") != NULL ? OWNER_ELSEWHERE : OWNER_ANOTHER;
	s->sock->aside = &deeds->untold;
}
