#include "tunnel.h"

#include <sys/socket.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "activation.h"
#include "background.h"
#include "client.h"
#include "entrances.h"
#include "foreground.h"
#include "helpers.h"
#include "listener.h"
#include "log.h"
#include "loop.h"
#include "marker.h"
#include "reception.h"
#include "reverse.h"
#include "signals.h"
#include "statusd.h"
#include "takeover.h"

#define FAILED 255
#define SILENT_MS 300   /* a master that says nothing for so long waits for LocalCommand */
#define REOPEN_MS 1000  /* between two attempts to get a master for the far listeners */
#define RETRY_MS 5000   /* after the ssh server refused one: the old connection may hold it */
#define PATIENCE_MS 30000 /* a master that runs us as its LocalCommand answers within */
#define LAST_WORDS_MS 1000 /* for the sessions of a client that has ended */

enum phase {
	OPENING, /* waiting for the master and the far listeners */
	READY,
	ENDING   /* nobody is let in any more; helpers have their grace */
};

struct tunnel {
	const struct tunnel_setup *setup;
	const struct cmdline *cmdline;
	struct loop *loop;
	struct signals *signals;
	struct master *master;
	struct helpers *helpers;
	struct entrances *entrances;
	struct reception *reception;
	struct reverse *reverse;
	struct statusd *statusd;
	uint64_t started;
	struct timer *reopen, *silent;
	enum phase phase;
	bool over;             /* leave the main loop */
	bool in_background;
	bool ends_with_master; /* it is of the ssh whose LocalCommand we are */
	int status;            /* our exit status */
	pid_t client;          /* the FTP client, 0 = none */
	char marker[256];
	char name[320];        /* for ftp-over-ssh-ctl */
};

static void want_master(struct tunnel *);
static void reopen_later(struct tunnel *, unsigned ms);

/* How it ends */

static void
end(struct tunnel *t, int status)
{
	if (t->phase == ENDING)
		return;
	t->status = status;
	t->phase = ENDING;
	t->over = true;
}

static void
fail(struct tunnel *t, const char *why)
{
	if (t->phase != ENDING)
		log_error("%s", why);
	end(t, FAILED);
}

/* Ready */

static void
go_to_background(struct tunnel *t)
{
	if (t->setup->ready == -1 || t->in_background)
		return;
	t->in_background = true;
	if (background_ready(t->setup->ready, t->cmdline->log_file != NULL) == -1)
		end(t, FAILED);
}

static void
start_client(struct tunnel *t)
{
	const struct hostport *at = entrances_first(t->entrances);
	char **argv, why[512];
	pid_t pid;

	argv = client_argv(t->cmdline->command, at->host, at->port, why, sizeof(why));
	if (argv == NULL) {
		fail(t, why);
		return;
	}
	if ((pid = foreground_start(argv, at->host, at->port, why, sizeof(why))) == -1)
		fail(t, why);
	else
		t->client = pid;
	client_argv_free(argv);
}

static void
start_stdio(struct tunnel *t)
{
	const struct helper_start start = { .in = STDIN_FILENO, .out = STDOUT_FILENO,
		.ctl_path = master_path(t->master), .peer = "stdin",
		.server = &t->cmdline->server, .keeper = master_keeper(t->master) };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1 || helpers_start(t->helpers, &start) == -1)
		fail(t, "cannot start the helper: out of processes or descriptors");
	/* Only the helper shall hold them: the other end sees when it closes them. */
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
}

static void
incoming(void *arg, const struct tunnel_spec *spec, int fd)
{
	struct tunnel *t = arg;

	reception_client(t->reception, &spec->target, false, fd);
}

static void
incoming_reverse(void *arg, const struct tunnel_spec *spec, int fd)
{
	struct tunnel *t = arg;

	reception_client(t->reception, &spec->target, true, fd);
}

