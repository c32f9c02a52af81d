#include "base/rundir.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/unixsock.h"

#define NAME_LONGEST 19 /* "/", kind, pid, ".", eight digits and the NUL */
#define SSH_BIND_EXTRA 17 /* ssh binds "<ControlPath>.<16 characters>" first, then links it */
#define SUN_PATH_SIZE sizeof(((struct sockaddr_un *)0)->sun_path)
#define DIR_LONGEST (SUN_PATH_SIZE - SSH_BIND_EXTRA - NAME_LONGEST)

#define MADE_WITHIN 2 /* seconds, from the file to the socket that has it */

static char dir[SUN_PATH_SIZE];

static bool
is_directory_of(const char *path, uid_t uid, struct stat *st)
{
	return lstat(path, st) == 0 && S_ISDIR(st->st_mode) && st->st_uid == uid;
}

/* Looked at each time: in /tmp it may be removed as old, and made anew by somebody else, who would be
 * handed our sockets. XDG_RUNTIME_DIR may be left over from another user (su, sudo): then it is not
 * ours. In one that others can write to they could put another directory in the place of ours. */
const char *
rundir_path(char *why, size_t why_size)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (*dir == '\0' && xdg != NULL && *xdg == '/' &&
	    strlen(xdg) + strlen("/ftp-over-ssh") <= DIR_LONGEST && is_directory_of(xdg, geteuid(), &st) &&
	    ((st.st_mode & 022) == 0 || (st.st_mode & S_ISVTX) != 0))
		snprintf(dir, sizeof(dir), "%s/ftp-over-ssh", xdg);
	else if (*dir == '\0')
		snprintf(dir, sizeof(dir), "/tmp/ftp-over-ssh-%ld", (long)geteuid());
	if (access(dir, F_OK) == -1 && mkdir(dir, 0700) == -1 && errno != EEXIST)
		snprintf(why, why_size, "%s: cannot make it: %s; set XDG_RUNTIME_DIR to a "
		    "private directory", dir, strerror(errno));
	else if (!is_directory_of(dir, geteuid(), &st))
		snprintf(why, why_size, "%s: not a directory of ours; remove it, or set "
		    "XDG_RUNTIME_DIR to a private directory", dir);
	else if ((st.st_mode & 077) != 0)
		snprintf(why, why_size, "%s: open to others; chmod 700 it", dir);
	else
		return dir;
	return NULL;
}

const char *
rundir_of(const char *path)
{
	size_t len = strlen(dir);

	return len > 0 && strncmp(path, dir, len) == 0 && path[len] == '/' ? dir : NULL;
}

static bool
rundir_flock(const char *path, int how)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1 || flock(fd, how) == 0)
		return fd != -1;
	close(fd);
	return false;
}

bool
rundir_need(char *why, size_t why_size)
{
	if (rundir_path(why, why_size) == NULL)
		return false;
	rundir_flock(dir, LOCK_SH);
	return true;
}

bool
rundir_needless(const char *path)
{
	return path != NULL && rundir_flock(path, LOCK_EX | LOCK_NB);
}

/* An earlier process with our pid may have left its names behind. */
int
rundir_fresh(char *dst, size_t size, char kind)
{
	static unsigned counter;
	size_t most = SUN_PATH_SIZE - (kind == 'm' ? SSH_BIND_EXTRA : 0);
	struct stat st;
	char why[8];
	int len;

	if (rundir_path(why, sizeof(why)) == NULL) {
		errno = EACCES;
		return -1;
	}
	do {
		len = snprintf(dst, size, "%s/%c%ld.%u", dir, kind, (long)getpid(), ++counter);
		if (len < 0 || (size_t)len >= size || (size_t)len >= most) {
			errno = ENAMETOOLONG;
			return -1;
		}
	} while (lstat(dst, &st) == 0);
	return 0;
}

/* A process that we may not signal is not ours: the pid has been taken over. */
static bool
lives(long pid)
{
	return kill((pid_t)pid, 0) == 0;
}

/* Names of ours: "<kind><pid>.…". kind 0: all, also of makers that are no more. */
static void
each_entry(const char *in, char kind, rundir_fn *fn, void *arg)
{
	char path[SUN_PATH_SIZE + 256], *end;
	struct dirent *e;
	long pid;
	DIR *d;

	if ((d = opendir(in)) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		if (!isalpha((unsigned char)e->d_name[0]) || !isdigit((unsigned char)e->d_name[1]))
			continue;
		pid = strtol(e->d_name + 1, &end, 10);
		snprintf(path, sizeof(path), "%s/%s", in, e->d_name);
		if (*end == '.' && pid > 0 && pid < INT_MAX &&
		    (kind == 0 || (*e->d_name == kind && lives(pid))))
			fn(path, pid, arg);
	}
	closedir(d);
}

/* A master may outlive its tunnel, for helpers need it: its socket stays while somebody has it. A socket that
 * nobody has goes though its maker seems to live, for that pid may be another's; but not one in the making. */
static void
sweep_entry(const char *path, long pid, void *arg)
{
	bool alive = lives(pid), master = strrchr(path, '/')[1] == 'm';
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && ((!alive && !master) ||
	    ((!alive || time(NULL) - st.st_mtime > MADE_WITHIN) && !unixsock_bound(path))))
		*(int *)arg += unlink(path) == 0;
}

int
rundir_sweep(void)
{
	int removed = 0;
	char why[8];

	if (rundir_path(why, sizeof(why)) != NULL)
		each_entry(dir, 0, sweep_entry, &removed);
	return removed;
}

void
rundir_each(uid_t uid, char kind, rundir_fn *fn, void *arg)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	char places[3][SUN_PATH_SIZE];
	struct stat st[3];

	snprintf(places[0], sizeof(places[0]), "%s/ftp-over-ssh", xdg != NULL ? xdg : "");
	snprintf(places[1], sizeof(places[1]), "/run/user/%ld/ftp-over-ssh", (long)uid);
	snprintf(places[2], sizeof(places[2]), "/tmp/ftp-over-ssh-%ld", (long)uid);
	for (int i = 0; i < 3; i++) {
		if (!is_directory_of(places[i], uid, &st[i]) || (st[i].st_mode & 077) != 0) {
			st[i].st_ino = 0;
			continue;
		}
		for (int j = 0; j < i; j++)
			if (st[j].st_ino == st[i].st_ino && st[j].st_dev == st[i].st_dev)
				places[i][0] = '\0';
		if (places[i][0] != '\0')
			each_entry(places[i], kind, fn, arg);
	}
}
