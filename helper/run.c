#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"
#include "channel.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "notice.h"
#include "report.h"

#define CHANNELS_MAX 64        /* running ones and those that linger */
#define CONTROL_CHECK (UINT32_MAX - 1) /* in place of a channel: about the control connection */
#define FLUSH_MS 10000         /* for a hung-up peer to take what it is still sent */
#define HALF_CLOSED_MS 30000   /* for the server to answer and close after the client has */
#define SILENT_MS 10000        /* a server that is slower than that may wait for TLS */
#define SPARE_MS 60000         /* an unused spare listener is given back */

/* One of the two control connections. */
struct control {
	struct run *run;
	enum side side;
	struct conn conn;
	struct watch *read, *write;
	struct timer *flush;
	bool hangup;
	bool checked, checking; /* whose end is it: the server's, or that of the ssh connection? */
};

struct run {
	const struct run_config *config;
	struct loop *loop;
	struct session *session;
	struct control control[2];
	struct watch *ask, *stop, *status;
	struct timer *idle, *half_closed, *grace, *silent, *greeting;
	struct report *report;
	struct channel_hooks hooks;
	struct data_channel *channels[CHANNELS_MAX];
	unsigned ahead[CHANNELS_MAX]; /* the broker dials their other end without being asked again */
	struct ftp_address spare; /* the port and family of the broker's spare listener; 0 = none */
	struct timer *spare_over;
	uint64_t began, channel_began[CHANNELS_MAX];
	unsigned transfers;
	bool warned, told[NOTICE_COUNT];
	bool end_passed; /* the client's, to the server */
	bool mute; /* the server has never greeted */
	bool deaf; /* the broker is gone: nothing new can be opened */
};

static void run_actions(struct run *);
static void half_closed_over(void *);
static void hook_check(void *, unsigned channel);

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

/* ---- control connections ---- */

static void
control_close(struct control *c)
{
	watch_free(c->read);
	watch_free(c->write);
	timer_free(c->flush);
	c->read = c->write = NULL;
	c->flush = NULL;
	conn_end_write(&c->conn); /* the broker has the client's, too, as long as we last */
	conn_close(&c->conn);
}

static void
control_drop_output(struct control *c)
{
	size_t len;

	session_output(c->run->session, c->side, &len);
	session_sent(c->run->session, c->side, len);
}

static void
client_gone(struct run *r)
{
	if (r->half_closed == NULL)
		r->half_closed = loop_timer(r->loop, HALF_CLOSED_MS, half_closed_over, r);
}

static void
control_told(struct control *c)
{
	struct run *r = c->run;

	c->checking = false;
	if (c->side == CLIENT)
		client_gone(r);
	else if (!session_greeted(r->session))
		notify(r, NOTICE_NO_SERVER);
	session_eof(r->session, c->side);
}

static void
control_ended(struct control *c)
{
	watch_pause(c->read, true);
	if (c->checking)
		return;
	if (c->side == CLIENT || !c->run->config->far[SERVER] || c->run->deaf || c->checked) {
		control_told(c);
		return;
	}
	c->checked = c->checking = true;
	hook_check(c->run, CONTROL_CHECK);
}

/* Write what there is; false when nothing could be written. */
static void
control_flush(struct control *c)
{
	const char *data;
	size_t len;
	ssize_t n;

	while ((data = session_output(c->run->session, c->side, &len)), len > 0) {
		if (c->conn.wfd == -1) {
			control_drop_output(c);
			return;
		}
		n = write(c->conn.wfd, data, len);
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			break;
		if (n == -1) { /* gone: what it will not read is not to be waited for */
			control_drop_output(c);
			if (c->hangup)
				control_close(c);
			else
				control_ended(c);
			return;
		}
		session_sent(c->run->session, c->side, (size_t)n);
	}
	if (len == 0 && c->hangup)
		control_close(c);
}