static void
ready(struct tunnel *t)
{
	if (t->phase != OPENING)
		return;
	t->phase = READY;
	timer_free(t->silent);
	t->silent = NULL;
	if (t->cmdline->run == RUN_STDIO) {
		start_stdio(t);
		return;
	}
	entrances_start(t->entrances, incoming, t);
	if (t->cmdline->run == RUN_CLIENT) {
		start_client(t);
		return;
	}
	entrances_announce(t->entrances);
	reverse_announce(t->reverse);
	activation_notify("READY=1");
	go_to_background(t);
}

/* The far listeners */

static void
far_refused(void *arg, const struct tunnel_spec *spec, bool optional, const char *reason)
{
	struct tunnel *t = arg;
	char at[SPEC_HOST_MAX + 16], why[1024];
	const char *host = *spec->listen.host != '\0' ? spec->listen.host : "localhost";

	snprintf(why, sizeof(why), "cannot listen on %s of the ssh server: %s; is the port in use, "
	    "or AllowTcpForwarding off in its sshd_config?",
	    hostport_format(at, sizeof(at), host, spec->listen.port), reason);
	if (t->phase == OPENING && !optional) {
		fail(t, why);
		return;
	}
	log_at(optional ? LOG_SESSIONS : LOG_NORMAL, "%s", why);
	if (!optional)
		reopen_later(t, RETRY_MS);
}

static void
far_settled(void *arg)
{
	struct tunnel *t = arg;

	if (t->phase == READY && t->cmdline->run == RUN_TUNNEL)
		reverse_announce(t->reverse);
	ready(t);
}

static struct reverse_master
far_master(const struct tunnel *t)
{
	return (struct reverse_master){ t->cmdline->ftp.forward, master_path(t->master),
		t->cmdline->destination };
}

static void
open_far(struct tunnel *t)
{
	const struct reverse_master m = far_master(t);

	if (reverse_open(t->reverse, &m) == 0)
		return;
	if (t->phase == OPENING)
		fail(t, "the ControlMaster takes no requests any more");
	else
		reopen_later(t, RETRY_MS);
}

static void
close_far(struct tunnel *t)
{
	const struct reverse_master m = far_master(t);

	if (master_state(t->master) == MASTER_UP && !reverse_empty(t->reverse))
		reverse_cancel(t->reverse, &m);
	reverse_free(t->reverse);
	t->reverse = NULL;
}

/* The master */

static void
reopen(void *arg)
{
	struct tunnel *t = arg;

	t->reopen = NULL;
	if (t->phase != READY)
		return;
	if (master_state(t->master) == MASTER_UP)
		open_far(t);
	else
		want_master(t);
}

/* No FTP client can come and wake us where the listener is gone as well. */
static void
reopen_later(struct tunnel *t, unsigned ms)
{
	if (!reverse_empty(t->reverse) && t->reopen == NULL)
		t->reopen = loop_timer(t->loop, ms, reopen, t);
}

static void
master_lost(struct tunnel *t)
{
	if (t->phase == OPENING) {
		fail(t, master_reason(t->master));
		return;
	}
	log_at(t->ends_with_master ? LOG_SESSIONS : LOG_NORMAL, "%s", master_reason(t->master));
	if (t->ends_with_master)
		end(t, 0);
	reverse_lost(t->reverse);
	reopen_later(t, REOPEN_MS);
}

static void
master_changed(void *arg, enum master_state state)
{
	struct tunnel *t = arg;

	if (t->phase == ENDING)
		return;
	if (state == MASTER_DOWN)
		master_lost(t);
	else if (!reverse_empty(t->reverse))
		open_far(t);
	else
		ready(t);
	if (t->phase == READY)
		reception_master(t->reception, state);
}

/* While it is too early for another attempt, somebody who waits has to try again. */
static void
want_master(struct tunnel *t)
{
	if (master_want(t->master, t->phase == OPENING) == MASTER_DOWN && t->phase == READY)
		reopen_later(t, REOPEN_MS);
}

/* LocalCommand: ssh waits for us to return before it serves its control socket, so we are
 * ready without having heard from it. */
