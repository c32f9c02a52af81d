/* The chain from here to a data connection, step by step. */
#include "check.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmdline.h"
#include "dialogue.h"
#include "forward.h"
#include "log.h"
#include "loop.h"
#include "master.h"
#include "rundir.h"

#define USAGE 64
#define FAILED 255
#define CONFIG_MS 20000
#define LOOK_MS 50       /* how often the starting ssh is looked at */
#define DIAL_MS 30000
#define REPLY_MS 10000
#define WORDS_MS 500     /* for the master to say why, once it has refused */

enum outcome { GOOD, UNTRIED, BAD }; /* UNTRIED: cannot be told, go on */

struct check {
	struct cmdline cmdline;
	struct master_settings settings;
	char *config, path[1024];
	struct loop *loop;
	struct master *master;
	struct forwarder *forwarder;
	struct forward_result answer; /* the last one */
	struct dialogue ftp;
	struct forward listener; /* on the ssh server */
	uint16_t far_port;
	char text[1200];         /* of the step under way: what was found, or why not */
};

static const char forbidden[] =
    "the ssh server forbids it: see AllowTcpForwarding, PermitOpen and DisableForwarding in its "
    "sshd_config (and restrict, permitopen in authorized_keys)";

static enum outcome say(struct check *, enum outcome, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static enum outcome
say(struct check *c, enum outcome outcome, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->text, sizeof(c->text), fmt, ap);
	va_end(ap);
	return outcome;
}

/* What a server has said, printable. */
static const char *
quoted(const struct check *c)
{
	static char text[400];

	return log_escape(text, sizeof(text), c->ftp.reply, strlen(c->ftp.reply));
}

/* The ssh configuration */

static enum outcome
check_config(struct check *c)
{
	char why[512], host[300] = "?", port[16] = "22", user[128] = "?", value[16];
	struct master_settings *m = &c->settings;
	bool expands;

	m->ssh = (struct ssh_settings){ .options = c->cmdline.ssh.item,
		.count = c->cmdline.ssh.count, .destination = c->cmdline.destination,
		.ctl_path = c->cmdline.ctl_path };
	m->servers = "the FTP server";
	m->ctl_path = c->cmdline.ctl_path;
	expands = m->ctl_path != NULL && sshcmd_expands(m->ctl_path);
	if ((c->config = sshcmd_config(&m->ssh, CONFIG_MS, why, sizeof(why))) == NULL)
		return say(c, BAD, "%s: `ssh -G %s` must work", why, c->cmdline.destination);
	sshcmd_value(c->config, "hostname", host, sizeof(host));
	sshcmd_value(c->config, "port", port, sizeof(port));
	sshcmd_value(c->config, "user", user, sizeof(user));
	m->keepalive = sshcmd_value(c->config, "serveraliveinterval", value,
	    sizeof(value)) != NULL && strcmp(value, "0") == 0;
	m->persists = sshcmd_value(c->config, "controlpersist", value, sizeof(value)) != NULL &&
	    strcmp(value, "no") != 0;
	if (sshcmd_value(c->config, "controlpath", c->path, sizeof(c->path)) != NULL &&
	    strcmp(c->path, "none") != 0)
		*(expands ? &m->ctl_path : &m->config_path) = c->path;
	return say(c, GOOD, "%s is %s, port %s, user %s", c->cmdline.destination, host, port, user);
}

static enum outcome
check_path(struct check *c)
{
	const char *path = c->settings.ctl_path != NULL ? c->settings.ctl_path :
	    c->settings.config_path;
	char why[256];

	if (rundir_path(why, sizeof(why)) == NULL)
		return say(c, BAD, "runtime directory: %s", why);
	if (path == NULL)
		return say(c, GOOD, "none is configured; a private one in %s is used",
		    rundir_path(why, sizeof(why)));
	if (strlen(path) < FORWARD_PATH_MAX)
		return say(c, GOOD, "%s", path);
	if (c->settings.ctl_path == NULL)
		return say(c, GOOD, "that of the configuration is too long for a socket (%zu "
		    "characters), a private one is used", strlen(path));
	return say(c, BAD, "too long for a socket, %zu characters: at most %d are possible",
	    strlen(path), FORWARD_PATH_MAX - 1);
}

/* The master */