/* Watch what the session has room and output for. */
static void
control_arm(struct control *c)
{
	size_t len;

	session_output(c->run->session, c->side, &len);
	watch_pause(c->read, c->checking || session_room(c->run->session, c->side) == 0);
	watch_pause(c->write, len == 0);
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
control_read(struct control *c)
{
	char buf[16384];
	size_t room = session_room(c->run->session, c->side);
	ssize_t n;

	if (room == 0)
		return;
	n = read(c->conn.rfd, buf, room < sizeof(buf) ? room : sizeof(buf));
	if (n > 0) {
		run_touch(c->run);
		session_push(c->run->session, c->side, buf, (size_t)n);
	} else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
		control_ended(c);
}

static void
control_ready(void *arg, short revents)
{
	struct control *c = arg;

	(void)revents;
	control_read(c);
	run_actions(c->run);
}

static void
control_writable(void *arg, short revents)
{
	struct control *c = arg;

	(void)revents;
	run_actions(c->run);
}

static void
control_flush_over(void *arg)
{
	struct control *c = arg;

	c->flush = NULL;
	control_drop_output(c);
	control_close(c);
}

static void
control_hangup(struct control *c)
{
	c->hangup = true;
	watch_free(c->read);
	c->read = NULL;
	c->flush = loop_timer(c->run->loop, FLUSH_MS, control_flush_over, c);
}

static int
control_open(struct run *r, enum side side, struct conn conn)
{
	struct control *c = &r->control[side];

	*c = (struct control){ .run = r, .side = side, .conn = conn };
	c->read = loop_watch(r->loop, conn.rfd, POLLIN, control_ready, c);
	c->write = loop_watch(r->loop, conn.wfd, POLLOUT, control_writable, c);
	return c->read == NULL || c->write == NULL ? -1 : 0;
}

/* ---- data channels ---- */

static struct data_channel *
channel_find(struct run *r, unsigned id)
{
	for (int i = 0; i < CHANNELS_MAX; i++)
		if (r->channels[i] != NULL && data_channel_id(r->channels[i]) == id)
			return r->channels[i];
	return NULL;
}

static struct data_channel *
channel_get(struct run *r, unsigned id)
{
	struct data_channel *ch = channel_find(r, id);

	for (int i = 0; ch == NULL && i < CHANNELS_MAX; i++)
		if (r->channels[i] == NULL) {
			ch = r->channels[i] = data_channel_new(r->loop, id, &r->hooks);
			r->channel_began[i] = loop_now();
		}
	return ch;
}

static void
ask_begin(struct ask *ask, enum ask_op op, unsigned channel, enum side end)
{
	memset(ask, 0, sizeof(*ask)); /* padding and all: it goes to another process */
	ask->op = op;
	ask->channel = channel;
	ask->end = end;
}

/* A broker that takes nothing more is none: the loop finds its end of file soon. */
static void
run_send(struct run *r, const struct ask *ask)
{
	if (r->deaf || ask_send(r->config->ask_fd, ask, sizeof(*ask), NULL, 0) == 0)
		return;
	r->deaf = true;
	shutdown(r->config->ask_fd, SHUT_RDWR);
}

static void
run_ask(struct run *r, enum ask_op op, unsigned channel, enum side end)
{
	struct ask ask;

	ask_begin(&ask, op, channel, end);
	run_send(r, &ask);
}

/* Is the other end's dial the broker's business? If so, it is from now on no more. */
static bool
ahead_take(struct run *r, unsigned channel)
{
	for (int i = 0; i < CHANNELS_MAX; i++)
		if (r->ahead[i] == channel) {
			r->ahead[i] = 0;
			return true;
		}
	return false;
}

static void
ahead_note(struct run *r, unsigned channel)
{
	for (int i = 0; i < CHANNELS_MAX; i++)
		if (r->ahead[i] == 0) {
			r->ahead[i] = channel;
			return;
		}
}

static void
run_cancel(struct run *r, unsigned channel, enum side end)
{
	ahead_take(r, channel);
	run_ask(r, ASK_CANCEL, channel, end);
}

static void
run_dial(struct run *r, const struct action *a)
{
	struct ask ask;

	if (ahead_take(r, a->channel))
		return;
	ask_begin(&ask, ASK_DIAL, a->channel, a->end);
	ask.address = a->address;
	ask.bulk = a->bulk;
	run_send(r, &ask);
}

static void
spare_drop(void *arg)
{
	struct run *r = arg;

	r->spare_over = NULL;
	r->spare.port = 0;
	run_ask(r, ASK_DROP_SPARE, 0, CLIENT);
}

static void
spare_note(struct run *r, const struct answer *a)
{
	r->spare = (struct ftp_address){ .family = (uint8_t)a->spare_family,
		.port = (uint16_t)a->spare };
	timer_free(r->spare_over);
	r->spare_over = loop_timer(r->loop, SPARE_MS, spare_drop, r);
}

/* The port of the spare listener, if it is one for that; it is used up. */
static uint16_t
spare_take(struct run *r, const struct action *a)
{
	uint16_t port = r->spare.port;

	if (port == 0 || a->end != CLIENT)
		return 0;
	timer_free(r->spare_over);
	if (a->address.family != r->spare.family) {
		spare_drop(r);
		return 0;
	}
	r->spare_over = NULL;
	r->spare.port = 0;
	return port;
}

/* The broker has this to do when somebody comes, and with a spare listener it is done. */
static void
run_listen(struct run *r, const struct action *a)
{
	struct event e = { .kind = EV_LISTENING, .channel = a->channel, .end = a->end };
	struct action next;
	struct ask ask;

	ask_begin(&ask, ASK_LISTEN, a->channel, a->end);
	ask.address = a->address;
	ask.address.port = e.port = spare_take(r, a);
	ask.bulk = a->bulk;
	if (session_dials_next(r->session, a, &next)) {
		ask.then = next.address;
		ahead_note(r, a->channel);
	}
	run_send(r, &ask);
	if (e.port != 0)
		session_event(r->session, &e);
}

static void
hook_event(void *arg, const struct event *e)
{
	struct run *r = arg;

	session_event(r->session, e);
	run_actions(r);
}

static void
hook_closed(void *arg, struct data_channel *ch)
{
	struct run *r = arg;

	if (data_channel_due(ch))
		run_cancel(r, data_channel_id(ch), SERVER);
	for (int i = 0; i < CHANNELS_MAX; i++)
		if (r->channels[i] == ch)
			r->channels[i] = NULL;
	data_channel_free(ch);
}

static void
hook_check(void *arg, unsigned channel)
{
	run_ask(arg, ASK_CHECK, channel, SERVER);
}

static bool
hook_holder(void *arg, unsigned channel, bool dies)
{
	struct run *r = arg;

	run_ask(r, dies ? ASK_HOLDER : ASK_KNOW_HOLDER, channel, CLIENT);
	return !r->deaf;
}

static uint64_t
channel_began(const struct run *r, unsigned id)
{
	for (int i = 0; i < CHANNELS_MAX; i++)
		if (r->channels[i] != NULL && data_channel_id(r->channels[i]) == id)
			return r->channel_began[i];
	return loop_now();
}

static void
log_transfer(struct run *r, unsigned id, bool aborted)
{
	struct data_channel *ch = channel_find(r, id);
	const char *line = session_transfer(r->session, id);
	int final = session_final(r->session, id);
	char text[600], whom[600], reply[16] = "no reply";

	if (line[0] == '\0')
		return;
	r->transfers++;
	if (log_level() < LOG_SESSIONS)
		return;
	if (final != 0)
		snprintf(reply, sizeof(reply), "reply %d", final);
	log_at(LOG_SESSIONS, "%s: %s: %llu bytes in %.2f s, %s%s", who(r, whom, sizeof(whom)),
	    log_escape(text, sizeof(text), line, strlen(line)),
	    ch ? (unsigned long long)data_channel_bytes(ch) : 0,
	    seconds_since(channel_began(r, id)), reply, aborted ? ", broken off" : "");
}

/* Whatever is still being opened for the channel, or lies with ssh, is not needed, but for what a
 * broken upload has to hold. */
static void
run_abandon(struct run *r, const struct data_channel *ch, const struct action *a)
{
	if (ch != NULL && data_channel_running(ch) && !data_channel_is_direct(ch))
		return;
	run_cancel(r, a->channel, CLIENT);
	if (ch == NULL || !data_channel_awaits(ch, a))
		run_cancel(r, a->channel, SERVER);
}

static void
run_channel_action(struct run *r, const struct action *a)
{
	struct data_channel *ch = channel_get(r, a->channel);
	struct action act = *a;

	if (a->kind == ACT_CLOSE || a->kind == ACT_ABORT) {
		log_transfer(r, a->channel, a->kind == ACT_ABORT);
		report_closed(r->report, a->channel, a->kind == ACT_ABORT);
		act.due |= ahead_take(r, a->channel);
		run_abandon(r, ch, &act);
	}
	if (ch != NULL)
		data_channel_act(ch, &act);
	else
		session_event(r->session, &(struct event){ .kind = EV_CLOSED, .channel = a->channel });
}

static void
half_closed_over(void *arg)
{
	struct run *r = arg;

	r->half_closed = NULL;
	if (!r->end_passed && session_busy(r->session)) { /* it may go on without */
		client_gone(r);
		return;
	}
	session_fail(r->session, "the client has gone");
	run_actions(r);
}

static void
run_action(struct run *r, const struct action *a)
{
	switch (a->kind) {
	case ACT_LISTEN:
		run_listen(r, a);
		break;
	case ACT_DIAL:
		run_dial(r, a);
		break;
	case ACT_CANCEL:
		run_cancel(r, a->channel, a->end);
		break;
	case ACT_HANGUP:
		control_hangup(&r->control[a->end]);
		break;
	default:
		if (a->channel != 0) {
			run_channel_action(r, a);
			break;
		}
		control_flush(&r->control[a->end]);
		conn_end_write(&r->control[a->end].conn);
		timer_free(r->half_closed);
		r->half_closed = NULL;
		r->end_passed = true;
		client_gone(r);
	}
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

/* Commands go before their data. */
static void
run_begin(struct run *r)
{
	for (int i = 0; i < CHANNELS_MAX; i++)
		if (r->channels[i] != NULL &&
		    *session_transfer(r->session, data_channel_id(r->channels[i])) != '\0')
			data_channel_begin(r->channels[i]);
}

/* Carry out what the session wants; output goes out and frees room for more input. */
static void
run_actions(struct run *r)
{
	struct action a;

	while (session_next(r->session, &a))
		run_action(r, &a);
	run_warn(r);
	for (int side = CLIENT; side <= SERVER; side++)
		control_flush(&r->control[side]);
	run_begin(r);
	while (session_next(r->session, &a))
		run_action(r, &a);
	for (int side = CLIENT; side <= SERVER; side++)
		control_arm(&r->control[side]);
	report_touch(r->report);
}

/* ---- the broker ---- */

/* The connection of one end; what is taken of fds is -1 afterwards. False: it is not wanted. */
static bool
answer_connected(struct run *r, const struct answer *a, enum side end, int *rfd, int *wfd)
{
	struct data_channel *ch = channel_find(r, a->channel);
	bool due = ch != NULL && data_channel_due(ch);

	if (!due && !session_wants(r->session, a->channel))
		return true;
	if ((ch = channel_get(r, a->channel)) == NULL || *rfd == -1)
		return false;
	if (*wfd != -1 && !due)
		report_stdio(r->report, a->channel);
	if (a->direct)
		data_channel_direct(ch);
	data_channel_connected(ch, end, (struct conn){ *rfd, *wfd == -1 ? *rfd : *wfd });
	*rfd = *wfd = -1;
	return true;
}

static bool
answer_both(struct run *r, const struct answer *a, int fds[ASK_FDS])
{
	int none = -1;

	return answer_connected(r, a, OTHER((enum side)a->end), &fds[0], &none) &&
	    answer_connected(r, a, (enum side)a->end, &fds[1], &fds[2]);
}

static void
answer_handle(struct run *r, const struct answer *a, int fds[ASK_FDS])
{
	struct event e = { .kind = EV_FAILED, .channel = a->channel, .end = (enum side)a->end,
		.port = (uint16_t)a->port, .costly = a->costly != 0 };
	struct data_channel *ch;

	switch (a->kind) {
	case ANSWER_CONNECTED:
		if (answer_connected(r, a, (enum side)a->end, &fds[0], &fds[1]))
			return;
		break;
	case ANSWER_BOTH:
		if (answer_both(r, a, fds))
			return;
		break;
	case ANSWER_LISTENING:
		e.kind = EV_LISTENING;
		break;
	case ANSWER_FAILED:
		ahead_take(r, a->channel);
		if (e.end == SERVER && (ch = channel_find(r, a->channel)) != NULL)
			data_channel_failed(ch);
		break;
	case ANSWER_ALIVE:
		if (a->channel == CONTROL_CHECK && r->control[SERVER].checking)
			control_told(&r->control[SERVER]);
		if ((ch = channel_find(r, a->channel)) != NULL)
			data_channel_alive(ch);
		return;
	case ANSWER_HOLDER:
		if ((ch = channel_find(r, a->channel)) != NULL)
			data_channel_holder(ch, a->port);
		return;
	case ANSWER_GONE:
		session_fail(r->session, "the ssh connection is gone");
		return;
	}
	session_event(r->session, &e);
}

static void
ask_ready(void *arg, short revents)
{
	struct run *r = arg;
	struct answer a;
	int fds[ASK_FDS], n;

	(void)revents;
	if ((n = ask_receive(r->config->ask_fd, &a, sizeof(a), fds)) == 1) {
		if (a.spare != 0)
			spare_note(r, &a);
		answer_handle(r, &a, fds);
		ask_close(fds);
	} else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
		r->deaf = true;
		watch_pause(r->ask, true);
		session_fail(r->session, "the helper has lost its broker");
	}
	run_actions(r);
}

/* ---- being told to stop ---- */

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

/* ---- the tunnel ---- */

/* A channel that the user closes has failed: for a download the server's side broke, for an
 * upload the client's, so that nobody takes what there is for the whole file. */
static void
close_channel(struct run *r, unsigned id)
{
	bool up = strcmp(session_direction(r->session, id), "up") == 0;

	session_event(r->session, &(struct event){ .kind = EV_RESET,
	    .channel = id, .end = up ? CLIENT : SERVER });
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

static void
run_trace(void *arg, enum side from, const char *line, size_t len)
{
	struct run *r = arg;
	const struct session_config *c = &r->config->session;

	report_line(r->report, from, line, len);
	if (c->trace != NULL)
		c->trace(c->trace_arg, from, line, len);
}

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
	if (!session_over(r->session))
		return false;
	if (r->control[CLIENT].conn.wfd != -1 || r->control[SERVER].conn.wfd != -1)
		return false;
	for (int i = 0; i < CHANNELS_MAX; i++)
		if (r->channels[i] != NULL)
			return false;
	return true;
}

static int
run_open(struct run *r)
{
	const struct run_config *c = r->config;
	const struct report_config report = { c->status_fd, c->method, r->channels, CHANNELS_MAX };
	struct session_config session = c->session;

	session.trace = run_trace;
	session.trace_arg = r;
	if ((r->loop = loop_new()) == NULL || (r->session = session_new(&session)) == NULL)
		return -1;
	r->report = report_new(r->loop, r->session, &report);
	if (control_open(r, CLIENT, c->client) == -1 || control_open(r, SERVER, c->server) == -1)
		return -1;
	r->ask = loop_watch(r->loop, c->ask_fd, POLLIN, ask_ready, r);
	r->stop = loop_watch(r->loop, c->stop_fd, POLLIN, stop_ready, r);
	if (c->status_fd != -1) /* its end means that the tunnel was killed */
		r->status = loop_watch(r->loop, c->status_fd, POLLIN, tunnel_ready, r);
	r->hooks = (struct channel_hooks){ hook_event, hook_check, hook_holder, hook_closed, r,
		c->abort_hold_ms, { c->far[CLIENT], c->far[SERVER] }, c->crowd_fd };
	return r->ask == NULL || r->stop == NULL ? -1 : 0;
}

static void
run_close(struct run *r)
{
	report_now(r->report);
	report_free(r->report);
	for (int i = 0; i < CHANNELS_MAX; i++)
		data_channel_free(r->channels[i]);
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
