/* The chain from here to a data connection, step by step. */
#include "check/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check_private.h"
#include "base/loop.h"
#include "base/rundir.h"

#define USAGE 64
#define FAILED 255

static enum outcome
check_config(struct check *c)
{
	char why[512], host[300] = "?", port[16] = "22", user[128] = "?";
	struct master_settings *m = &c->settings;

	m->ssh = (struct ssh_settings){ .options = c->cmdline.ssh.item,
		.count = c->cmdline.ssh.count, .destination = c->cmdline.destination,
		.ctl_path = c->cmdline.ctl_path };
	m->servers = "the FTP server";
	m->ctl_path = c->cmdline.ctl_path;
	if (master_configure(m, why, sizeof(why)) == -1)
		return check_say(c, BAD, "%s: `ssh -G %s` must work", why, c->cmdline.destination);
	sshcmd_value(m->ssh.config, "hostname", host, sizeof(host));
	sshcmd_value(m->ssh.config, "port", port, sizeof(port));
	sshcmd_value(m->ssh.config, "user", user, sizeof(user));
	return check_say(c, GOOD, "%s is %s, port %s, user %s", c->cmdline.destination, host, port, user);
}

static enum outcome
check_path(struct check *c)
{
	const char *path = c->settings.ctl_path != NULL ? c->settings.ctl_path :
	    c->settings.config_path;
	char why[256];

	if (!rundir_need(why, sizeof(why)))
		return check_say(c, BAD, "runtime directory: %s", why);
	if (path == NULL)
		return check_say(c, GOOD, "none is configured; a private one in %s is used",
		    rundir_path(why, sizeof(why)));
	if (strlen(path) < FORWARD_PATH_MAX)
		return check_say(c, GOOD, "%s", path);
	if (c->settings.ctl_path == NULL)
		return check_say(c, GOOD, "that of the configuration is too long for a socket (%zu "
		    "characters), a private one is used", strlen(path));
	return check_say(c, BAD, "too long for a socket, %zu characters: at most %d are possible",
	    strlen(path), FORWARD_PATH_MAX - 1);
}

/* sshd's Nagle, see FtpNoDelay. */
static enum outcome
check_small(struct check *c)
{
	if (master_is_ours(&c->master) && c->cmdline.ftp.no_delay != NO_DELAY_NO)
		return check_say(c, GOOD, "FtpNoDelay runs true on the ssh server once, so they are fast");
	return check_say(c, UNTRIED, "each takes some 50 ms more on an ssh connection that has run no "
	    "command; -o FtpNoDelay=yes runs one");
}

/* Of all that may end an idle channel, ssh's own setting is what we can see. */
static enum outcome
check_idle(struct check *c)
{
	char value[256];

	if (!sshcmd_is_set(c->settings.ssh.config, "channeltimeout", "none", value, sizeof(value)))
		return check_say(c, GOOD, "ssh's configuration has no ChannelTimeout (the server's "
		    "cannot be seen)");
	return check_say(c, UNTRIED, "ChannelTimeout %s in ssh's configuration closes idle connections, "
	    "control connections too", value);
}

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
	{ "small files", check_small },
	{ "idle connections", check_idle }
};

static bool
run_steps(struct check *c)
{
	static const char *const words[] = { "ok", "ok", "warn", "FAIL" };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		enum outcome outcome = steps[i].check(c);

		for (char *p = c->text; *p != '\0'; p++) /* what is quoted is escaped already */
			if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
				*p = '?';
		printf("%s %s: %s\n", words[outcome], steps[i].name, c->text);
		fflush(stdout);
		if (outcome == BAD)
			return false;
	}
	return true;
}

int
check_run(int argc, char *argv[])
{
	struct check c = { .ftp = { .fd = -1 }, .near_fd = -1 };
	const struct cmdline *l = &c.cmdline;
	int status = USAGE;
	char why[512];

	if (cmdline_parse(&c.cmdline, argc, argv, why, sizeof(why)) == -1)
		log_error("check: %s", why);
	else if (l->run != RUN_CLIENT || l->background || l->local.count + l->remote.count > 0 ||
	    (l->command != NULL && *l->command != NULL))
		log_error("check: it takes the options of ssh, -t, -u and a destination");
	else {
		signal(SIGPIPE, SIG_IGN);
		status = run_steps(&c) ? 0 : FAILED;
		check_hang_up(&c);
		master_end(&c.master);
		loop_free(c.loop);
		free(c.settings.ssh.config);
	}
	cmdline_free(&c.cmdline);
	return status;
}
