/* The session machine's actions and the broker, which carries them out and tells what it sees. */
#include "control/run_private.h"

#include <poll.h>
#include <string.h>

#define CONTROL_CHECK (UINT32_MAX - 1) /* in place of a channel: about the control connection */
#define DELAY_BYTES 8192
#define DELAY_LEAST_MS 30
#define DELAY_MOST_MS 90
#define DELAYS 4

/* ---- asking ---- */

/* A broker that takes nothing more has ended: the loop will read its end of file. */
static void
run_ask(struct run *r, const struct action *a, const struct run_channel *ch)
{
	struct action ask = *a;

	if (r->deaf)
		return;
	if (ch != NULL)
		memcpy(ask.turn, ch->turn, sizeof(ask.turn));
	r->deaf = ask_send(&r->out, &ask) == -1;
}

void
run_check(struct run *r, enum side end)
{
	run_ask(r, &(struct action){ .kind = ACT_CHECK, .channel = CONTROL_CHECK, .end = end }, NULL);
}

/* ---- channels ---- */

static struct run_channel *
channel_find(struct run *r, unsigned id)
{
	for (int i = 0; i < CHANNELS_MAX; i++)
		if (r->channel[i].id == id)
			return &r->channel[i];
	return NULL;
}

static struct run_channel *
channel_get(struct run *r, unsigned id)
{
	struct run_channel *ch = channel_find(r, id);

	if (id == 0)
		return &r->whole;
	if (ch == NULL && (ch = channel_find(r, 0)) != NULL)
		*ch = (struct run_channel){ .run = r, .id = id, .began = loop_now() };
	return ch;
}

static void
channel_timer(void *arg)
{
	struct run_channel *ch = arg;
	struct run *r = ch->run;

	session_event(r->session, &(struct event){ .kind = EV_TIMER, .channel = ch->id });
	run_actions(r);
}

static void
channel_end(struct run *r, struct run_channel *ch, const struct action *a)
{
	bool aborted = a->kind == ACT_ABORT;

	timer_stop(&ch->timer);
	if (aborted) /* the reply goes before the reset */
		control_flush(&r->control[CLIENT]);
	run_log_transfer(r, ch, aborted);
	run_ask(r, a, ch);
	ch->id = 0;
}

/* More channels than there may be are a fault of ours: what is asked of them is left out. */
static void
run_action(struct run *r, const struct action *a)
{
	struct run_channel *ch = channel_get(r, a->channel);

	if (ch == NULL)
		return;
	switch (a->kind) {
	case ACT_HANGUP:
		control_hangup(&r->control[a->end]);
		return;
	case ACT_CONTROL_EOF:
		r->control[a->end].half_close = true;
		return;
	case ACT_TIMER:
		timer_stop(&ch->timer);
		if (a->ms > 0)
			timer_set(&ch->timer, r->loop, a->ms, channel_timer, ch);
		return;
	case ACT_CLOSE:
	case ACT_ABORT:
		channel_end(r, ch, a);
		return;
	case ACT_OPEN:
		for (int side = CLIENT; side <= SERVER; side++)
			ch->turn[side] += a->ends[side].verb != END_NONE;
		break;
	case ACT_CANCEL:
		ch->turn[a->end]++;
		break;
	case ACT_BEGIN: /* the command goes before its data */
		ch->began = loop_now();
		control_flush(&r->control[SERVER]);
		break;
	default:
		break;
	}
	run_ask(r, a, ch);
}

/* Carry out what the session wants; output goes out and frees room for more input. */
void
run_actions(struct run *r)
{
	struct action a;

	do {
		while (session_next(r->session, &a))
			run_action(r, &a);
		for (int side = CLIENT; side <= SERVER; side++)
			if (r->control[side].rfd != -1)
				control_flush(&r->control[side]);
	} while (session_next(r->session, &a) && (run_action(r, &a), true));
	run_warn(r);
	for (int side = CLIENT; side <= SERVER; side++)
		control_arm(&r->control[side]);
	report_touch(r);
}

/* ---- answers ---- */

/* A server writes a small file and its end at once, but an sshd that holds small packets back sends the
 * end when the data are acknowledged: 40 ms after them, if nothing else delays that. */
static void
watch_delay(struct run *r, struct run_channel *ch, const struct event *e)
{
	uint64_t now = loop_now(), ms = now - ch->moved;
	struct session_count count;

	if (e->end != SERVER || !r->config->session.far[SERVER] || r->config->status_fd == -1)
		return;
	if (e->kind == EV_MOVED)
		ch->moved = now;
	counts_get(r->config->counts, ch->id, &count);
	if (e->kind != EV_EOF || ch->moved == 0 || count.from[SERVER] > DELAY_BYTES)
		return;
	r->delayed = ms >= DELAY_LEAST_MS && ms <= DELAY_MOST_MS ? r->delayed + 1 : 0;
	if (r->delayed == DELAYS)
		run_notify(r, NOTICE_DELAY, "");
}

/* What is about a channel that is no more, or an end that was asked for anew since, is old. */
static void
answer_handle(struct run *r, struct answer *a)
{
	struct event *e = &a->event;
	struct run_channel *ch = e->channel != 0 ? channel_find(r, e->channel) : &r->whole;
	unsigned kind = e->kind;

	if (kind == EV_GONE)
		session_fail(r->session, "the ssh connection is gone");
	else if (kind == EV_ALIVE && e->channel == CONTROL_CHECK)
		run_checked(r);
	else if (kind <= EV_ALIVE && e->end <= SERVER && ch != NULL &&
	    (kind == EV_ALIVE || ch->turn[e->end] == e->turn)) {
		e->reason = a->reason[0] != '\0' ? a->reason : NULL;
		watch_delay(r, ch, e);
		session_event(r->session, e);
	}
}

/* One answer; false: there is none. */
static bool
answer_take(struct run *r)
{
	struct answer a;
	int n = r->out.fd == -1 ? 0 : ask_receive(r->out.fd, &a, sizeof(a));

	if (n == 1)
		answer_handle(r, &a);
	else if (n == -1) {
		r->deaf = true;
		r->out.fd = -1;
		watch_pause(r->out.watch, true);
		session_fail(r->session, "the helper has lost its broker");
	}
	return n == 1;
}

void
run_hear(struct run *r)
{
	while (answer_take(r))
		;
}

void
run_ask_ready(void *arg, short revents)
{
	struct run *r = arg;

	if ((revents & POLLOUT) && ask_flush(&r->out) == -1)
		r->deaf = true;
	answer_take(r);
	run_actions(r);
}
