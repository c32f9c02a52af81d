#include "options/cmdline.h"

#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>

#include "options/cmdline_private.h"

/* One word of options, "-fNL": its last one may take the next word. How many words were
 * used, -1 for an error. */
static int
scan_word(struct scan *s, const char *word, const char *next)
{
	const struct flag *f;

	if (word[1] == '-' && strcmp(word, "--help") != 0 && strcmp(word, "--version") != 0)
		return scan_fail(s, "unknown option %.100s (-h shows the known ones)", word);
	if (word[1] == '-') {
		s->c->run = strcmp(word, "--help") == 0 ? RUN_USAGE : RUN_VERSION;
		return 1;
	}
	while (*++word != '\0') {
		for (f = flag_table; f->name != NULL && f->name[1] != *word; f++)
			;
		if (f->name == NULL)
			return scan_fail(s, "unknown option -%c (-h shows the known ones)", *word);
		s->argument = NULL;
		if (f->argument == NULL) {
			if (flag_apply(s, f) == -1)
				return -1;
			continue;
		}
		s->argument = word[1] != '\0' ? word + 1 : next;
		if (s->argument == NULL)
			return scan_fail(s, "option -%c needs an argument: %s", *word, f->argument);
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

/* What stands in FTP_OVER_SSH_OPTIONS: options and nothing else. Read before the command line, which
 * so has the last word; but of ssh's own options the first one counts, hence a list apart. */
static int
scan_environment(struct scan *s, const char *text)
{
	static const char blank[] = " \t\n";
	char **words = calloc(strlen(text) / 2 + 2, sizeof(*words)), *rest;
	size_t count = 0;
	bool ignored = false;
	int used;

	if ((s->c->environment = strdup(text)) == NULL || words == NULL) {
		free(words);
		return scan_fail(s, "out of memory");
	}
	for (char *word = strtok_r(s->c->environment, blank, &rest); word != NULL;
	    word = strtok_r(NULL, blank, &rest))
		words[count++] = word;
	used = scan_options(s, words, 0, &ignored);
	if (used != -1 && words[used] != NULL)
		used = scan_fail(s, "FTP_OVER_SSH_OPTIONS holds options only, not \"%.100s\"",
		    words[used]);
	free(words);
	return used == -1 ? -1 : 0;
}

static void
append_environment(struct strings *ssh, const struct strings *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *option = list->item[i];
		bool once = strcmp(option, "-F") == 0 || strcmp(option, "-J") == 0; /* or its last counts */
		bool given = false;

		for (size_t j = 0; j < ssh->count && once; j++)
			given |= strcmp(ssh->item[j], option) == 0;
		if (given)
			i++;
		else
			strings_add(ssh, option);
	}
	ssh->bad |= list->bad;
}

/* Does one of them let other hosts in? Near names are looked up when they are bound. */
static int
check_gateway(struct scan *s, const struct specs *list, bool far)
{
	for (size_t i = 0; i < list->count && !s->c->gateway; i++) {
		const char *host = list->spec[i].listen.host;

		if (far ? bind_is_open_far(host) : strcmp(host, "*") == 0)
			return scan_fail(s, "listening on %s lets other hosts in; add -g if that is meant",
			    host);
	}
	return 0;
}

/* What does not go together. */
static int
check(struct scan *s)
{
	struct cmdline *c = s->c;

	if (c->destination == NULL)
		return scan_fail(s, "destination missing (-h shows the usage)");
	if (destination_check(c->destination, s->why, s->why_size) == -1)
		return -1;
	if (c->run != RUN_CLIENT && c->command != NULL)
		return scan_fail(s, "a command (\"%.100s\") does not go with -%c", c->command[0],
		    c->run == RUN_TUNNEL ? 'N' : 'W');
	if (c->run != RUN_CLIENT && c->ftp_user != NULL)
		return scan_fail(s, "-u does not go with -%c: it is for the FTP client that is run",
		    c->run == RUN_TUNNEL ? 'N' : 'W');
	if (c->run == RUN_CLIENT && c->no_input)
		return scan_fail(s, "-n needs -N: the FTP client has the input; </dev/null takes it away");
	if (c->background && c->run != RUN_TUNNEL)
		return scan_fail(s, "-f needs -N: an FTP client runs in the foreground");
	if (c->run == RUN_STDIO && (c->local.count > 0 || c->remote.count > 0))
		return scan_fail(s, "-L and -R do not go with -W");
	return check_gateway(s, &c->local, false) == -1 ? -1 : check_gateway(s, &c->remote, true);
}

int
cmdline_parse(struct cmdline *c, int argc, char *const argv[], char *why, size_t why_size)
{
	struct strings later = { .bad = false };
	struct scan s = { .c = c, .ssh = &later, .why = why, .why_size = why_size };
	const char *environment = getenv("FTP_OVER_SSH_OPTIONS");
	int result = -1;

	*c = (struct cmdline){ .run = RUN_CLIENT, .verbosity = LOG_NORMAL, .family = AF_UNSPEC };
	ftp_options_default(&c->ftp);
	if (environment == NULL || scan_environment(&s, environment) == 0) {
		s.ssh = &c->ssh;
		result = scan_all(&s, argc, argv);
	}
	append_environment(&c->ssh, &later);
	free(later.item);
	if (result == 0 && (c->ssh.bad || c->ftp_texts.bad))
		result = scan_fail(&s, "out of memory");
	if (result == -1 || c->run >= RUN_USAGE)
		return result;
	if (!s.server_given)
		c->server = (struct hostport){ "localhost", FTP_PORT };
	for (size_t i = 0; i < c->local.count && c->gateway; i++) /* as with ssh */
		if (*c->local.spec[i].listen.host == '\0')
			strcpy(c->local.spec[i].listen.host, "*");
	return check(&s);
}

void
cmdline_free(struct cmdline *c)
{
	free(c->local.spec);
	free(c->remote.spec);
	free(c->ssh.item);
	free(c->ftp_texts.item);
	free(c->environment);
}
