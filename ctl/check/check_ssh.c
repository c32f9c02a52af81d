/* The part of a check that goes through ssh. */
#include <sys/socket.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/check_private.h"
#include "base/compat.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/rundir.h"
#include "base/unixsock.h"

#define DIAL_MS 30000
#define WORDS_MS 500 /* for the master to say why, once it has refused */

static const char forbidden[] =
    "the ssh server forbids it: see AllowTcpForwarding, PermitOpen and DisableForwarding in its "
    "sshd_config, if it has one (and restrict, permitopen in authorized_keys)";

enum outcome
check_master(struct check *c)
{
	if ((c->loop = loop_new()) == NULL)
		return check_say(c, BAD, "out of memory");
	master_begin(&c->master, c->loop, &c->settings, NULL, NULL);
	master_want(&c->master, isatty(STDIN_FILENO));
	while (c->master.state == MASTER_STARTING && loop_once(c->loop, -1) == 0)
		;
	if (c->master.state != MASTER_UP)
		return check_say(c, BAD, "%s", c->master.reason);
	log_open("ftp-over-ssh-ctl", LOG_QUIET, false); /* what it is refused is told here */
	if (!master_is_ours(&c->master))
		return check_say(c, GOOD, "yours, at %s", c->master.path);
	return check_say(c, GOOD, "started for this check");
}

static void
answered(void *arg, const struct forward_result *result)
{
	struct check_link *l = arg;

	if (l->answer.id == UINT32_MAX)
		l->answer = *result;
}

/* One request on a connection of its own, which stays open. fd: of a stdio forward. false: c->answer
 * says why. */
static bool
ask(struct check *c, struct check_link *l, enum mux_type type, const struct forward *f, int fd)
{
	uint64_t now, end = loop_now() + DIAL_MS;
	uint32_t id;

	c->answer = (struct forward_result){ .status = FORWARD_DEAD };
	l->answer = (struct forward_result){ .id = UINT32_MAX, .status = FORWARD_TIMEOUT };
	if ((l->mux = mux_new(c->loop, c->master.path, answered, l)) == NULL)
		return false;
	id = type == MUX_C_NEW_STDIO_FWD ? mux_stdio_forward(l->mux, f, fd) : mux_ask(l->mux, type, f);
	while (id != 0 && l->answer.id == UINT32_MAX && (now = loop_now()) < end &&
	    loop_once(c->loop, (int)(end - now)) == 0)
		;
	if (id != 0)
		c->answer = l->answer;
	return c->answer.status == FORWARD_OK;
}

/* The channel's socket; its connection to the master must stay open. -1: c->answer says why. */
static int
dial(struct check *c, const char *host, uint16_t port, struct check_link *l)
{
	struct forward to = { .port = port };
	char old[8];
	int fds[2];

	master_refusal(&c->master, old, sizeof(old));
	snprintf(to.host, sizeof(to.host), "%s", host);
	c->answer = (struct forward_result){ .status = FORWARD_DEAD };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1)
		return -1;
	if (!ask(c, l, MUX_C_NEW_STDIO_FWD, &to, fds[1]))
		fd_close(&fds[0]);
	close(fds[1]);
	return fds[0];
}

static bool
can_dial(struct check *c, const char *host, uint16_t port)
{
	int fd = dial(c, host, port, &c->link);
	bool good = fd != -1;

	memory_drop(mux_free, c->link.mux);
	fd_close(&fd);
	return good;
}

/* In the ssh server's words; a master of ours says them a moment later. */
static bool
last_words(struct check *c, char *dst, size_t size)
{
	uint64_t end = loop_now() + WORDS_MS;

	if (!master_is_ours(&c->master))
		return false;
	while (!master_refusal(&c->master, dst, size))
		if (loop_now() >= end || loop_once(c->loop, CHECK_LOOK_MS) == -1)
			return false;
	return true;
}

/* Can anything be dialled? As a rule the ssh server itself can, from there. */
static bool
other_dial_works(struct check *c)
{
	char port[16] = "22";

	sshcmd_value(c->settings.ssh.config, "port", port, sizeof(port));
	return can_dial(c, "localhost", (uint16_t)strtoul(port, NULL, 10));
}

