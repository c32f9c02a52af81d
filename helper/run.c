#include "run.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addresses.h"
#include "ask.h"
#include "control.h"
#include "counts.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "notice.h"
#include "report.h"

#define CHANNELS_MAX COUNTS_MAX
#define CONTROL_CHECK (UINT32_MAX - 1) /* in place of a channel: about the control connection */
#define SILENT_MS 10000   /* a server that is slower than that may wait for TLS */
#define LAST_WORDS_MS 5000 /* for the broker to take the last requests */

/* What is known of a channel beside the machine. */
struct run_channel {
	struct run *run;
	unsigned id; /* 0 = free; that of the session itself has 0, too */
	unsigned turn[2];
	uint64_t began;
	struct timer *timer; /* of the machine */
};

struct run {
	const struct run_config *config;
	struct loop *loop;
	struct session *session;
	struct control control[2];
	struct ask_out out;
	struct watch *ask, *stop, *status;
	struct timer *idle, *grace, *silent, *greeting;
	struct report *report;
	struct run_channel channel[CHANNELS_MAX], whole;
	unsigned ids[CHANNELS_MAX]; /* as in channel, for the report */
	uint64_t began;
	unsigned transfers;
	bool warned, told[NOTICE_COUNT];
	bool server_checking; /* whose end is it: the server's, or that of the ssh connection? */
	bool mute;            /* the server has never greeted */
	bool deaf;            /* the broker is gone: nothing new can be opened */
};

static void run_actions(struct run *);

/* ---- what the user is told ---- */

static void
notify(struct run *r, enum notice notice)
{
	const struct notice_about about = { .server = r->config->session.server_name,
		.destination = "", .why = "" };
	char text[1024];

	if (r->told[notice])
		return;
	r->told[notice] = true;
	if (r->config->status_fd == -1)
		log_at(LOG_NORMAL, "%s", notice_text(text, sizeof(text), notice, &about));
	else
		notice_send(r->config->status_fd, notice, "", -1);
}

/* "127.0.0.1:40000 user" */
static const char *
who(const struct run *r, char *text, size_t size)
{
	const char *user = session_user(r->session);
	char escaped[260];

	log_escape(escaped, sizeof(escaped), user, strlen(user));
	snprintf(text, size, "%s%s%s", r->config->peer, *escaped != '\0' ? " " : "", escaped);
	return text;
}

static double
seconds_since(uint64_t ms)
{
	return (double)(loop_now() - ms) / 1000;
}

static void
log_session(const struct run *r, bool begins)
{
	char text[600];

	if (begins)
		log_at(LOG_SESSIONS, "%s: session with the FTP server %s begins", r->config->peer,
		    r->config->session.server_name);
	else
		log_at(LOG_SESSIONS, "%s: session ends after %.2f s, %u transfers",
		    who(r, text, sizeof(text)), seconds_since(r->began), r->transfers);
}

static void
log_transfer(struct run *r, const struct run_channel *ch, bool aborted)
{
	const char *line = session_transfer(r->session, ch->id);
	int final = session_final(r->session, ch->id);
	char text[600], whom[600], reply[16] = "no reply";
	struct session_count count;

	if (line[0] == '\0')
		return;
	r->transfers++;
	if (log_level() < LOG_SESSIONS)
		return;
	if (final != 0)
		snprintf(reply, sizeof(reply), "reply %d", final);
	counts_get(r->config->counts, ch->id, &count);
	log_at(LOG_SESSIONS, "%s: %s: %llu bytes in %.2f s, %s%s", who(r, whom, sizeof(whom)),
	    log_escape(text, sizeof(text), line, strlen(line)),
	    (unsigned long long)(count.from[CLIENT] + count.from[SERVER]), seconds_since(ch->began),
	    reply, aborted ? ", broken off" : "");
}

static void
run_warn(struct run *r)
{
	if (session_wants_tls(r->session))
		notify(r, NOTICE_TLS);
	if (r->warned || !session_opaque(r->session))
		return;
	r->warned = true;
	log_at(LOG_NORMAL, "%s: TLS was let through (FtpTls=pass): its data connections do not go "
	    "through ssh", r->config->peer);
}

/* ---- the broker ---- */

