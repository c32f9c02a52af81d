#include "broker/control_link.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/memory.h"
#include "relay/relay.h"

enum { NEAR, FAR };

struct control_link {
	struct control_end {
		struct control_link *link;
		struct stream *stream;
		struct relay relay; /* from here to the other */
		bool ended;
	} end[2];
	unsigned uses; /* of the near stream */
};

static void
link_close(struct control_link *l)
{
	for (int i = NEAR; i <= FAR; i++) {
		stream_free(l->end[i].stream);
		l->end[i].stream = NULL;
		l->end[i].ended = true;
		relay_free(&l->end[i].relay);
	}
}

static struct control_end *
other(const struct control_end *e)
{
	return &e->link->end[e == &e->link->end[NEAR] ? FAR : NEAR];
}

static void
end_pump(struct control_end *e)
{
	struct stream *to = other(e)->stream;

	if (e->ended)
		return;
	switch (relay_run(&e->relay, e->stream, to)) {
	case RELAY_READ:
	case RELAY_WRITE:
		break;
	case RELAY_END:
		e->ended = true;
		stream_eof(to);
		break;
	default:
		link_close(e->link);
	}
}

static void
end_event(void *arg, enum stream_event event, const char *reason)
{
	end_pump(event == STREAM_WRITABLE ? other(arg) : arg);
}

struct control_link *
control_link_new(struct loop *loop, int near, struct stream *far)
{
	struct control_link *l = memory_new(sizeof(*l));

	if (l == NULL) {
		close(near);
		stream_free(far);
		return NULL;
	}
	l->end[FAR] = (struct control_end){ .link = l, .stream = far };
	l->end[NEAR] = (struct control_end){ .link = l,
		.stream = stream_of(loop, near, &l->uses) };
	if (l->end[NEAR].stream == NULL) {
		control_link_free(l);
		return NULL;
	}
	for (int i = NEAR; i <= FAR; i++) {
		stream_owner(l->end[i].stream, end_event, &l->end[i]);
		stream_wait_read(l->end[i].stream, true);
	}
	end_pump(&l->end[FAR]); /* the greeting may be there */
	return l;
}

void
control_link_free(struct control_link *l)
{
	if (l == NULL)
		return;
	link_close(l);
	free(l);
}

void
control_link_pump(struct control_link *l)
{
	end_pump(&l->end[NEAR]);
}

bool
control_link_over(const struct control_link *l)
{
	return l->end[NEAR].ended && l->end[FAR].ended;
}
