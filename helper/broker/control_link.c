#include "broker/control_link.h"

enum { NEAR, FAR };

void
control_link_close(void *arg)
{
	struct control_link *l = arg;

	for (int i = NEAR; i <= FAR; i++) {
		stream_free(l->stream[i]);
		l->stream[i] = NULL;
		relay_free(&l->relay[i]);
	}
}

static void
link_pump(struct control_link *l, int from)
{
	struct stream *to = l->stream[!from];

	if (to == NULL || l->ended[from])
		return;
	switch (relay_run(&l->relay[from], l->stream[from], to)) {
	case RELAY_READ:
	case RELAY_WRITE:
		break;
	case RELAY_END:
		l->ended[from] = true;
		stream_eof(to);
		break;
	default:
		control_link_close(l);
	}
}

static void
link_event(void *arg, enum proxy_event event, const char *reason)
{
	link_pump(arg, NEAR);
	link_pump(arg, FAR);
}

bool
control_link_open(struct control_link *l, struct loop *loop, int near, struct stream *far)
{
	l->stream[FAR] = far;
	l->stream[NEAR] = stream_of(loop, near, &l->uses);
	if (l->stream[NEAR] == NULL) {
		control_link_close(l);
		return false;
	}
	for (int i = NEAR; i <= FAR; i++) {
		stream_owner(l->stream[i], link_event, l);
		stream_wait_read(l->stream[i], true);
	}
	link_pump(l, FAR); /* the greeting may be there */
	return true;
}

void
control_link_pump(struct control_link *l)
{
	link_pump(l, NEAR);
}

bool
control_link_over(const struct control_link *l)
{
	return l->stream[NEAR] == NULL || (l->ended[NEAR] && l->ended[FAR]);
}