/* A broker that takes nothing more is none: the loop finds its end of file soon. */
static void
run_send(struct run *r, const struct ask *ask)
{
	if (r->deaf)
		return;
	if (ask_send(&r->out, ask) == -1)
		r->deaf = true;
	watch_events(r->ask, ask_kept(&r->out) > 0 ? POLLIN | POLLOUT : POLLIN);
}

static void
run_ask(struct run *r, const struct action *a, const struct run_channel *ch)
{
	struct ask ask;

	memset(&ask, 0, sizeof(ask)); /* padding and all: it goes to another process */
	ask.kind = a->kind;
	ask.channel = a->channel;
	ask.end = a->end;
	ask.mask = a->mask;
	ask.upload = a->upload;
	for (int side = CLIENT; side <= SERVER; side++) {
		ask.turn[side] = ch != NULL ? ch->turn[side] : 0;
		ask.ends[side].verb = a->ends[side].verb;
		ask.ends[side].address = a->ends[side].address;
	}
	run_send(r, &ask);
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
	if (ch == NULL && (ch = channel_find(r, 0)) != NULL) {
		*ch = (struct run_channel){ .run = r, .id = id, .began = loop_now() };
		r->ids[ch - r->channel] = id;
	}
	return ch;
}

static void
channel_timer(void *arg)
{
	struct run_channel *ch = arg;
	struct run *r = ch->run;

	ch->timer = NULL;
	session_event(r->session, &(struct event){ .kind = EV_TIMER, .channel = ch->id });
	run_actions(r);
}

static void
channel_set_timer(struct run_channel *ch, unsigned ms)
{
	timer_free(ch->timer);
	ch->timer = ms > 0 ? loop_timer(ch->run->loop, ms, channel_timer, ch) : NULL;
}

static void
channel_end(struct run *r, struct run_channel *ch, const struct action *a)
{
	bool aborted = a->kind == ACT_ABORT;

	log_transfer(r, ch, aborted);
	report_closed(r->report, ch->id, aborted);
	channel_set_timer(ch, 0);
	if (aborted) /* the reply goes before the reset */
		control_flush(&r->control[CLIENT]);
	run_ask(r, a, ch);
	r->ids[ch - r->channel] = 0;
	ch->id = 0;
}

/* A machine that has more channels than it may has lost its senses. */
static void
channel_action(struct run *r, const struct action *a)
{
	struct run_channel *ch = channel_get(r, a->channel);

	if (ch == NULL)
		return;
	switch (a->kind) {
	case ACT_TIMER:
		channel_set_timer(ch, a->ms);
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
		control_flush(&r->control[SERVER]);
		break;
	default:
		break;
	}
	run_ask(r, a, ch);
}

static void
run_action(struct run *r, const struct action *a)
{
	switch (a->kind) {
	case ACT_HANGUP:
		control_hangup(&r->control[a->end]);
		break;
	case ACT_CONTROL_EOF:
		control_half_close(&r->control[a->end]);
		break;
	default:
		channel_action(r, a);
	}
}

/* Carry out what the session wants; output goes out and frees room for more input. */
static void
run_actions(struct run *r)
{
	struct action a;

	do {
		while (session_next(r->session, &a))
			run_action(r, &a);
		for (int side = CLIENT; side <= SERVER; side++)
			if (!control_closed(&r->control[side]))
				control_flush(&r->control[side]);
	} while (session_next(r->session, &a) && (run_action(r, &a), true));
	run_warn(r);
	for (int side = CLIENT; side <= SERVER; side++)
		control_arm(&r->control[side]);
	report_touch(r->report);
}

/* ---- answers ---- */

static void
server_ended(struct run *r)
{
	r->server_checking = false;
	if (!session_greeted(r->session))
		notify(r, NOTICE_NO_SERVER);
	session_eof(r->session, SERVER);
}

/* What is about a channel that is no more, or an end that was asked for anew since, is old. */
static void
answer_event(struct run *r, const struct answer *a)
{
	const struct event e = { .kind = (enum event_kind)a->kind, .channel = a->channel,
		.end = (enum side)a->end, .port = (uint16_t)a->port,
		.client = (enum client_state)a->client,
		.reason = a->reason[0] != '\0' ? a->reason : NULL };
	const struct run_channel *ch = a->channel != 0 ? channel_find(r, a->channel) : &r->whole;

	if (ch == NULL || (e.kind != EV_ALIVE && ch->turn[e.end] != a->turn))
		return;
	session_event(r->session, &e);
}

