#include "client/ftp_client.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
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
} clients[] = {
	{ "lftp", "-p %p %h", "%u" },
	{ "ftp", "%h %p", "%U@%h %p" },
	{ "tnftp", "%h %p", "%U@%h %p" },
	{ "ncftp", "-P %p %h", "-u %U -P %p %h" },
	{ "curl", "%u/", "-u %U %u/" },
	{ "wget", "%u/", "--ask-password --user=%U %u/" },
	{ NULL, "%h %p", "%h %p" },
};

static const char blank[] = " \t\n";

/* Takes over item; false: out of memory, as where it is NULL. */
static bool
add(struct strings *v, char *item)
{
	if (item != NULL)
		strings_add(v, item);
	if (v->bad)
		free(item);
	return item != NULL && !v->bad;
}

static bool
add_words(struct strings *v, const char *text, const struct tokens *t)
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
add_client(struct strings *v, const struct tokens *t)
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
	for (m = 0; clients[m].program != NULL && strcmp(clients[m].program, program) != 0; m++)
		;
	return add_words(v, t->user != NULL ? clients[m].with_user : clients[m].arguments, t);
}

char **
client_argv(char *const *command, const struct tokens *t, char *why, size_t why_size)
{
	struct strings v = { .bad = false };
	bool good = true;

	if (command == NULL || command[0] == NULL)
		good = add_client(&v, t);
	else
		for (; *command != NULL && good; command++)
			good = add(&v, token_expand(*command, t));
	if (good && v.count > 0)
		strings_add(&v, NULL);
	if (good && v.count > 0 && !v.bad)
		return (char **)(uintptr_t)v.item;
	if (good && v.count == 0)
		snprintf(why, why_size, "no FTP client found: looked in PATH for %s, %s, %s; install one of "
		    "them, set FTP_OVER_SSH_CLIENT, or give a command after the destination", wanted[0],
		    wanted[1], wanted[2]);
	else
		snprintf(why, why_size, "out of memory");
	while (v.count > 0)
		free((char *)(uintptr_t)v.item[--v.count]);
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

/* --- while it runs --------------------------------------------------------------------- */

/* With output to a pager, say, both need the terminal. */
static int
own_terminal(void)
{
	int fd;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    (fd = open("/dev/tty", O_RDWR | O_CLOEXEC)) == -1)
		return 0;
	if (tcgetpgrp(fd) == getpgrp())
		return fd;
	close(fd);
	return 0;
}

static bool
is_ours(const struct foreground *f)
{
	return tcgetpgrp(f->terminal) == getpgrp();
}

/* Ctrl-Z: whoever has started us sees us stop, and has the terminal back by then. A client that
 * wants the terminal although we have been continued in its background is not stopped for that
 * any longer than we are. */
static void
client_stopped(struct proc *proc, int signo)
{
	struct foreground *f = (struct foreground *)proc; /* of which it is the beginning */

	if (f->terminal == 0)
		return;
	if ((signo != SIGTTIN && signo != SIGTTOU) || !is_ours(f)) {
		if (tcgetpgrp(f->terminal) == f->proc.pid)
			proc_give_terminal(f->terminal, getpgrp());
		raise(SIGSTOP);
	}
	if (is_ours(f))
		proc_give_terminal(f->terminal, f->proc.pid);
	foreground_kill(f, SIGCONT);
}

int
foreground_start(struct foreground *f, struct loop *loop, const char *const argv[],
    const char *const env[], proc_fn *ended, void *arg)
{
	const struct proc_start start = { .argv = argv, .env = env, .terminal = own_terminal(),
		.fd = { PROC_OURS, PROC_OURS, PROC_OURS }, .first_limit = true, .certain = true };
	int error;

	*f = (struct foreground){ .terminal = start.terminal };
	if (f->terminal == 0) {
		signal(SIGINT, SIG_IGN);
		signal(SIGQUIT, SIG_IGN);
	}
	if (proc_start(&f->proc, loop, &start, ended, arg) == 0) {
		f->proc.stopped = client_stopped;
		return 0;
	}
	error = errno;
	foreground_forget(f);
	errno = error;
	return -1;
}

void
foreground_kill(const struct foreground *f, int signo)
{
	if (f->proc.pid > 0)
		kill(f->terminal != 0 ? -f->proc.pid : f->proc.pid, signo);
}

void
foreground_forget(struct foreground *f)
{
	proc_forget(&f->proc);
	if (f->terminal == 0)
		return;
	proc_give_terminal(f->terminal, getpgrp());
	close(f->terminal);
	f->terminal = 0;
}
