#include "options/cmdline_private.h"

#include <sys/socket.h>

#include <string.h>

#define WIDTH 80

static int
set_spec(struct scan *s, void *field)
{
	struct specs *list = field;
	struct tunnel_spec *spec = memory_append(&list->spec, &list->count, sizeof(*spec));

	if (spec == NULL)
		return scan_fail(s, "out of memory");
	return spec_parse(spec, s->argument, s->why, s->why_size);
}

static int
set_verbose(struct scan *s, void *field)
{
	int *verbosity = field;

	if (*verbosity < LOG_DETAIL)
		++*verbosity;
	s->c->ssh_verbosity += ++s->verbose > 2;
	return 0;
}

static int
set_ctl_path(struct scan *s, void *field)
{
	bool none = strcmp(s->argument, "none") == 0;

	if (*s->argument == '\0')
		return scan_fail(s, "-S needs the path of a control socket");
	*(const char **)field = none ? NULL : s->argument;
	if (none)
		strings_add(s->ssh, "-o", "ControlPath=none");
	return 0;
}

/* It becomes an argument of programs, and part of a line of FTP. */
static int
set_ftp_user(struct scan *s, void *field)
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
	*(const char **)field = user;
	return 0;
}

/* As in a destination: to ssh it could look like an option. */
static int
set_login(struct scan *s, void *field)
{
	if (*s->argument == '-')
		return scan_fail(s, "bad login name \"%.100s\": a user may not begin with '-'",
		    s->argument);
	return 0;
}

static int
set_server(struct scan *s, void *field)
{
	s->server_given = true;
	return hostport_parse(field, s->argument, FTP_PORT, s->why, s->why_size);
}

static int
set_stdio(struct scan *s, void *field)
{
	s->server_given = true;
	s->c->run = RUN_STDIO;
	return hostport_parse(field, s->argument, 0, s->why, s->why_size);
}

static int
set_option(struct scan *s, void *field)
{
	if (strcmp(s->argument, "help") == 0) {
		s->c->run = RUN_OPTIONS;
		return 0;
	}
	if (!ftp_option_ours(s->argument)) {
		strings_add(s->ssh, "-o", s->argument);
		return 0;
	}
	strings_add(&s->c->ftp_texts, s->argument);
	return ftp_option_set(&s->c->ftp, s->argument, s->why, s->why_size);
}

_Static_assert(sizeof(enum run) == sizeof(int), "a number of the table is written to it");

/* They would change what the tunnel is, or mean nothing to it. */
#define REFUSED(name, why) { name, NULL, false, FLAG_REFUSED, 0, 0, NULL, why }
#define SSH(name, argument, help) { name, argument, true, FLAG_NOTHING, 0, 0, NULL, help }
#define FIELD(member) offsetof(struct cmdline, member)
#define TRUE(name, member, help) { name, NULL, false, FLAG_TRUE, FIELD(member), 0, NULL, help }
#define NUMBER(name, ssh, member, value, help) \
	{ name, NULL, ssh, FLAG_NUMBER, FIELD(member), value, NULL, help }
#define TEXT(name, argument, member, help) \
	{ name, argument, false, FLAG_TEXT, FIELD(member), 0, NULL, help }
#define CALL(name, argument, member, set, help) \
	{ name, argument, false, FLAG_CALL, FIELD(member), 0, set, help }

const struct flag flag_table[] = {
	NUMBER("-4", true, family, AF_INET, "use IPv4 only"),
	NUMBER("-6", true, family, AF_INET6, "use IPv6 only"),
	SSH("-a", NULL, "forward no agent (never done)"),
	SSH("-b", "bind_address", "address of this machine for ssh"),
	SSH("-C", NULL, "compress (ssh)"),
	SSH("-c", "cipher_spec", "ciphers (ssh)"),
	TEXT("-E", "log_file", log_file, "append messages to log_file, with the time"),
	TRUE("-f", background, "go to the background once listening; with -N"),
	SSH("-F", "configfile", "configuration file of ssh"),
	TRUE("-g", gateway, "let other hosts use the listeners"),
	NUMBER("-h", false, run, RUN_USAGE, "this help; also --help"),
	SSH("-i", "identity", "identity file (ssh)"),
	SSH("-J", "jump", "jump host (ssh)"),
	SSH("-K", NULL, "GSSAPI authentication and delegation (ssh)"),
	SSH("-k", NULL, "no GSSAPI delegation (ssh)"),
	{ "-l", "login", true, FLAG_CALL, 0, 0, set_login, "login name (ssh)" },
	CALL("-L", "spec", local, set_spec, "listen here, the FTP server is on the far side"),
	SSH("-m", "mac_spec", "MAC algorithms (ssh)"),
	NUMBER("-N", false, run, RUN_TUNNEL, "run no FTP client, stay up as a tunnel"),
	TRUE("-n", no_input, "read no input; with -N, where that is so anyway"),
	CALL("-o", "option", ftp, set_option, "option of ssh, or one of those below"),
	SSH("-p", "port", "port of the ssh server"),
	NUMBER("-q", false, verbosity, LOG_QUIET, "quiet"),
	CALL("-R", "spec", remote, set_spec, "listen on the far side, the FTP server is here"),
	CALL("-S", "ctl_path", ctl_path, set_ctl_path, "use the ControlMaster at ctl_path"),
	CALL("-t", "ftp_host[:port]", server, set_server, "FTP server (default localhost:21)"),
	{ "-T", NULL, false, FLAG_NOTHING, 0, 0, NULL, "no terminal on the ssh server (never asked for)" },
	CALL("-u", "ftp_user", ftp_user, set_ftp_user, "FTP login for the client that is run"),
	CALL("-v", NULL, verbosity, set_verbose, "say more: sessions, -vv dialogue, -vvv everything"),
	NUMBER("-V", false, run, RUN_VERSION, "version; also --version"),
	CALL("-W", "ftp_host:port", server, set_stdio, "control connection on stdin and stdout"),
	SSH("-x", NULL, "forward no X11 (never done)"),
	TRUE("-y", to_syslog, "messages to syslog"),
	REFUSED("-A", "an agent is of no use where no command is run; leave it out"),
	REFUSED("-D", "SOCKS is ssh's own; -L is what makes an FTP tunnel"),
	REFUSED("-M", "a ControlMaster is found or started anyway; leave it out"),
	REFUSED("-P", "-p is the port of the ssh server, and -t has that of the FTP server"),
	REFUSED("-X", "X11 is of no use where no command is run; leave it out"),
	REFUSED("-Y", "X11 is of no use where no command is run; leave it out"),
	{ 0 }
};

