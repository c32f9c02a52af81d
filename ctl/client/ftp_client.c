#include "client/ftp_client.h"

#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options/spec.h"

/* Looked for in PATH, the most capable first (client_argv() names them). */
static const char *const wanted[] = { "lftp", "ftp", "ncftp", NULL };

/* How a program takes an address and a port, and a user as well; the last row is for all others.
 * They then ask for the password, or have it from ~/.netrc. */
static const struct {
	const char *program, *arguments, *with_user;
} manner[] = {
	{ "lftp", "-p %p %h", "%u" },
	{ "ftp", "%h %p", "%U@%h %p" },
	{ "tnftp", "%h %p", "%U@%h %p" },
	{ "ncftp", "-P %p %h", "-u %U -P %p %h" },
	{ "curl", "%u/", "-u %U %u/" },
	{ "wget", "%u/", "--ask-password --user=%U %u/" },
	{ NULL, "%h %p", "%h %p" },
};

/* A vector that grows; always NULL-terminated once something is in it. */
struct vector {
	char **item;
	size_t count;
};

/* Takes over item; NULL = out of memory already. */
static int
push(struct vector *v, char *item)
{
	char **grown;

	if (item == NULL)
		return -1;
	if ((grown = realloc(v->item, (v->count + 2) * sizeof(*grown))) == NULL) {
		free(item);
		return -1;
	}
	v->item = grown;
	v->item[v->count++] = item;
	v->item[v->count] = NULL;
	return 0;
}

static int
push_words(struct vector *v, const char *text)
{
	static const char blank[] = " \t\n";
	size_t len;

	for (text += strspn(text, blank); *text != '\0'; text += strspn(text, blank)) {
		len = strcspn(text, blank);
		if (push(v, strndup(text, len)) == -1)
			return -1;
		text += len;
	}
	return 0;
}

static bool
in_path(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];
	struct stat st;
	size_t len;

	for (; path != NULL; path = path[len] != '\0' ? path + len + 1 : NULL) {
		len = strcspn(path, ":");
		if ((size_t)snprintf(file, sizeof(file), "%.*s%s%s", (int)len, path, len > 0 ? "/" : "",
		    name) < sizeof(file) && stat(file, &st) == 0 && S_ISREG(st.st_mode) &&
		    access(file, X_OK) == 0)
			return true;
	}
	return false;
}

bool
client_exists(const char *program)
{
	return strchr(program, '/') != NULL || getenv("PATH") == NULL || in_path(program);
}

/* The client when the user named none on the command line. Leaves v empty when there is
 * none at all; -1 when out of memory. */
static int
find_client(struct vector *v, bool with_user)
{
	const char *named = getenv("FTP_OVER_SSH_CLIENT"), *program;
	bool has_token = false;
	size_t m = 0;

	if (named != NULL && push_words(v, named) == -1)
		return -1;
	for (size_t i = 0; v->count == 0 && wanted[i] != NULL; i++)
		if (in_path(wanted[i]) && push(v, strdup(wanted[i])) == -1)
			return -1;
	for (size_t i = 0; i < v->count; i++)
		has_token |= token_present(v->item[i]);
	if (v->count == 0 || has_token)
		return 0;
	program = strrchr(v->item[0], '/') != NULL ? strrchr(v->item[0], '/') + 1 : v->item[0];
	while (manner[m].program != NULL && strcmp(manner[m].program, program) != 0)
		m++;
	return push_words(v, with_user ? manner[m].with_user : manner[m].arguments);
}

char **
client_argv(char *const *command, const struct tokens *t, char *why, size_t why_size)
{
	struct vector v = { NULL, 0 };
	char *expanded;
	int result = 0;

	if (command == NULL || command[0] == NULL)
		result = find_client(&v, t->user != NULL);
	else
		for (; *command != NULL && result == 0; command++)
			result = push(&v, strdup(*command));
	for (size_t i = 0; i < v.count && result == 0; i++) {
		if ((expanded = token_expand(v.item[i], t)) == NULL) {
			result = -1;
			break;
		}
		free(v.item[i]);
		v.item[i] = expanded;
	}
	if (result == -1) {
		snprintf(why, why_size, "out of memory");
		client_argv_free(v.item);
		return NULL;
	}
	if (v.count == 0)
		snprintf(why, why_size, "no FTP client found: looked in PATH for %s, %s, %s; install one of "
		    "them, set FTP_OVER_SSH_CLIENT, or give a command after the destination", wanted[0],
		    wanted[1], wanted[2]);
	return v.item;
}

void
client_argv_free(char **argv)
{
	for (size_t i = 0; argv != NULL && argv[i] != NULL; i++)
		free(argv[i]);
	free(argv);
}

static int
set_variable(const char *name, const char *token, const struct tokens *t)
{
	char *value = token_expand(token, t);
	int result = value == NULL ? -1 : setenv(name, value, 1);

	free(value);
	return result;
}

int
client_exec(char *const *argv, const struct tokens *t)
{
	if (set_variable("FTP_OVER_SSH_HOST", "%h", t) == -1 ||
	    set_variable("FTP_OVER_SSH_PORT", "%p", t) == -1 ||
	    set_variable("FTP_OVER_SSH_URL", "%u", t) == -1 ||
	    (t->user != NULL && set_variable("FTP_OVER_SSH_USER", "%U", t) == -1))
		return errno;
	execvp(argv[0], argv);
	return errno;
}