static void
answer_handle(struct run *r, const struct answer *a)
{
	if (a->kind == ANSWER_GONE)
		session_fail(r->session, "the ssh connection is gone");
	else if (a->kind == EV_ALIVE && a->channel == CONTROL_CHECK && r->server_checking)
		server_ended(r);
	else if (a->kind <= EV_ALIVE && a->end <= SERVER)
		answer_event(r, a);
}

static void
ask_ready(void *arg, short revents)
{
	struct run *r = arg;
	struct answer a;
	int n;

	if ((revents & POLLOUT) && ask_flush(&r->out) == -1)
		r->deaf = true;
	watch_events(r->ask, ask_kept(&r->out) > 0 ? POLLIN | POLLOUT : POLLIN);
	if ((n = ask_receive(r->out.fd, &a, sizeof(a))) == 1)
		answer_handle(r, &a);
	else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
		r->deaf = true;
		watch_pause(r->ask, true);
		session_fail(r->session, "the helper has lost its broker");
	}
	run_actions(r);
}

/* ---- control connections ---- */

static void
control_ended(struct run *r, enum side side)
{
	const struct action check = { .kind = ACT_CHECK, .channel = CONTROL_CHECK };

	if (side == CLIENT)
		session_eof(r->session, CLIENT);
	else if (!r->config->session.far[SERVER] || r->deaf)
		server_ended(r);
	else {
		r->server_checking = true;
		run_ask(r, &check, NULL);
	}
}

static void
run_idle(void *arg)
{
	struct run *r = arg;

	r->idle = NULL;
	if (session_busy(r->session)) {
		r->idle = loop_timer(r->loop, r->config->idle_ms, run_idle, r);
		return;
	}
	session_fail(r->session, "idle for too long (FtpTimeout)");
	run_actions(r);
}

static void
run_touch(struct run *r)
{
	if (r->config->idle_ms == 0)
		return;
	timer_free(r->idle);
	r->idle = loop_timer(r->loop, r->config->idle_ms, run_idle, r);
}

static void
control_event(void *arg, enum side side, enum control_event event)
{
	struct run *r = arg;

	if (event == CONTROL_ENDED) {
		control_ended(r, side);
		return;
	}
	run_touch(r);
	run_actions(r);
}

/* ---- being told to stop; the tunnel ---- */

static void
run_stop(void *arg)
{
	struct run *r = arg;

	r->grace = NULL;
	session_fail(r->session, "the tunnel is going down");
	run_actions(r);
}

static void
stop_ready(void *arg, short revents)
{
	struct run *r = arg;

	(void)revents;
	watch_free(r->stop);
	watch_free(r->status);
	r->stop = r->status = NULL;
	if (r->config->grace_ms > 0 && session_busy(r->session))
		r->grace = loop_timer(r->loop, r->config->grace_ms, run_stop, r);
	else
		run_stop(r);
}

/* A channel that the user closes has failed: for a download the server's side broke, for an
 * upload the client's, so that nobody takes what there is for the whole file. */
static void
close_channel(struct run *r, unsigned id)
{
	bool up = strcmp(session_direction(r->session, id), "up") == 0;

	if (id != 0 && channel_find(r, id) != NULL)
		session_event(r->session, &(struct event){ .kind = EV_RESET, .channel = id,
		    .end = up ? CLIENT : SERVER, .client = CLIENT_LIVES });
}

static void
tunnel_ready(void *arg, short revents)
{
	struct run *r = arg;
	unsigned channel;

	switch (report_request(r->report, &channel)) {
	case -1:
		stop_ready(r, revents);
		return;
	case 0:
		return;
	}
	if (channel == 0)
		session_fail(r->session, "closed by ftp-over-ssh-ctl");
	else
		close_channel(r, channel);
	run_actions(r);
}

/* ---- callbacks of the machine ---- */

static void
run_trace(void *arg, enum side from, const char *line, size_t len)
{
	struct run *r = arg;

	report_line(r->report, from, line, len);
	if (r->config->trace != NULL)
		r->config->trace(r->config->trace_arg, from, line, len);
}

static void
run_count(void *arg, unsigned channel, struct session_count *count)
{
	counts_get(((struct run *)arg)->config->counts, channel, count);
}

