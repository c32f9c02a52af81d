/* The runtime directory: $XDG_RUNTIME_DIR/ftp-over-ssh or /tmp/ftp-over-ssh-UID,
 * mode 0700, owned by us (verified, symbolic links refused). An XDG_RUNTIME_DIR that
 * is missing, another user's (su, sudo), open to the writing of others or too long does not count.
 *
 * Names in it begin with a letter for the kind and the pid of their maker, so that
 * whoever meets one of a dead process can remove it. Paths are kept short: ssh adds 17
 * characters to a ControlPath while it binds it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The directory, made if needed, verified; NULL with a message in why. Static storage. */
const char *rundir_path(char *why, size_t why_size);

/* The directory, if that path lies in it: of a socket of ours; else NULL. */
const char *rundir_of(const char *path);

/* Who needs a master of ours says so by this lock on the directory, as long as its process lives.
 * false: there is no directory, as why says. */
bool rundir_need(char *why, size_t why_size);
/* Does nobody say so any more? The answer holds until the process ends, which should be at once. */
bool rundir_needless(const char *path);

/* A fresh path "<dir>/<kind><pid>.<n>" in dst, unique in this process. 0, or -1 with
 * errno ENAMETOOLONG when it does not fit size, or would not fit sun_path with ssh's 17
 * characters where kind is 'm'; EACCES when there is no directory. Nothing is created. */
int rundir_fresh(char *dst, size_t size, char kind);

/* Remove sockets whose maker (the pid in the name) is no more, or that nobody has. Returns how many. */
int rundir_sweep(void);

/* Visit every name of one kind whose maker lives, wherever a process of that user may have put it (one
 * of cron has no XDG_RUNTIME_DIR). Directories that are not safe are left out. */
typedef void rundir_fn(const char *path, long pid, void *arg);
void rundir_each(uid_t, char kind, rundir_fn *, void *arg);
