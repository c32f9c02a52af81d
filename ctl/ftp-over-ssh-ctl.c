/* ftp-over-ssh-ctl: look at and steer the tunnels of this user. */
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/check.h"
#include "base/log.h"
#include "status/query.h"
#include "monitor/show.h"
#include "process/signals.h"

#define PROGRAM "ftp-over-ssh-ctl"
#define USAGE 64
#define FAILED 255
#define ANSWER_MS 3000

static uid_t whose; /* tunnels: ours, or those of -U */

struct command {
	const char *name, *arguments, *description;
	int (*run)(const struct command *, int argc, char *argv[]);
	enum status_op op; /* to tell tunnels */
	show_fn *text, *json;  /* to show them */
	bool takes_name; /* of one to show */
};

static int
usage_error(const struct command *c)
{
	log_error("usage: %s %s%s%s", PROGRAM, c->name, *c->arguments != '\0' ? " " : "",
	    c->arguments);
	return USAGE;
}

static int
failed(const char *what, const char *why)
{
	char text[400];

	if (what == NULL)
		log_error("%s", why);
	else
		log_error("%s: %s", log_escape(text, sizeof(text), what, strlen(what)), why);
	return FAILED;
}

static int
written(void)
{
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : failed("stdout", strerror(errno));
}

static bool
is_called(const struct tunnel_view *v, const char *text, size_t len)
{
	const char *name = v->trouble == NULL ? v->tunnel.name : "";
	char pid[24];

	snprintf(pid, sizeof(pid), "%ld", v->pid);
	return (strlen(name) == len && strncmp(name, text, len) == 0) ||
	    (strlen(pid) == len && strncmp(pid, text, len) == 0);
}

static size_t
count_called(const struct tunnels *all, const char *text, size_t len, const struct tunnel_view **v)
{
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++)
		if (is_called(&all->tunnel[i], text, len)) {
			*v = &all->tunnel[i];
			count++;
		}
	return count;
}

/* "a, b" or "a (pid 1), b (pid 2)": those with that name, or all. */
static void
list_names(char *dst, size_t size, const struct tunnels *all, const char *text, size_t len)
{
	char name[400];
	size_t used = 0;

	for (size_t i = 0; i < all->count && used < size; i++) {
		const struct tunnel_view *v = &all->tunnel[i];

		if (text != NULL && !is_called(v, text, len))
			continue;
		show_name(name, sizeof(name), v);
		used += (size_t)snprintf(dst + used, size - used, used == 0 ? "%s" : ", %s", name);
		if (text != NULL && used < size)
			used += (size_t)snprintf(dst + used, size - used, " (pid %ld)", v->pid);
	}
}

/* NULL, with a message, unless exactly one is called that. */
static const struct tunnel_view *
find(const struct tunnels *all, const char *text, size_t len, char *why, size_t why_size)
{
	const struct tunnel_view *v = NULL;
	size_t count = count_called(all, text, len, &v);
	char names[1000] = "";

	if (count == 1)
		return v;
	list_names(names, sizeof(names), all, count == 0 ? NULL : text, len);
	if (count > 1)
		snprintf(why, why_size, "several tunnels have that name; take a pid: %s", names);
	else if (all->count == 0)
		snprintf(why, why_size, "no such tunnel; none is running");
	else
		snprintf(why, why_size, "no such tunnel; running: %s", names);
	return NULL;
}

static int
show(const struct command *c, int argc, char *argv[])
{
	bool json = argc > 1 && strcmp(argv[1], "-j") == 0;
	const char *name = argc > 1 + json ? argv[1 + json] : NULL;
	const struct tunnel_view *v = NULL;
	struct tunnels all, one;
	char why[1200];

	if (argc > 2 + json || (name != NULL && (!c->takes_name || *name == '-')))
		return usage_error(c);
	if (query_all(&all, whose, ANSWER_MS, why, sizeof(why)) == -1)
		return failed(NULL, why);
	if (name == NULL || (v = find(&all, name, strlen(name), why, sizeof(why))) != NULL) {
		one = (struct tunnels){ v != NULL ? all.tunnel + (v - all.tunnel) : all.tunnel,
			v != NULL ? 1 : all.count };
		(json ? c->json : c->text)(stdout, &one);
	}
	query_free(&all);
	return name == NULL || v != NULL ? written() : failed(name, why);
}

static int
top(const struct command *c, int argc, char *argv[])
{
	char why[256];

	if (argc != 1)
		return usage_error(c);
	return show_top(whose, why, sizeof(why)) == 0 ? written() : failed(NULL, why);
}

/* tunnel[/session[/channel]]. A name may hold slashes itself (ssh://host), so as much as
 * possible of the text is tried as the name first. */
