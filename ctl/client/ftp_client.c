#include "client/ftp_client.h"

#include <sys/stat.h>

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

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

static const char blank[] = " \t\n";

struct vector {
	char **item;
	size_t count;
};

/* Takes over item; false: out of memory, as where it is NULL. */
static bool
add(struct vector *v, char *item)
{
	char **place = item != NULL ? memory_append(&v->item, &v->count, sizeof(item)) : NULL;

	if (place == NULL)
		free(item);
	else
		*place = item;
	return place != NULL;
}

static bool
add_words(struct vector *v, const char *text, const struct tokens *t)
{
	bool good = true;
	size_t len;

	for (text += strspn(text, blank); *text != '\0' && good; text += strspn(text, blank)) {
		char *word = strndup(text, len = strcspn(text, blank));

		good = word != NULL && add(v, token_expand(word, t));
		free(word);
		text += len;
	}
	return good;
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
 * none at all; false: out of memory. */
static bool
add_client(struct vector *v, const struct tokens *t)
{
	const char *client = getenv("FTP_OVER_SSH_CLIENT"), *program;
	size_t m = 0;

	if (client == NULL || client[strspn(client, blank)] == '\0') {
		while (wanted[m] != NULL && !in_path(wanted[m]))
			m++;
		if ((client = wanted[m]) == NULL)
			return true;
	}
	if (!add_words(v, client, t) || v->item == NULL)
		return false;
	if (token_present(client))
		return true;
	program = strrchr(v->item[0], '/') != NULL ? strrchr(v->item[0], '/') + 1 : v->item[0];
	for (m = 0; manner[m].program != NULL && strcmp(manner[m].program, program) != 0; m++)
		;
	return add_words(v, t->user != NULL ? manner[m].with_user : manner[m].arguments, t);
}

char **
client_argv(char *const *command, const struct tokens *t, char *why, size_t why_size)
{
	struct vector v = { NULL, 0 };
	bool good = true;

	if (command == NULL || command[0] == NULL)
		good = add_client(&v, t);
	else
		for (; *command != NULL && good; command++)
			good = add(&v, token_expand(*command, t));
	if (good && v.count > 0 && memory_append(&v.item, &v.count, sizeof(char *)) != NULL)
		return v.item; /* with a NULL at its end */
	if (good && v.count == 0)
		snprintf(why, why_size, "no FTP client found: looked in PATH for %s, %s, %s; install one of "
		    "them, set FTP_OVER_SSH_CLIENT, or give a command after the destination", wanted[0],
		    wanted[1], wanted[2]);
	else
		snprintf(why, why_size, "out of memory");
	while (v.count > 0)
		free(v.item[--v.count]);
	free(v.item);
	return NULL;
}

void
client_argv_free(char **argv)
{
	for (size_t i = 0; argv != NULL && argv[i] != NULL; i++)
		free(argv[i]);
	free(argv);
}