static void
ready_unheard(void *arg)
{
	struct tunnel *t = arg;

	t->silent = NULL;
	t->ends_with_master = true;
	master_be_patient(t->master, PATIENCE_MS);
	ready(t);
}

static void
connect_master(struct tunnel *t)
{
	const struct cmdline *c = t->cmdline;

	if (c->ftp.connect_first && reverse_empty(t->reverse) && c->run != RUN_STDIO) {
		if (c->run == RUN_TUNNEL && !c->background)
			reception_may_ask(t->reception);
		ready(t);
		return;
	}
	if (c->background && c->ctl_path != NULL) {
		if (background_under_ssh())
			ready_unheard(t);
		else
			t->silent = loop_timer(t->loop, SILENT_MS, ready_unheard, t);
	}
	want_master(t);
}

/* Signals and children */

static void
children(struct tunnel *t)
{
	int status;

	master_child(t->master);
	helpers_child(t->helpers);
	if (t->client != 0 && (status = foreground_child(t->client)) != -1) {
		t->client = 0;
		end(t, status);
	}
}

static void
signalled(void *arg, int signo)
{
	struct tunnel *t = arg;

	if (signo == SIGCHLD)
		children(t);
	else if (signo == SIGHUP && t->in_background)
		return;
	else if (t->phase == ENDING) /* asked a second time: no grace any more */
		t->over = true;
	else if (t->client != 0)
		kill(t->client, signo);
	else
		end(t, t->phase == READY && t->cmdline->run == RUN_TUNNEL ? 0 : FAILED);
}

static void
helper_ended(void *arg, const struct helper *helper, int status)
{
	struct tunnel *t = arg;

	statusd_ended(t->statusd, helper);
	if (t->cmdline->run == RUN_STDIO)
		end(t, status);
	else if (t->phase == ENDING && helpers_count(t->helpers) == 0)
		t->over = true;
}

/* What ftp-over-ssh-ctl sees of it */

static void
status_name(const struct tunnel *t, char *name, size_t size)
{
	const struct cmdline *c = t->cmdline;
	uint16_t port = c->run == RUN_STDIO || entrances_first(t->entrances) == NULL ? 0 :
	    entrances_first(t->entrances)->port;

	if (port == 0 && c->remote.count > 0)
		port = c->remote.spec[0].listen.port;
	if (*c->ftp.name != '\0')
		snprintf(name, size, "%s", c->ftp.name);
	else
		hostport_format(name, size, c->destination, port);
}

static void
status_tunnel(void *arg, struct status_tunnel *s)
{
	const struct tunnel *t = arg;
	bool up = master_state(t->master) == MASTER_UP;

	snprintf(s->name, sizeof(s->name), "%s", t->name);
	snprintf(s->destination, sizeof(s->destination), "%s", t->cmdline->destination);
	s->age = (uint32_t)((loop_now() - t->started) / 1000);
	s->master = (uint32_t)master_state(t->master);
	s->master_ours = master_keeper(t->master) != -1;
	s->master_pid = up ? (uint32_t)master_pid(t->master) : 0;
	s->refused = reception_refused(t->reception);
	if (up)
		snprintf(s->control_path, sizeof(s->control_path), "%.100s", master_path(t->master));
}

struct status_walk {
	statusd_emit *emit;
	void *client;
	bool remote;
};

static void
status_listener(void *arg, const struct hostport *at, const struct hostport *target)
{
	const struct status_walk *walk = arg;
	struct status_listener l = { .remote = walk->remote };

	hostport_format(l.address, sizeof(l.address), at->host, at->port);
	hostport_format(l.target, sizeof(l.target), target->host, target->port);
	walk->emit(walk->client, &l);
}

static void
status_listeners(void *arg, statusd_emit *emit, void *client)
{
	const struct tunnel *t = arg;
	struct status_walk near = { emit, client, false }, far = { emit, client, true };

	if (t->entrances != NULL)
		entrances_each(t->entrances, status_listener, &near);
	if (t->reverse != NULL)
		reverse_each(t->reverse, status_listener, &far);
}