static const struct tunnel_view *
parse_target(const struct tunnels *all, const char *text, struct status_ask *ask, char *why,
    size_t why_size)
{
	const struct tunnel_view *v;
	size_t len = strlen(text), at;

	for (int part = 0; count_called(all, text, len, &v) == 0 && part < 2; part++) {
		for (at = len; at > 0 && isdigit((unsigned char)text[at - 1]); at--)
			;
		if (at == len || at < 2 || text[at - 1] != '/' || len - at > 9 || atoi(text + at) == 0)
			break;
		len = at - 1;
		ask->channel = ask->session;
		ask->session = (uint32_t)atoi(text + at);
	}
	return find(all, text, len, why, why_size);
}

static int
tell(struct status_ask *ask, const char *text, bool whole)
{
	const struct tunnel_view *v;
	struct tunnels all;
	char why[1200];
	int result = -1;

	if (query_all(&all, whose, ANSWER_MS, why, sizeof(why)) == -1)
		return failed(NULL, why);
	v = whole ? find(&all, text, strlen(text), why, sizeof(why)) :
	    parse_target(&all, text, ask, why, sizeof(why));
	if (v != NULL)
		result = query_tell(v, ask, why, sizeof(why));
	query_free(&all);
	return result == 0 ? 0 : failed(text, why);
}

/* All of them are told, whatever becomes of the others. */
static int
tell_each(const struct command *c, int argc, char *argv[])
{
	int result = argc < 2 ? usage_error(c) : 0;

	for (int i = 1; i < argc && result == 0; i++)
		if (*argv[i] == '-')
			result = usage_error(c);
	for (int i = 1; i < argc && result != USAGE; i++) {
		struct status_ask ask = { (uint32_t)c->op, 0, 0 };

		if (tell(&ask, argv[i], c->op == STATUS_ASK_STOP) != 0)
			result = FAILED;
	}
	return result;
}

static int
check(const struct command *c, int argc, char *argv[])
{
	return argc > 1 ? check_run(argc, argv) : usage_error(c);
}

static const struct command commands[] = {
	{ "list", "[-j]", "the names of the running tunnels", show, 0, show_names, show_names_json, false },
	{ "status", "[-j] [tunnel]", "tunnels, sessions and data channels (-j: JSON)", show, 0, show_status,
	    show_status_json, true },
	{ "top", "", "the running transfers, until q", top, 0, NULL, NULL, false },
	{ "close", "tunnel[/session[/channel]] ...", "end sessions or a data channel", tell_each,
	    STATUS_ASK_CLOSE, NULL, NULL, false },
	{ "stop", "tunnel ...", "end tunnels", tell_each, STATUS_ASK_STOP, NULL, NULL, false },
	{ "check", "[ssh options] [-t ftp_host[:port]] [-u ftp_user] destination", "where does the chain break?",
	    check, 0, NULL, NULL, false },
	{ 0 }
};

static int
help(FILE *f)
{
	fprintf(f, "usage: %s [-U user] command [argument ...]\n", PROGRAM);
	for (const struct command *c = commands; c->name != NULL; c++)
		fprintf(f, "  %s%s%s\n      %s\n", c->name, *c->arguments != '\0' ? " " : "",
		    c->arguments, c->description);
	fprintf(f, "  -U user: the tunnels of another user; for root\n");
	return f == stdout ? written() : USAGE;
}

/* -U: how many words it was, -1 with a message. */
static int
choose_user(char *argv[])
{
	const struct passwd *pw;
	char text[200];

	whose = geteuid();
	if (strcmp(argv[1], "-U") != 0)
		return 0;
	if (argv[2] == NULL || (pw = getpwnam(argv[2])) == NULL) {
		log_error("-U: no such user: %s", argv[2] == NULL ? "" :
		    log_escape(text, sizeof(text), argv[2], strlen(argv[2])));
		return -1;
	}
	if (whose != 0 && pw->pw_uid != whose) {
		log_error("-U is for root: others cannot reach the tunnels of %s", pw->pw_name);
		return -1;
	}
	whose = pw->pw_uid;
	return 2;
}

int
main(int argc, char *argv[])
{
	int skip;

	signals_start();
	log_open(PROGRAM, LOG_NORMAL, false);
	if (argc < 2)
		return help(stderr);
	if ((skip = choose_user(argv)) == -1)
		return USAGE;
	argc -= skip;
	argv += skip;
	if (argc < 2)
		return help(stderr);
	for (const struct command *c = commands; c->name != NULL; c++)
		if (strcmp(argv[1], c->name) == 0)
			return c->run(c, argc - 1, argv + 1);
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
		return help(stdout);
	if (strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "--version") == 0) {
		printf("%s %s\n", PROGRAM, VERSION);
		return written();
	}
	log_error("%.100s: unknown command; -h lists them", argv[1]);
	return USAGE;
}