static void
master_changed(void *arg, enum master_state state)
{
	(void)arg;
	(void)state;
}

static void
answered(void *arg, const struct forward_result *result)
{
	struct check *c = arg;

	c->answer = *result;
}

static enum outcome
check_master(struct check *c)
{
	enum master_state state = MASTER_DOWN;

	if ((c->loop = loop_new()) != NULL)
		c->master = master_new(c->loop, &c->settings, master_changed, c);
	if (c->master == NULL)
		return say(c, BAD, "out of memory");
	master_want(c->master, isatty(STDIN_FILENO));
	while ((state = master_state(c->master)) == MASTER_STARTING)
		if (loop_once(c->loop, -1) == -1)
			break;
	if (state != MASTER_UP)
		return say(c, BAD, "%s", master_reason(c->master));
	log_open("ftp-over-ssh-ctl", LOG_QUIET, false); /* what it is refused is told here */
	c->forwarder = forwarder_new(c->loop, master_path(c->master), answered, c);
	if (c->forwarder == NULL)
		return say(c, BAD, "%s: %s", master_path(c->master), strerror(errno));
	if (!master_is_ours(c->master))
		return say(c, GOOD, "yours, at %s", master_path(c->master));
	return say(c, GOOD, "started for this check");
}

/* Dialling */

/* The answer to a request, in c->answer. */
static enum forward_status
wait_answer(struct check *c, uint32_t id)
{
	uint64_t now, end = loop_now() + DIAL_MS;

	c->answer = (struct forward_result){ .id = UINT32_MAX, .status = FORWARD_TIMEOUT };
	if (id == 0) {
		c->answer.status = FORWARD_DEAD;
		return FORWARD_DEAD;
	}
	while (c->answer.id != id && c->answer.id != 0 && (now = loop_now()) < end)
		if (loop_once(c->loop, (int)(end - now)) == -1)
			break;
	return c->answer.status;
}

static enum forward_status
dial(struct check *c, const char *host, uint16_t port, int *rfd, int *wfd)
{
	char old[8];

	master_refusal(c->master, old, sizeof(old));
	*rfd = *wfd = -1;
	return wait_answer(c, forward_stdio(c->forwarder, host, port, rfd, wfd));
}

static void
hang_up(int rfd, int wfd)
{
	if (rfd != -1)
		close(rfd);
	if (wfd != -1 && wfd != rfd)
		close(wfd);
}

/* In the ssh server's words; a master of ours says them a moment later. */
static bool
last_words(struct check *c, char *dst, size_t size)
{
	uint64_t end = loop_now() + WORDS_MS;

	if (!master_is_ours(c->master))
		return false;
	while (!master_refusal(c->master, dst, size))
		if (loop_now() >= end || loop_once(c->loop, LOOK_MS) == -1)
			return false;
	return true;
}

/* Can anything be dialled? The ssh server itself listens on the far side for sure, as a rule. */
static bool
other_dial_works(struct check *c)
{
	char port[16] = "22";
	int rfd, wfd;
	bool works;

	sshcmd_value(c->config, "port", port, sizeof(port));
	works = dial(c, "localhost", (uint16_t)strtoul(port, NULL, 10), &rfd, &wfd) == FORWARD_OK;
	hang_up(rfd, wfd);
	return works;
}

static enum outcome
dial_refused(struct check *c, const char *host, uint16_t port, const char *advice)
{
	char at[SPEC_HOST_MAX + 16], words[256];

	hostport_format(at, sizeof(at), host, port);
	if (c->answer.status != FORWARD_REFUSED)
		return say(c, BAD, "%s: the ssh connection does not serve: %s", at,
		    c->answer.reason[0] != '\0' ? c->answer.reason : "no answer");
	if (last_words(c, words, sizeof(words))) {
		if (strstr(words, "administratively prohibited") == NULL)
			return say(c, BAD, "%s: %s: %s", at, words, advice);
		return say(c, BAD, "%s: %s: %s", at, words, other_dial_works(c) ? "PermitOpen in "
		    "the sshd_config (or permitopen in authorized_keys) of the ssh server does "
		    "not list it; other ports can be reached" : forbidden);
	}
	if (other_dial_works(c))
		return say(c, BAD, "%s: refused, while another port can be reached: %s; or "
		    "PermitOpen in the ssh server's sshd_config does not list it", at, advice);
	return say(c, BAD, "%s: refused, and so is the ssh server's own port: %s; or %s", at,
	    forbidden, advice);
}