/* FNV-1a. What does not count: where messages go, how many, how the tunnel is started; and -L, whose
 * port 0 has become another one. */
static uint32_t
digest(const struct flag *f, const char *argument)
{
	uint32_t n = 2166136261U ^ (unsigned char)f->name[1];

	for (; f->argument != NULL && *argument != '\0'; argument++)
		n = (n ^ (unsigned char)*argument) * 16777619U;
	return strchr("EfLNnqvy", f->name[1]) != NULL ? 0 : n * 16777619U;
}

int
flag_apply(struct scan *s, const struct flag *f)
{
	void *field = (char *)s->c + f->field;

	s->c->digest += digest(f, s->argument);
	if (f->for_ssh)
		strings_append(s->ssh, (const char *const[]){ f->name, s->argument },
		    f->argument != NULL ? 2 : 1);
	if (f->kind == FLAG_REFUSED)
		return scan_fail(s, "%s is not taken: %s", f->name, f->help);
	if (f->kind == FLAG_TRUE)
		*(bool *)field = true;
	else if (f->kind == FLAG_NUMBER)
		*(int *)field = f->value;
	else if (f->kind == FLAG_TEXT)
		*(const char **)field = s->argument;
	return f->kind == FLAG_CALL ? f->set(s, field) : 0;
}

/* --- what the programs say about their options ------------------------------------------ */

const char *
cmdline_synopsis(void)
{
	return "usage: ftp-over-ssh [-46aCfgKkNnqTvVxy] [-b bind_address] [-c cipher_spec]\n"
	    "           [-E log_file] [-F configfile] [-i identity] [-J jump] [-l login]\n"
	    "           [-m mac_spec] [-o option] [-p port] [-S ctl_path]\n"
	    "           [-t ftp_host[:port]] [-u ftp_user] [-L spec]... [-R spec]...\n"
	    "           destination [[--] command [argument ...]]\n"
	    "       ftp-over-ssh [options] -W ftp_host:port destination\n"
	    "       spec: [ftp/][bind_address:]port:host:hostport\n";
}

/* For programs: one line each, however long. */
void
cmdline_ftp_options(FILE *f)
{
	char name[80];

	for (const struct option_info *o = ftp_option_table; o->name != NULL; o++) {
		snprintf(name, sizeof(name), "%s=%s", o->name, o->values);
		fprintf(f, "  %-42s %s\n", name, o->help);
	}
}

/* Words in lines of the terminal's width, indented. */
static void
print_wrapped(FILE *f, const char *text, int indent)
{
	int column = WIDTH;

	for (; *text != '\0'; text += strspn(text, " ")) {
		int len = (int)strcspn(text, " ");

		if (column + 1 + len > WIDTH) {
			fprintf(f, "%s%*s", column == WIDTH ? "" : "\n", indent, "");
			column = indent;
		} else {
			fputc(' ', f);
			column++;
		}
		fprintf(f, "%.*s", len, text);
		column += len;
		text += len;
	}
	fputc('\n', f);
}

void
cmdline_help(FILE *f)
{
	fprintf(f, "%s\n", cmdline_synopsis());
	for (const struct flag *flag = flag_table; flag->kind != FLAG_REFUSED; flag++)
		fprintf(f, "  %s %-16s %s\n", flag->name,
		    flag->argument != NULL ? flag->argument : "", flag->help);
	fprintf(f, "\nOptions for -o besides those of ssh:\n");
	for (const struct option_info *o = ftp_option_table; o->name != NULL; o++) {
		fprintf(f, "  %s=%s\n", o->name, o->values);
		print_wrapped(f, o->help, 6);
	}
}