static void
status_stop(void *arg)
{
	signalled(arg, SIGTERM);
}

static void
status_open(struct tunnel *t)
{
	const struct statusd_source source = { status_tunnel, status_listeners, status_stop, t };
	char why[256];

	status_name(t, t->name, sizeof(t->name));
	t->statusd = statusd_new(t->loop, t->helpers, &source, why, sizeof(why));
	if (t->statusd == NULL)
		log_at(LOG_NORMAL, "no status for ftp-over-ssh-ctl: %s", why);
}

/* Opening */

/* What tells this tunnel from others: the same command line gives the same text. */
static void
identity(const struct tunnel *t, char *text, size_t size)
{
	const struct cmdline *c = t->cmdline;
	size_t used = (size_t)snprintf(text, size, "%s %s", c->ctl_path, c->destination);

	for (size_t i = 0; i < c->local.count && used < size; i++) {
		const struct tunnel_spec *s = &c->local.spec[i];

		used += (size_t)snprintf(text + used, size - used, " %s:%u:%s:%u", s->listen.host,
		    (unsigned)s->listen.port, s->target.host, (unsigned)s->target.port);
	}
}

static bool
has_identity(const struct tunnel *t)
{
	return t->cmdline->background && t->cmdline->ctl_path != NULL;
}

static int
port_taken(struct tunnel *t, const char *why)
{
	char text[2048];

	identity(t, text, sizeof(text));
	if (has_identity(t) && marker_exists(text)) {
		log_at(LOG_SESSIONS, "this tunnel is up already");
		end(t, 0);
	} else {
		fail(t, why);
	}
	return -1;
}

/* Listening sockets that were handed over take the place of those of -L, in that order. */
static enum listen_result
open_one(struct tunnel *t, const struct tunnel_spec *spec, int i, char *why, size_t why_size)
{
	if (i < t->setup->activated)
		return entrances_adopt(t->entrances, spec, ACTIVATION_FIRST + i, why, why_size);
	return entrances_add(t->entrances, spec, why, why_size);
}

static int
open_near(struct tunnel *t)
{
	const struct specs *list = &t->cmdline->local;
	const struct tunnel_spec other = { .target = t->cmdline->server };
	enum listen_result result;
	char why[512];

	for (int i = 0; i < (int)list->count || i < t->setup->activated; i++) {
		const struct tunnel_spec *spec = i < (int)list->count ? &list->spec[i] : &other;

		result = open_one(t, spec, i, why, sizeof(why));
		if (result == LISTEN_IN_USE)
			return port_taken(t, why);
		if (result != LISTEN_OK) {
			fail(t, why);
			return -1;
		}
	}
	return 0;
}

static int
open_reverse(struct tunnel *t)
{
	const struct cmdline *c = t->cmdline;
	char why[512];

	for (size_t i = 0; i < c->remote.count; i++)
		if (reverse_add(t->reverse, &c->remote.spec[i], false, why, sizeof(why)) == -1) {
			fail(t, why);
			return -1;
		}
	return 0;
}

/* Forwards of the user's own configuration: his own ssh may hold their ports already. */
static int
open_taken_over(struct tunnel *t)
{
	const char *config = t->setup->ssh_config, *at;
	struct tunnel_spec spec;
	char why[512];
	int count = 0;

	for (at = config; at != NULL && (at = takeover_next(at, "localforward", &spec)) != NULL;
	    count++)
		if (entrances_add(t->entrances, &spec, why, sizeof(why)) != LISTEN_OK)
			log_at(LOG_SESSIONS, "LocalForward of ssh's configuration: %s", why);
	for (at = config; at != NULL && (at = takeover_next(at, "remoteforward", &spec)) != NULL;
	    count++)
		if (reverse_add(t->reverse, &spec, true, why, sizeof(why)) == -1)
			log_at(LOG_SESSIONS, "RemoteForward of ssh's configuration: %s", why);
	return count;
}