static enum outcome
check_dial(struct check *c)
{
	const struct hostport *s = &c->cmdline.server;
	char at[SPEC_HOST_MAX + 16];

	if (dial(c, s->host, s->port, &c->ftp.rfd, &c->ftp.wfd) != FORWARD_OK)
		return dial_refused(c, s->host, s->port, "is an FTP server running there? -t names "
		    "another one");
	return say(c, GOOD, "%s, from the ssh server",
	    hostport_format(at, sizeof(at), s->host, s->port));
}

/* FTP */

static enum outcome
check_greeting(struct check *c)
{
	int code = dialogue_read(&c->ftp, REPLY_MS);

	if (code >= 100 && code < 200) /* 120: ready in some minutes */
		code = dialogue_read(&c->ftp, REPLY_MS);
	if (code == 220)
		return say(c, GOOD, "%s", quoted(c));
	if (code == DIALOGUE_SILENT && c->ftp.len == 0)
		return say(c, BAD, "the server says nothing for %d s: it may want TLS at once "
		    "(FTPS, port 990): take its plain FTP port; or it looks up names for very long",
		    REPLY_MS / 1000);
	if (code == DIALOGUE_ENDED)
		return say(c, BAD, "the server closes the connection%s%s: it may refuse this "
		    "address (tcp wrappers, MaxClients): see its log",
		    *c->ftp.reply != '\0' ? ", having said " : "", quoted(c));
	if (code > 0)
		return say(c, BAD, "the server will not serve: %s", quoted(c));
	return say(c, BAD, "this is no FTP server; it says: %s: -t names another one", quoted(c));
}

static enum outcome
check_login(struct check *c)
{
	int code = dialogue_ask(&c->ftp, REPLY_MS, "USER anonymous");

	if (code == 331)
		code = dialogue_ask(&c->ftp, REPLY_MS, "PASS check@");
	if (code == 230)
		return say(c, GOOD, "anonymous");
	if (code > 0 && code != 421)
		return say(c, UNTRIED, "no anonymous login; what needs a login cannot be told: %s",
		    quoted(c));
	return say(c, BAD, "the server does not go on: %s", quoted(c));
}

static bool
needs_login(int code)
{
	return code == 530 || code == 503 || code == 332 || code == 331;
}

static enum outcome
check_passive(struct check *c)
{
	int rfd, wfd, code = dialogue_ask(&c->ftp, REPLY_MS, "EPSV");
	uint16_t port = dialogue_port(code, c->ftp.reply);

	if (port == 0 && !needs_login(code) && code > 0)
		port = dialogue_port(code = dialogue_ask(&c->ftp, REPLY_MS, "PASV"), c->ftp.reply);
	if (needs_login(code))
		return say(c, UNTRIED, "needs a login, cannot be told: %s", quoted(c));
	if (port == 0)
		return say(c, BAD, "the server has no passive mode: %s: take -o "
		    "FtpServerMode=active, or enable it there", quoted(c));
	if (dial(c, c->cmdline.server.host, port, &rfd, &wfd) != FORWARD_OK)
		return dial_refused(c, c->cmdline.server.host, port, "the server announces a port "
		    "that nobody can connect to: a firewall on its host?");
	hang_up(rfd, wfd);
	return say(c, GOOD, "data port %u can be reached", port);
}

/* The other direction */

static enum outcome
check_listen(struct check *c)
{
	struct forward *f = &c->listener;

	*f = (struct forward){ .kind = FORWARD_REMOTE, .host = "localhost" };
	if (rundir_fresh(f->path, sizeof(f->path), 'c') == -1)
		return say(c, BAD, "runtime directory: %s", strerror(errno));
	if (wait_answer(c, forward_open(c->forwarder, f)) != FORWARD_OK)
		return say(c, BAD, "%s: the ssh server opens no listener: see AllowTcpForwarding "
		    "(it must not be no or local), PermitListen, GatewayPorts and "
		    "DisableForwarding in its sshd_config; until then use passive mode, which is "
		    "possible",
		    c->answer.reason[0] != '\0' ? c->answer.reason : "no answer");
	c->far_port = c->answer.port;
	return say(c, GOOD, "port %u of the ssh server", c->far_port);
}

