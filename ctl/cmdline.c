#include "cmdline.h"

#include <sys/socket.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

struct scan {
	struct cmdline *c;
	const char *argument; /* of the option at hand */
	bool server_given;
	char *why;
	size_t why_size;
};

struct flag {
	char name;
	const char *argument; /* what it takes, NULL = nothing */
	bool for_ssh;         /* ssh gets it as well */
	int (*set)(struct scan *);
	const char *help;
};

__attribute__((format(printf, 2, 3))) static int
fail(struct scan *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->why, s->why_size, fmt, ap);
	va_end(ap);
	return -1;
}

static int
push(struct scan *s, struct strings *list, const char *text)
{
	const char **grown = realloc(list->item, (list->count + 1) * sizeof(*grown));

	if (grown == NULL)
		return fail(s, "out of memory");
	list->item = grown;
	list->item[list->count++] = text;
	return 0;
}

static int
push_spec(struct scan *s, struct specs *list)
{
	struct tunnel_spec *grown = realloc(list->spec, (list->count + 1) * sizeof(*grown));

	if (grown == NULL)
		return fail(s, "out of memory");
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
		return fail(s, "-S needs the path of a control socket");
	s->c->ctl_path = NULL;
	if (strcmp(s->argument, "none") != 0) {
		s->c->ctl_path = s->argument;
		return 0;
	}
	if (push(s, &s->c->ssh, "-o") == -1)
		return -1;
	return push(s, &s->c->ssh, "ControlPath=none");
}

/* As in a destination: to ssh it could look like an option. */
static int
set_login(struct scan *s)
{
	if (*s->argument == '-')
		return fail(s, "bad login name \"%.100s\": a user may not begin with '-'",
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
		if (push(s, &s->c->ssh, "-o") == -1)
			return -1;
		return push(s, &s->c->ssh, s->argument);
	}
	if (ftp_option_set(&s->c->ftp, s->argument, s->why, s->why_size) == -1)
		return -1;
	return push(s, &s->c->ftp_texts, s->argument);
}

static const struct flag flags[] = {
	{ '4', NULL, true, set_inet, "use IPv4 only" },
	{ '6', NULL, true, set_inet6, "use IPv6 only" },
	{ 'C', NULL, true, set_nothing, "compress (ssh)" },
	{ 'E', "log_file", false, set_log_file, "append messages to log_file" },
	{ 'f', NULL, false, set_background, "go to the background once listening; with -N" },
	{ 'F', "configfile", true, set_nothing, "configuration file of ssh" },
	{ 'g', NULL, false, set_gateway, "let other hosts use the listeners" },
	{ 'h', NULL, false, set_help, "this help" },
	{ 'i', "identity", true, set_nothing, "identity file (ssh)" },
	{ 'J', "jump", true, set_nothing, "jump host (ssh)" },
	{ 'l', "login", true, set_login, "login name (ssh)" },
	{ 'L', "spec", false, set_local, "listen here, the FTP server is on the far side" },
	{ 'N', NULL, false, set_tunnel, "run no FTP client, stay up as a tunnel" },
	{ 'o', "option", false, set_option, "option of ssh, or one of those below" },
	{ 'p', "port", true, set_nothing, "port of the ssh server" },
	{ 'q', NULL, false, set_quiet, "quiet" },
	{ 'R', "spec", false, set_remote, "listen on the far side, the FTP server is here" },
	{ 'S', "ctl_path", false, set_ctl_path, "use the ControlMaster at ctl_path" },
	{ 't', "ftp_host[:port]", false, set_server, "FTP server (default localhost:21)" },
	{ 'v', NULL, false, set_verbose, "say more: sessions, -vv dialogue, -vvv everything" },
	{ 'V', NULL, false, set_version, "version" },
	{ 'W', "ftp_host:port", false, set_stdio, "control connection on stdin and stdout" },
	{ 'y', NULL, false, set_syslog, "messages to syslog" },
};
#define FLAGS (sizeof(flags) / sizeof(flags[0]))

static const struct flag *
flag_find(char name)
{
	for (size_t i = 0; i < FLAGS; i++)
		if (flags[i].name == name)
			return &flags[i];
	return NULL;
}

/* The texts that ssh wants to see for a flag without an argument. */
static const char *
flag_text(char name)
{
	static char texts[FLAGS][3];

	for (size_t i = 0; i < FLAGS; i++)
		if (flags[i].name == name) {
			texts[i][0] = '-';
			texts[i][1] = name;
			return texts[i];
		}
	return NULL;
}

static int
flag_apply(struct scan *s, const struct flag *f)
{
	if (f->for_ssh && push(s, &s->c->ssh, flag_text(f->name)) == -1)
		return -1;
	if (f->for_ssh && f->argument != NULL && push(s, &s->c->ssh, s->argument) == -1)
		return -1;
	return f->set(s);
}

/* One word of options, "-fNL": its last one may take the next word. How many words were
 * used, -1 for an error. */
static int
scan_word(struct scan *s, const char *word, const char *next)
{
	const struct flag *f;

	while (*++word != '\0') {
		if ((f = flag_find(*word)) == NULL)
			return fail(s, "unknown option -%c (-h shows the known ones)", *word);
		s->argument = NULL;
		if (f->argument == NULL) {
			if (flag_apply(s, f) == -1)
				return -1;
			continue;
		}
		s->argument = word[1] != '\0' ? word + 1 : next;
		if (s->argument == NULL)
			return fail(s, "option -%c needs an argument: %s", *word, f->argument);
		if (flag_apply(s, f) == -1)
			return -1;
		return word[1] != '\0' ? 1 : 2;
	}
	return 1;
}