static enum outcome
dial_refused(struct check *c, const char *host, uint16_t port, const char *advice)
{
	char at[SPEC_HOST_MAX + 16], words[256];

	hostport_format(at, sizeof(at), host, port);
	if (strstr(c->answer.reason, "Permission denied") != NULL)
		return check_say(c, BAD, "%s: the ControlMaster asks for every forward (ControlMaster ask or "
		    "autoask), and nobody has said yes", at);
	if (c->answer.status != FORWARD_REFUSED)
		return check_say(c, BAD, "%s: the ssh connection does not serve: %s", at,
		    c->answer.reason[0] != '\0' ? c->answer.reason : "no answer");
	if (last_words(c, words, sizeof(words))) {
		if (strstr(words, "administratively prohibited") == NULL)
			return check_say(c, BAD, "%s: %s: %s", at, words, advice);
		return check_say(c, BAD, "%s: %s: %s", at, words, other_dial_works(c) ? "PermitOpen in "
		    "the sshd_config (or permitopen in authorized_keys) of the ssh server does "
		    "not list it; other ports can be reached" : forbidden);
	}
	if (other_dial_works(c))
		return check_say(c, BAD, "%s: refused, while another port can be reached: %s; or "
		    "PermitOpen in the ssh server's sshd_config does not list it", at, advice);
	return check_say(c, BAD, "%s: refused, and so is the ssh server's own port: %s; or %s", at,
	    forbidden, advice);
}

enum outcome
check_dial(struct check *c)
{
	const struct hostport *s = &c->cmdline.server;
	char at[SPEC_HOST_MAX + 16];

	if ((c->ftp.fd = dial(c, s->host, s->port, &c->ftp_link)) == -1)
		return dial_refused(c, s->host, s->port, "is an FTP server running there? -t names "
		    "another one");
	return check_say(c, GOOD, "%s, from the ssh server",
	    hostport_format(at, sizeof(at), s->host, s->port));
}

enum outcome
check_reaches(struct check *c, uint16_t port)
{
	if (can_dial(c, c->cmdline.server.host, port))
		return GOOD;
	return dial_refused(c, c->cmdline.server.host, port, "the server announces a port "
	    "that nobody can connect to: a firewall on its host?");
}

static bool
listener(struct check *c, enum mux_type type)
{
	bool done = ask(c, &c->link, type, &c->listener, -1);

	memory_drop(mux_free, c->link.mux);
	return done;
}

/* sshd may permit one of these names, and not the other. */
enum outcome
check_listen(struct check *c)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost", NULL };
	const enum outcome worse = c->no_passive ? BAD : WARN;
	struct forward *f = &c->listener;
	const char *why;

	for (size_t i = 0; hosts[i] != NULL; i++) {
		*f = (struct forward){ .kind = FORWARD_REMOTE };
		snprintf(f->host, sizeof(f->host), "%s", hosts[i]);
		if (rundir_fresh(f->path, sizeof(f->path), 'c') == -1 ||
		    (c->near_fd = unixsock_listen(f->path, 1)) == -1)
			break;
		if (listener(c, MUX_C_OPEN_FWD)) {
			c->far_port = c->answer.port;
			return check_say(c, GOOD, "port %u of the ssh server", c->far_port);
		}
		fd_close(&c->near_fd);
		unlink(f->path);
	}
	why = c->answer.reason[0] != '\0' ? c->answer.reason : "no answer";
	if (strstr(why, "Permission denied") != NULL)
		return check_say(c, worse, "%s: the ControlMaster asks for every forward (ControlMaster "
		    "ask or autoask), and nobody has said yes", why);
	return check_say(c, worse, "%s: the ssh server opens no listener, so passive mode is used: see "
	    "AllowTcpForwarding (it must not be no or local), PermitListen, GatewayPorts and "
	    "DisableForwarding in its sshd_config, if it has one", why);
}

bool
check_came_back(struct check *c)
{
	struct pollfd p = { .fd = c->near_fd, .events = POLLIN };
	int fd;

	if (poll(&p, 1, CHECK_REPLY_MS) != 1 || (fd = accept(c->near_fd, NULL, NULL)) == -1)
		return false;
	close(fd);
	return true;
}

void
check_hang_up(struct check *c)
{
	if (c->far_port != 0)
		listener(c, MUX_C_CLOSE_FWD);
	if (c->near_fd != -1)
		unlink(c->listener.path);
	fd_close(&c->near_fd);
	fd_close(&c->ftp.fd);
	mux_free(c->ftp_link.mux);
}