static bool
on_ssh_host(const char *host)
{
	return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
	    strcmp(host, "::1") == 0;
}

static enum outcome
check_active(struct check *c)
{
	unsigned p = c->far_port;
	int code;

	if (!on_ssh_host(c->cmdline.server.host))
		return say(c, UNTRIED, "the FTP server is not on the ssh host, so passive mode is "
		    "used; active mode needs -o FtpAdvertise and GatewayPorts in the sshd_config");
	code = dialogue_ask(&c->ftp, REPLY_MS, "PORT 127,0,0,1,%u,%u", p >> 8, p & 255);
	if (code >= 500 && !needs_login(code))
		code = dialogue_ask(&c->ftp, REPLY_MS, "EPRT |1|127.0.0.1|%u|", p);
	if (code >= 500 && !needs_login(code))
		code = dialogue_ask(&c->ftp, REPLY_MS, "EPRT |2|::1|%u|", p);
	if (needs_login(code))
		return say(c, UNTRIED, "needs a login, cannot be told: %s", quoted(c));
	if (code >= 200 && code < 300)
		return say(c, GOOD, "%s", quoted(c));
	return say(c, BAD, "the server refuses active mode: %s: use passive mode, which is "
	    "possible, or enable active mode there", quoted(c));
}

/* Only what ssh itself will do to idle channels is written where we can see it. */
static enum outcome
check_idle(struct check *c)
{
	char value[256];

	if (sshcmd_value(c->config, "channeltimeout", value, sizeof(value)) == NULL ||
	    strcmp(value, "none") == 0)
		return say(c, GOOD, "ssh's configuration has no ChannelTimeout (the server's "
		    "cannot be seen)");
	return say(c, UNTRIED, "ChannelTimeout %s in ssh's configuration closes idle connections, "
	    "control connections too", value);
}

/* All */

static const struct {
	const char *name;
	enum outcome (*check)(struct check *);
} steps[] = {
	{ "ssh configuration", check_config },
	{ "control path", check_path },
	{ "ssh connection", check_master },
	{ "connection to the FTP port", check_dial },
	{ "FTP greeting", check_greeting },
	{ "FTP login", check_login },
	{ "passive data connection", check_passive },
	{ "listener on the ssh server", check_listen },
	{ "active data connection", check_active },
	{ "idle connections", check_idle }
};

static bool
run_steps(struct check *c)
{
	static const char *const words[] = { "ok", "ok", "FAIL" };
	char text[sizeof(c->text) * 2];

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		enum outcome outcome = steps[i].check(c);

		for (char *p = c->text; *p != '\0'; p++) /* what is quoted is escaped already */
			if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
				*p = '?';
		snprintf(text, sizeof(text), "%s %s: %s", words[outcome], steps[i].name, c->text);
		puts(text);
		fflush(stdout);
		if (outcome == BAD)
			return false;
	}
	return true;
}

static void
clean_up(struct check *c)
{
	if (c->far_port != 0)
		wait_answer(c, forward_cancel(c->forwarder, &c->listener));
	hang_up(c->ftp.rfd, c->ftp.wfd);
	forwarder_free(c->forwarder);
	master_free(c->master);
	loop_free(c->loop);
	free(c->config);
}

static int
usage_error(const char *why)
{
	log_error("check: %s", why);
	return USAGE;
}

int
check_run(int argc, char *argv[])
{
	struct check c = { .ftp = { .rfd = -1, .wfd = -1 } };
	const struct cmdline *l = &c.cmdline;
	char why[512];
	int status;

	if (cmdline_parse(&c.cmdline, argc, argv, why, sizeof(why)) == -1)
		status = usage_error(why);
	else if (l->run != RUN_CLIENT || l->background || l->local.count + l->remote.count > 0 ||
	    (l->command != NULL && *l->command != NULL))
		status = usage_error("it takes the options of ssh (-46CFiJlopqSv), -t and a "
		    "destination");
	else {
		signal(SIGPIPE, SIG_IGN);
		status = run_steps(&c) ? 0 : FAILED;
		clean_up(&c);
	}
	cmdline_free(&c.cmdline);
	return status;
}
