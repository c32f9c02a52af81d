#include "options/cmdline_private.h"

#include <sys/socket.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

int
scan_fail(struct scan *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->why, s->why_size, fmt, ap);
	va_end(ap);
	return -1;
}

int
scan_push(struct scan *s, struct strings *list, const char *text)
{
	const char **grown = realloc(list->item, (list->count + 1) * sizeof(*grown));

	if (grown == NULL)
		return scan_fail(s, "out of memory");
	list->item = grown;
	list->item[list->count++] = text;
	return 0;
}

static int
push_spec(struct scan *s, struct specs *list)
{
	struct tunnel_spec *grown = realloc(list->spec, (list->count + 1) * sizeof(*grown));

	if (grown == NULL)
		return scan_fail(s, "out of memory");
	list->spec = grown;
	if (spec_parse(&list->spec[list->count], s->argument, s->why, s->why_size) == -1)
		return -1;
	list->count++;
	return 0;
}

/* What the options do */

static int
set_nothing(struct scan *s)
{
	(void)s;
	return 0;
}

static int
set_family(struct scan *s, int family)
{
	s->c->family = family;
	return 0;
}

static int
set_inet(struct scan *s)
{
	return set_family(s, AF_INET);
}

static int
set_inet6(struct scan *s)
{
	return set_family(s, AF_INET6);
}

static int
set_run(struct scan *s, enum run run)
{
	s->c->run = run;
	return 0;
}

static int
set_help(struct scan *s)
{
	return set_run(s, RUN_USAGE);
}

static int
set_version(struct scan *s)
{
	return set_run(s, RUN_VERSION);
}

static int
set_tunnel(struct scan *s)
{
	return set_run(s, RUN_TUNNEL);
}

static int
set_background(struct scan *s)
{
	s->c->background = true;
	return 0;
}

static int
set_gateway(struct scan *s)
{
	s->c->gateway = true;
	return 0;
}

static int
set_quiet(struct scan *s)
{
	s->c->verbosity = LOG_QUIET;
	return 0;
}

static int
set_verbose(struct scan *s)
{
	if (s->c->verbosity < LOG_DETAIL)
		s->c->verbosity++;
	return 0;
}

static int
set_syslog(struct scan *s)
{
	s->c->to_syslog = true;
	return 0;
}

static int
set_log_file(struct scan *s)
{
	s->c->log_file = s->argument;
	return 0;
}

static int
set_ctl_path(struct scan *s)
{
	if (*s->argument == '\0')
		return scan_fail(s, "-S needs the path of a control socket");
	s->c->ctl_path = NULL;
	if (strcmp(s->argument, "none") != 0) {
		s->c->ctl_path = s->argument;
		return 0;
	}
	if (scan_push(s, s->ssh, "-o") == -1)
		return -1;
	return scan_push(s, s->ssh, "ControlPath=none");
}

static int
set_no_input(struct scan *s)
{
	s->c->no_input = true;
	return 0;
}