/* The listener of the FTP client; also that of -N when nothing else was asked for. */
static int
open_default(struct tunnel *t)
{
	struct tunnel_spec spec = { .target = t->cmdline->server };
	char why[512];

	strcpy(spec.listen.host, t->cmdline->family == AF_INET6 ? "::1" : "127.0.0.1");
	if (entrances_add(t->entrances, &spec, why, sizeof(why)) == LISTEN_OK)
		return 0;
	fail(t, why);
	return -1;
}

/* The client's listener comes first, whatever else there is. */
static int
open_listeners(struct tunnel *t)
{
	const struct cmdline *c = t->cmdline;
	int others;

	if (c->run == RUN_STDIO)
		return 0;
	if (c->run == RUN_CLIENT && open_default(t) == -1)
		return -1;
	if (open_near(t) == -1 || open_reverse(t) == -1)
		return -1;
	others = open_taken_over(t) + t->setup->activated;
	if (c->run == RUN_TUNNEL && c->local.count + c->remote.count == 0 && others == 0)
		return open_default(t);
	return 0;
}

static void
leave_marker(struct tunnel *t)
{
	char text[2048];

	if (!has_identity(t))
		return;
	identity(t, text, sizeof(text));
	marker_make(text, t->marker, sizeof(t->marker));
}

static int
set_up(struct tunnel *t)
{
	const struct reverse_callbacks far = { incoming_reverse, far_refused, far_settled, t };
	const struct tunnel_setup *s = t->setup;

	if ((t->loop = loop_new()) == NULL)
		return -1;
	t->signals = signals_new(t->loop, signalled, t);
	t->master = master_new(t->loop, s->master, master_changed, t);
	t->helpers = helpers_new(t->loop, s->helper, s->cmdline, helper_ended, t);
	t->entrances = entrances_new(t->loop, s->cmdline);
	t->reverse = reverse_new(t->loop, &far);
	if (t->master == NULL || t->helpers == NULL)
		return -1;
	t->reception = reception_new(s->cmdline, t->master, t->helpers);
	return t->signals == NULL || t->entrances == NULL || t->reverse == NULL ||
	    t->reception == NULL ? -1 : 0;
}

static void
tear_down(struct tunnel *t)
{
	if (*t->marker != '\0')
		unlink(t->marker);
	statusd_free(t->statusd);
	entrances_free(t->entrances);
	reception_free(t->reception);
	reverse_free(t->reverse);
	helpers_free(t->helpers);
	master_free(t->master);
	signals_free(t->signals);
	loop_free(t->loop);
}

/* Running */

static void
run_loop(struct tunnel *t)
{
	while (!t->over)
		if (loop_once(t->loop, -1) == -1)
			fail(t, "cannot wait for events: out of memory?");
}

static void
grace_over(void *arg)
{
	struct tunnel *t = arg;

	t->over = true;
}

/* Let nobody in; give the running sessions their time; then end them. What a helper still
 * holds open after that (FtpAbortHold), its keeper waits for. */
static void
wind_up(struct tunnel *t)
{
	unsigned ms = t->cmdline->ftp.grace * 1000;

	activation_notify("STOPPING=1");
	entrances_free(t->entrances);
	t->entrances = NULL;
	close_far(t);
	if (t->cmdline->run == RUN_CLIENT && ms < LAST_WORDS_MS)
		ms = LAST_WORDS_MS;
	t->over = helpers_count(t->helpers) == 0 || ms == 0 ||
	    loop_timer(t->loop, ms, grace_over, t) == NULL;
	run_loop(t);
	helpers_terminate(t->helpers);
}

int
tunnel_run(const struct tunnel_setup *setup)
{
	struct tunnel t = { .setup = setup, .cmdline = setup->cmdline, .started = loop_now() };

	if (set_up(&t) == -1) {
		fail(&t, "out of memory or descriptors");
	} else if (open_listeners(&t) == 0) {
		leave_marker(&t);
		status_open(&t);
		connect_master(&t);
		run_loop(&t);
		wind_up(&t);
	}
	tear_down(&t);
	return t.status;
}
