/* Before an FTP client is run: one session of our own with its server, as the client will have it. It
 * goes through a helper like any other, so that whatever can go wrong does so now. */
#pragma once

#include <stdbool.h>

struct loop;
struct probe;

struct probe_result {
	bool serves;    /* there was a greeting, and a USER was answered */
	char text[400]; /* the greeting; or what the server says instead, escaped; or nothing */
};

/* user: who is going to log in; kept. It says USER and QUIT, no password. Of a server that does not take
 * leave it is bored at last, and hangs up by itself. fd: the other end of its control connection, for the
 * helper, which shall have the only one; the caller's to close. NULL with errno. */
typedef void probe_fn(void *arg);
struct probe *probe_new(struct loop *, const char *user, probe_fn *bored, void *arg, int *fd);
void probe_free(struct probe *); /* NULL is harmless */

/* What it has found; complete once the helper has ended. */
const struct probe_result *probe_result(struct probe *);