/* It becomes an argument of programs, and part of a line of FTP. */
static int
set_ftp_user(struct scan *s)
{
	const char *user = s->argument;

	if (strchr(user, ':') != NULL)
		return scan_fail(s, "-u takes no password: the FTP client asks for it, or has it from "
		    "~/.netrc");
	for (const char *p = user; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return scan_fail(s, "bad FTP user: control characters in it");
	if (*user == '\0' || *user == '-')
		return scan_fail(s, "bad FTP user \"%.100s\": it may not be empty or begin with '-'",
		    user);
	s->c->ftp_user = user;
	return 0;
}

/* As in a destination: to ssh it could look like an option. */
static int
set_login(struct scan *s)
{
	if (*s->argument == '-')
		return scan_fail(s, "bad login name \"%.100s\": a user may not begin with '-'",
		    s->argument);
	return 0;
}

static int
set_server(struct scan *s)
{
	s->server_given = true;
	return hostport_parse(&s->c->server, s->argument, 21, s->why, s->why_size);
}

static int
set_stdio(struct scan *s)
{
	s->c->run = RUN_STDIO;
	s->server_given = true;
	return hostport_parse(&s->c->server, s->argument, 0, s->why, s->why_size);
}

static int
set_local(struct scan *s)
{
	return push_spec(s, &s->c->local);
}

static int
set_remote(struct scan *s)
{
	return push_spec(s, &s->c->remote);
}

static int
set_option(struct scan *s)
{
	if (strcmp(s->argument, "help") == 0)
		return set_run(s, RUN_OPTIONS);
	if (!ftp_option_ours(s->argument)) {
		if (scan_push(s, s->ssh, "-o") == -1)
			return -1;
		return scan_push(s, s->ssh, s->argument);
	}
	if (ftp_option_set(&s->c->ftp, s->argument, s->why, s->why_size) == -1)
		return -1;
	return scan_push(s, &s->c->ftp_texts, s->argument);
}

static const struct flag flags[] = {
	{ '4', NULL, true, set_inet, "use IPv4 only" },
	{ '6', NULL, true, set_inet6, "use IPv6 only" },
	{ 'a', NULL, true, set_nothing, "forward no agent (never done)" },
	{ 'b', "bind_address", true, set_nothing, "address of this machine for ssh" },
	{ 'C', NULL, true, set_nothing, "compress (ssh)" },
	{ 'c', "cipher_spec", true, set_nothing, "ciphers (ssh)" },
	{ 'E', "log_file", false, set_log_file, "append messages to log_file, with the time" },
	{ 'f', NULL, false, set_background, "go to the background once listening; with -N" },
	{ 'F', "configfile", true, set_nothing, "configuration file of ssh" },
	{ 'g', NULL, false, set_gateway, "let other hosts use the listeners" },
	{ 'h', NULL, false, set_help, "this help; also --help" },
	{ 'i', "identity", true, set_nothing, "identity file (ssh)" },
	{ 'J', "jump", true, set_nothing, "jump host (ssh)" },
	{ 'K', NULL, true, set_nothing, "GSSAPI authentication and delegation (ssh)" },
	{ 'k', NULL, true, set_nothing, "no GSSAPI delegation (ssh)" },
	{ 'l', "login", true, set_login, "login name (ssh)" },
	{ 'L', "spec", false, set_local, "listen here, the FTP server is on the far side" },
	{ 'm', "mac_spec", true, set_nothing, "MAC algorithms (ssh)" },
	{ 'N', NULL, false, set_tunnel, "run no FTP client, stay up as a tunnel" },
	{ 'n', NULL, false, set_no_input, "read no input; with -N, where that is so anyway" },
	{ 'o', "option", false, set_option, "option of ssh, or one of those below" },
	{ 'p', "port", true, set_nothing, "port of the ssh server" },
	{ 'q', NULL, false, set_quiet, "quiet" },
	{ 'R', "spec", false, set_remote, "listen on the far side, the FTP server is here" },
	{ 'S', "ctl_path", false, set_ctl_path, "use the ControlMaster at ctl_path" },
	{ 't', "ftp_host[:port]", false, set_server, "FTP server (default localhost:21)" },
	{ 'T', NULL, false, set_nothing, "no terminal on the ssh server (never asked for)" },
	{ 'u', "ftp_user", false, set_ftp_user, "FTP login for the client that is run" },
	{ 'v', NULL, false, set_verbose, "say more: sessions, -vv dialogue, -vvv everything" },
	{ 'V', NULL, false, set_version, "version; also --version" },
	{ 'W', "ftp_host:port", false, set_stdio, "control connection on stdin and stdout" },
	{ 'x', NULL, true, set_nothing, "forward no X11 (never done)" },
	{ 'y', NULL, false, set_syslog, "messages to syslog" },
	{ 0 }
};
#define FLAGS (sizeof(flags) / sizeof(flags[0]))

const struct flag *
flag_table(void)
{
	return flags;
}

/* They would change what the tunnel is, or mean nothing to it. */
static const struct {
	char name;
	const char *why;
} refused[] = {
	{ 'A', "an agent is of no use where no command is run; leave it out" },
	{ 'D', "SOCKS is ssh's own; -L is what makes an FTP tunnel" },
	{ 'M', "a ControlMaster is found or started anyway; leave it out" },
	{ 'X', "X11 is of no use where no command is run; leave it out" },
	{ 'Y', "X11 is of no use where no command is run; leave it out" },
	{ 0 }
};

const char *
flag_refusal(char name)
{
	for (size_t i = 0; refused[i].name != 0; i++)
		if (refused[i].name == name)
			return refused[i].why;
	return NULL;
}

/* The texts that ssh wants to see for a flag without its argument. */
static const char *
flag_text(const struct flag *f)
{
	static char texts[FLAGS][3];
	char *text = texts[f - flags];

	text[0] = '-';
	text[1] = f->name;
	return text;
}

int
flag_apply(struct scan *s, const struct flag *f)
{
	if (f->for_ssh && scan_push(s, s->ssh, flag_text(f)) == -1)
		return -1;
	if (f->for_ssh && f->argument != NULL && scan_push(s, s->ssh, s->argument) == -1)
		return -1;
	return f->set(s);
}