static bool
run_own_address(void *arg, const struct ftp_address *a)
{
	return own_address(((struct run *)arg)->config->own, a);
}

/* ---- time ---- */

static void
silent_due(void *arg)
{
	struct run *r = arg;

	r->silent = NULL;
	if (!session_greeted(r->session))
		notify(r, NOTICE_SILENT);
}

static void
greeting_due(void *arg)
{
	struct run *r = arg;

	r->greeting = NULL;
	if (session_greeted(r->session))
		return;
	r->mute = true;
	session_fail(r->session, "no greeting from the FTP server");
	run_actions(r);
}

/* What was not there may have been anything: a reply, a listener, a timer. */
static void
run_look(struct run *r)
{
	if (!memory_reserve()) {
		session_fail(r->session, "out of memory");
		run_actions(r);
	}
	if (r->grace != NULL && !session_busy(r->session)) {
		timer_free(r->grace);
		run_stop(r);
	}
}

/* ---- life ---- */

static bool
run_over(const struct run *r)
{
	return session_over(r->session) && control_closed(&r->control[CLIENT]) &&
	    control_closed(&r->control[SERVER]);
}

static struct control
control_of(struct run *r, enum side side, int rfd, int wfd)
{
	return (struct control){ .loop = r->loop, .session = r->session, .side = side, .rfd = rfd,
		.wfd = wfd, .fn = control_event, .arg = r };
}

static int
run_open(struct run *r)
{
	const struct run_config *c = r->config;
	const struct report_config report = { c->status_fd, c->method, r->ids, CHANNELS_MAX,
		c->counts };
	struct session_config session = c->session;

	session.trace = run_trace;
	session.count = run_count;
	session.own_address = c->own != NULL ? run_own_address : NULL;
	session.arg = r;
	r->loop = loop_new();
	r->session = r->loop != NULL ? session_new(&session) : NULL;
	r->control[CLIENT] = control_of(r, CLIENT, c->client_rfd, c->client_wfd);
	r->control[SERVER] = control_of(r, SERVER, c->server_fd, c->server_fd);
	if (r->session == NULL || (r->report = report_new(r->loop, r->session, &report)) == NULL)
		return -1;
	if (control_open(&r->control[CLIENT]) == -1 || control_open(&r->control[SERVER]) == -1)
		return -1;
	r->whole.run = r;
	r->out = (struct ask_out){ .fd = c->ask_fd, .size = sizeof(struct ask) };
	r->ask = loop_watch(r->loop, c->ask_fd, POLLIN, ask_ready, r);
	r->stop = loop_watch(r->loop, c->stop_fd, POLLIN, stop_ready, r);
	if (c->status_fd != -1) /* its end means that the tunnel was killed */
		r->status = loop_watch(r->loop, c->status_fd, POLLIN, tunnel_ready, r);
	return r->ask == NULL || r->stop == NULL ? -1 : 0;
}

/* What became of the channels the broker must have been told. */
static void
last_words(struct run *r)
{
	struct pollfd p = { .fd = r->out.fd, .events = POLLOUT };

	while (!r->deaf && ask_kept(&r->out) > 0 && poll(&p, 1, LAST_WORDS_MS) > 0)
		r->deaf = ask_flush(&r->out) == -1;
}

static void
run_close(struct run *r)
{
	report_now(r->report);
	report_free(r->report);
	last_words(r);
	ask_out_free(&r->out);
	control_close(&r->control[CLIENT]);
	control_close(&r->control[SERVER]);
	session_free(r->session);
	loop_free(r->loop);
}

int
run_session(const struct run_config *config)
{
	struct run r = { .config = config, .began = loop_now() };
	int result = 1;

	if (run_open(&r) == 0) {
		log_session(&r, true);
		r.silent = loop_timer(r.loop, SILENT_MS, silent_due, &r);
		r.greeting = loop_timer(r.loop, config->greeting_ms, greeting_due, &r);
		run_touch(&r);
		run_actions(&r);
		while (!run_over(&r) && loop_once(r.loop, -1) == 0)
			run_look(&r);
		log_session(&r, false);
		result = r.deaf || r.mute || r.told[NOTICE_NO_SERVER] ? 1 : 0;
	}
	run_close(&r);
	return result;
}