/* Options up to the first word that is none; "--" ends them and is skipped. The index
 * behind them, -1 for an error. */
static int
scan_options(struct scan *s, char *const argv[], int i, bool *terminated)
{
	int used;

	while (argv[i] != NULL && argv[i][0] == '-' && argv[i][1] != '\0') {
		if (strcmp(argv[i], "--") == 0) {
			*terminated = true;
			return i + 1;
		}
		if ((used = scan_word(s, argv[i], argv[i + 1])) == -1)
			return -1;
		i += used;
	}
	return i;
}

/* As ssh does: options, the destination, options again, the command. */
static int
scan_all(struct scan *s, int argc, char *const argv[])
{
	bool terminated = false, ignored;
	int i;

	if ((i = scan_options(s, argv, argc > 0 ? 1 : 0, &terminated)) == -1)
		return -1;
	if (argv[i] != NULL)
		s->c->destination = argv[i++];
	if (s->c->destination != NULL && !terminated &&
	    (i = scan_options(s, argv, i, &ignored)) == -1)
		return -1;
	if (s->c->destination != NULL && terminated && argv[i] != NULL &&
	    strcmp(argv[i], "--") == 0)
		i++;
	s->c->command = argv[i] != NULL ? &argv[i] : NULL;
	return 0;
}

/* Here names are looked up when they are bound. */
static bool
is_open_near(const char *host)
{
	return strcmp(host, "*") == 0;
}

static int
check_gateway(struct scan *s, const struct specs *list, bool (*is_open)(const char *))
{
	for (size_t i = 0; i < list->count && !s->c->gateway; i++)
		if (is_open(list->spec[i].listen.host))
			return fail(s, "listening on %s lets other hosts in; add -g if that is "
			    "meant", list->spec[i].listen.host);
	return 0;
}

/* What does not go together. */
static int
check(struct scan *s)
{
	struct cmdline *c = s->c;

	if (c->destination == NULL)
		return fail(s, "destination missing (-h shows the usage)");
	if (destination_check(c->destination, s->why, s->why_size) == -1)
		return -1;
	if (c->run != RUN_CLIENT && c->command != NULL)
		return fail(s, "a command (\"%.100s\") does not go with -%c", c->command[0],
		    c->run == RUN_TUNNEL ? 'N' : 'W');
	if (c->background && c->run != RUN_TUNNEL)
		return fail(s, "-f needs -N: an FTP client runs in the foreground");
	if (c->run == RUN_STDIO && (c->local.count > 0 || c->remote.count > 0))
		return fail(s, "-L and -R do not go with -W");
	if (check_gateway(s, &c->local, is_open_near) == -1)
		return -1;
	return check_gateway(s, &c->remote, bind_is_open_far);
}

static bool
is_information(enum run run)
{
	return run == RUN_USAGE || run == RUN_VERSION || run == RUN_OPTIONS;
}

int
cmdline_parse(struct cmdline *c, int argc, char *const argv[], char *why, size_t why_size)
{
	struct scan s = { .c = c, .why = why, .why_size = why_size };

	*c = (struct cmdline){ .run = RUN_CLIENT, .verbosity = LOG_NORMAL, .family = AF_UNSPEC };
	ftp_options_default(&c->ftp);
	if (scan_all(&s, argc, argv) == -1)
		return -1;
	if (is_information(c->run))
		return 0;
	if (!s.server_given)
		c->server = (struct hostport){ "localhost", 21 };
	return check(&s);
}

void
cmdline_free(struct cmdline *c)
{
	free(c->local.spec);
	free(c->remote.spec);
	free(c->ssh.item);
	free(c->ftp_texts.item);
}

/* Texts */

const char *
cmdline_synopsis(void)
{
	return "usage: ftp-over-ssh [-46CfgNqvVy] [-E log_file] [-F configfile] [-i identity]\n"
	    "           [-J jump] [-l login] [-o option] [-p port] [-S ctl_path]\n"
	    "           [-t ftp_host[:port]] [-L spec]... [-R spec]...\n"
	    "           destination [[--] command [argument ...]]\n"
	    "       ftp-over-ssh [options] -W ftp_host:port destination\n"
	    "       spec: [ftp/][bind_address:]port:host:hostport\n";
}

static void
print_ftp_options(FILE *f)
{
	char name[80];

	for (const struct option_info *o = ftp_option_table(); o->name != NULL; o++) {
		snprintf(name, sizeof(name), "%s=%s", o->name, o->values);
		fprintf(f, "  %-42s %s\n", name, o->help);
	}
}

static void
print_help(FILE *f)
{
	fprintf(f, "%s\n", cmdline_synopsis());
	for (size_t i = 0; i < FLAGS; i++)
		fprintf(f, "  -%c %-16s %s\n", flags[i].name,
		    flags[i].argument != NULL ? flags[i].argument : "", flags[i].help);
	fprintf(f, "\nOptions for -o besides those of ssh:\n");
	print_ftp_options(f);
}

static char *
text_of(void (*print)(FILE *))
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		return NULL;
	print(f);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

char *
cmdline_help(void)
{
	return text_of(print_help);
}

char *
cmdline_ftp_options(void)
{
	return text_of(print_ftp_options);
}
