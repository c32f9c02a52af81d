#include "control/run_private.h"

#include <poll.h>

#include "base/memory.h"

#define SILENT_PART 12    /* of greeting_ms: a server that is slower than that may wait for TLS, ... */
#define SSHD_PART 8       /* ... if sshd, which is asked then, answers within */
#define LAST_WORDS_MS 5000 /* for the broker to take the last requests */

/* ---- control connections ---- */

static void
server_ended(struct run *r)
{
	const struct session_facts *facts = session_facts(r->session);
	bool left = r->control[CLIENT].over &&
	    (r->config->session.client_peer.family != 0 || facts->strange[0] != '\0');

	r->server_checking = false;
	if (!facts->greeted && !left)
		run_notify(r, NOTICE_NO_SERVER, "");
	session_eof(r->session, SERVER);
}

void
run_control_ended(struct run *r, enum side side)
{
	if (side == CLIENT)
		session_eof(r->session, CLIENT);
	else if (!r->config->session.far[SERVER] || r->deaf)
		server_ended(r);
	else {
		r->server_checking = true;
		run_check(r, CLIENT);
	}
}

static void
run_idle(void *arg)
{
	struct run *r = arg;

	if (session_busy(r->session)) {
		timer_set(&r->idle, r->loop, r->config->idle_ms, run_idle, r);
		return;
	}
	session_fail(r->session, "idle for too long (FtpTimeout)");
	run_actions(r);
}

void
run_touched(struct run *r)
{
	if (r->config->idle_ms != 0)
		timer_set(&r->idle, r->loop, r->config->idle_ms, run_idle, r);
	run_actions(r);
}

/* ---- being told to stop; the tunnel ---- */

static void
run_stop(void *arg)
{
	struct run *r = arg;

	session_fail(r->session, "the tunnel is going down");
	run_actions(r);
}

static void
stop_ready(void *arg, short revents)
{
	struct run *r = arg;

	memory_drop(watch_free, r->stop);
	memory_drop(watch_free, r->status);
	if (r->config->grace_ms > 0 && session_busy(r->session))
		timer_set(&r->grace, r->loop, r->config->grace_ms, run_stop, r);
	else
		run_stop(r);
}

/* A channel that the user closes has failed: for a download the server's side broke, for an
 * upload the client's, so that nobody takes what there is for the whole file. */
static void
tunnel_ready(void *arg, short revents)
{
	struct run *r = arg;
	struct channel_facts facts;
	unsigned channel;

	switch (report_request(r, &channel)) {
	case -1:
		stop_ready(r, revents);
		return;
	case 0:
		return;
	}
	if (channel == 0)
		session_fail(r->session, "closed by ftp-over-ssh-ctl");
	else if (session_channel(r->session, channel, &facts))
		session_event(r->session, &(struct event){ .kind = EV_RESET, .channel = channel,
		    .end = facts.direction == DIR_UP ? CLIENT : SERVER, .client = CLIENT_LIVES });
	run_actions(r);
}

/* ---- callbacks of the machine ---- */

static void
run_count(void *arg, unsigned channel, struct session_count *count)
{
	counts_get(((struct run *)arg)->config->counts, channel, count);
}

/* ---- time ---- */

static void
greeting_due(void *arg)
{
	static const char dead[] = "the ssh server does not answer";
	struct run *r = arg;
	bool answers = r->told[NOTICE_SILENT];

	if (session_facts(r->session)->greeted)
		return;
	if (!r->silent) {
		r->silent = true;
		timer_set(&r->greeting, r->loop, r->config->greeting_ms / SSHD_PART, greeting_due, r);
		run_check(r, SERVER);
		return;
	}
	if (!answers)
		run_notify(r, NOTICE_NO_SERVER, dead);
	r->mute = true;
	session_fail(r->session, answers ? "no greeting from the FTP server" : dead);
	run_actions(r);
}

void
run_checked(struct run *r)
{
	unsigned ms = r->config->greeting_ms;

	if (r->server_checking)
		server_ended(r);
	else if (!session_facts(r->session)->greeted && !r->control[SERVER].over) {
		run_notify(r, NOTICE_SILENT, "");
		timer_set(&r->greeting, r->loop, ms - ms / SILENT_PART, greeting_due, r);
	}
}

/* ---- life ---- */

static int
run_open(struct run *r)
{
	const struct run_config *c = r->config;
	struct session_config session = c->session;
	bool failed;

	session.trace = run_trace;
	session.count = run_count;
	session.answered = run_answered;
	session.arg = r;
	r->loop = loop_new();
	r->session = r->loop != NULL ? session_new(&session) : NULL;
	if (r->session == NULL)
		return -1;
	failed = control_open(&r->control[CLIENT], r, CLIENT, c->client_rfd, c->client_wfd) == -1;
	failed |= control_open(&r->control[SERVER], r, SERVER, c->server_fd, c->server_fd) == -1;
	r->whole.run = r;
	r->out = (struct ask_out){ .fd = c->ask_fd, .size = sizeof(struct action) };
	r->out.watch = loop_watch(r->loop, c->ask_fd, POLLIN, run_ask_ready, r);
	r->stop = loop_watch(r->loop, c->stop_fd, POLLIN, stop_ready, r);
	if (c->status_fd != -1) /* its end means that the tunnel was killed */
		r->status = loop_watch(r->loop, c->status_fd, POLLIN, tunnel_ready, r);
	return failed || r->out.watch == NULL || r->stop == NULL ? -1 : 0;
}

static void
run_close(struct run *r)
{
	struct pollfd p = { .fd = r->out.fd, .events = POLLOUT };

	if (r->session != NULL) {
		report_now(r);
		control_close(&r->control[CLIENT]);
		control_close(&r->control[SERVER]);
	}
	/* what became of the channels the broker must have been told */
	while (!r->deaf && ask_kept(&r->out) > 0 && poll(&p, 1, LAST_WORDS_MS) > 0)
		r->deaf = ask_flush(&r->out) == -1;
	bytes_free(&r->out.kept);
	session_free(r->session);
	loop_free(r->loop);
}

int
run_session(const struct run_config *config)
{
	struct run r = { .config = config, .began = loop_now() };
	int result = 1;

	if (run_open(&r) == 0) {
		run_log_session(&r, true);
		timer_set(&r.greeting, r.loop, config->greeting_ms / SILENT_PART, greeting_due, &r);
		run_touched(&r);
		while (!(session_over(r.session) && r.control[CLIENT].rfd == -1 &&
		    r.control[SERVER].rfd == -1) && loop_once(r.loop, -1) == 0) {
			if (!memory_reserve()) { /* what was not there may have been anything */
				session_fail(r.session, "out of memory");
				run_actions(&r);
			}
			if (r.grace.loop != NULL && !session_busy(r.session)) {
				timer_stop(&r.grace);
				run_stop(&r);
			}
		}
		run_log_session(&r, false);
		result = r.deaf || r.mute || r.told[NOTICE_NO_SERVER] ? 1 : 0;
	}
	run_close(&r);
	return result;
}
