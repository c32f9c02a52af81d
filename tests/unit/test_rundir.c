#include "base/rundir.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/unixsock.h"
#include "unit.h"

/* check runs every test in a process of its own, so that each one finds the directory
 * anew; base stands in for XDG_RUNTIME_DIR. */
static char base[32];
static char why[256];

static void
setup(void)
{
	unit_dir_make(base, "rundir");
	setenv("XDG_RUNTIME_DIR", base, 1);
}

static void
teardown(void)
{
	unit_dir_remove(base);
}

static void
in_base(char *dst, size_t size, const char *name)
{
	snprintf(dst, size, "%s/ftp-over-ssh%s%s", base, *name != '\0' ? "/" : "", name);
}

static void
make_socket(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
}

START_TEST(makes_it_private)
{
	char expected[128];
	struct stat st;
	const char *path;

	umask(0);
	in_base(expected, sizeof(expected), "");
	path = rundir_path(why, sizeof(why));
	ck_assert_msg(path != NULL, "%s", why);
	ck_assert_str_eq(path, expected);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFDIR | 0700);
	ck_assert_str_eq(rundir_path(why, sizeof(why)), expected);
}
END_TEST

/* XDG_RUNTIME_DIR unset, missing, relative or another user's. */
START_TEST(falls_back_to_tmp)
{
	static const char *const useless[] = { NULL, "", "/nonexistent/x", "tmp", "/proc/self/mem" };
	char expected[64];
	const char *xdg = useless[_i];
	bool used;

	if (xdg == NULL)
		unsetenv("XDG_RUNTIME_DIR");
	else
		setenv("XDG_RUNTIME_DIR", xdg, 1);
	snprintf(expected, sizeof(expected), "/tmp/ftp-over-ssh-%ld", (long)geteuid());
	used = access(expected, F_OK) == 0;
	ck_assert_str_eq(rundir_path(why, sizeof(why)), expected);
	if (!used)
		rmdir(expected);
}
END_TEST

START_TEST(refuses_a_link)
{
	char path[128], target[128];

	in_base(path, sizeof(path), "");
	snprintf(target, sizeof(target), "%s/elsewhere", base);
	ck_assert_int_eq(mkdir(target, 0700), 0);
	ck_assert_int_eq(symlink(target, path), 0);
	ck_assert_ptr_null(rundir_path(why, sizeof(why)));
	ck_assert_msg(strstr(why, "not a directory of ours") != NULL, "%s", why);
}
END_TEST

START_TEST(refuses_open_modes)
{
	char path[128];

	in_base(path, sizeof(path), "");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, 0710), 0);
	ck_assert_ptr_null(rundir_path(why, sizeof(why)));
	ck_assert_msg(strstr(why, "chmod 700") != NULL, "%s", why);
	ck_assert_int_eq(chmod(path, 0700), 0);
	ck_assert_ptr_nonnull(rundir_path(why, sizeof(why)));
}
END_TEST

START_TEST(refuses_another_owner)
{
	char path[128];

	if (geteuid() != 0)
		return;
	in_base(path, sizeof(path), "");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chown(path, 65534, 65534), 0);
	ck_assert_ptr_null(rundir_path(why, sizeof(why)));
	ck_assert_msg(strstr(why, "not a directory of ours") != NULL, "%s", why);
}
END_TEST

/* One that was removed while we run, and made by somebody else or by us. */
START_TEST(refuses_a_later_one)
{
	char path[128], name[128];

	in_base(path, sizeof(path), "");
	ck_assert_int_eq(rundir_fresh(name, sizeof(name), 'd'), 0);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(symlink("/tmp", path), 0);
	ck_assert_int_eq(rundir_fresh(name, sizeof(name), 'd'), -1);
	ck_assert_int_eq(errno, EACCES);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rundir_fresh(name, sizeof(name), 'd'), 0);
	make_socket(name);
}
END_TEST

static bool
takes(const char *xdg)
{
	const char *path;

	setenv("XDG_RUNTIME_DIR", xdg, 1);
	path = rundir_path(why, sizeof(why));
	return path != NULL && strncmp(path, xdg, strlen(xdg)) == 0;
}

/* Too long for sockets: /tmp is taken. */
START_TEST(passes_long_paths_over)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%060d", base, 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert(!takes(path));
}
END_TEST

START_TEST(passes_writable_ones_over)
{
	static const struct {
		mode_t mode;
		bool taken;
	} cases[] = { { 0755, true }, { 01777, true }, { 0777, false }, { 0770, false } };

	ck_assert_int_eq(chmod(base, cases[_i].mode), 0);
	ck_assert_int_eq(takes(base), cases[_i].taken);
}
END_TEST

/* In the longest directory that is accepted, ssh can still bind a ControlPath. */
START_TEST(longest_path_binds)
{
	char path[256], fresh[128], bound[256];
	int digits = 60;

	for (pid_t child = 0, status = 1; status != 0; child = 0) { /* each looks at it anew */
		snprintf(path, sizeof(path), "%s/%0*d", base, --digits, 0);
		ck_assert_int_eq(mkdir(path, 0700), 0);
		if ((child = fork()) == 0)
			_exit(!takes(path));
		ck_assert_int_eq(waitpid(child, &status, 0), child);
	}
	ck_assert_int_gt(digits, 20);
	ck_assert(takes(path));
	ck_assert_int_eq(rundir_fresh(fresh, sizeof(fresh), 'm'), 0);
	snprintf(bound, sizeof(bound), "%s.0123456789abcdef", fresh);
	ck_assert_uint_lt(strlen(bound), sizeof(((struct sockaddr_un *)0)->sun_path));
	make_socket(bound);
}
END_TEST

START_TEST(fresh_is_fresh)
{
	char a[104], b[104], expected[128], tiny[16];

	ck_assert_int_eq(rundir_fresh(a, sizeof(a), 's'), 0);
	ck_assert_int_eq(rundir_fresh(b, sizeof(b), 's'), 0);
	ck_assert_str_ne(a, b);
	snprintf(expected, sizeof(expected), "%s/ftp-over-ssh/s%ld.", base, (long)getpid());
	ck_assert_int_eq(strncmp(a, expected, strlen(expected)), 0);
	ck_assert_int_eq(access(a, F_OK), -1);
	errno = 0;
	ck_assert_int_eq(rundir_fresh(tiny, sizeof(tiny), 's'), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

START_TEST(fresh_skips_leftovers)
{
	char name[64], taken[128], got[104];

	ck_assert_ptr_nonnull(rundir_path(why, sizeof(why)));
	snprintf(name, sizeof(name), "s%ld.1", (long)getpid());
	in_base(taken, sizeof(taken), name);
	make_socket(taken);
	ck_assert_int_eq(rundir_fresh(got, sizeof(got), 's'), 0);
	ck_assert_str_ne(got, taken);
}
END_TEST

/* The pid of a process that has been waited for. */
static long
dead_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void
exists(const char *name, bool expected)
{
	char path[128];
	struct stat st;

	in_base(path, sizeof(path), name);
	ck_assert_msg((lstat(path, &st) == 0) == expected, "%s", name);
}

static void
put(const char *name)
{
	char path[128];

	in_base(path, sizeof(path), name);
	make_socket(path);
}

START_TEST(sweeps_the_dead)
{
	char dead[32], second[48], file[32], mine[32], huge[32], path[128];
	long pid = dead_pid();

	ck_assert_ptr_nonnull(rundir_path(why, sizeof(why)));
	snprintf(dead, sizeof(dead), "s%ld.1", pid);
	snprintf(second, sizeof(second), "m%ld.2.RaNdOmRaNdOmRaNd", pid);
	snprintf(file, sizeof(file), "s%ld.3", pid);
	snprintf(mine, sizeof(mine), "s%ld.1", (long)getpid());
	snprintf(huge, sizeof(huge), "s%lld.1", (1LL << 32) + pid);
	put(dead);
	put(second);
	put(huge);
	put(mine);
	put("other");
	put("9999999.1");
	put("s999999999999999999999.1");
	put("s-1.1");
	put("s0.1");
	in_base(path, sizeof(path), file);
	fclose(fopen(path, "w"));
	ck_assert_int_eq(rundir_sweep(), 2);
	exists(dead, false);
	exists(second, false);
	exists(file, true);
	exists(mine, true);
	exists(huge, true);
	exists("other", true);
	exists("9999999.1", true);
	exists("s999999999999999999999.1", true);
	exists("s-1.1", true);
	exists("s0.1", true);
	ck_assert_int_eq(rundir_sweep(), 0);
}
END_TEST

/* The pid of their maker is another's by now. */
START_TEST(sweeps_under_a_living_pid)
{
	static const struct timeval old[2] = { { 1000, 0 }, { 1000, 0 } };
	char name[3][32], path[128];
	int fd;

	ck_assert_ptr_nonnull(rundir_path(why, sizeof(why)));
	for (int i = 0; i < 3; i++)
		snprintf(name[i], sizeof(name[i]), "s%ld.%d", (long)getpid(), i);
	put(name[0]);
	put(name[1]);
	in_base(path, sizeof(path), name[1]);
	ck_assert_int_eq(utimes(path, old), 0);
	in_base(path, sizeof(path), name[2]);
	ck_assert_int_ne(fd = unixsock_listen(path, 1), -1);
	ck_assert_int_eq(utimes(path, old), 0);
	ck_assert_int_eq(rundir_sweep(), 1);
	exists(name[0], true);
	exists(name[1], false);
	exists(name[2], true);
	ck_assert_int_eq(accept(fd, NULL, NULL), -1); /* it has not noticed */
	close(fd);
}
END_TEST

/* Those of a tunnel of this user's that happens to be there are visited, too. */
static void
count_visit(const char *path, long pid, void *arg)
{
	if (strncmp(path, base, strlen(base)) != 0)
		return;
	ck_assert_int_eq(pid, getpid());
	ck_assert_int_eq(access(path, F_OK), 0);
	++*(int *)arg;
}

START_TEST(visits_the_living)
{
	char name[32];
	int count = 0;

	ck_assert_ptr_nonnull(rundir_path(why, sizeof(why)));
	snprintf(name, sizeof(name), "s%ld.1", dead_pid());
	put(name);
	for (int i = 1; i <= 3; i++) {
		snprintf(name, sizeof(name), "%c%ld.%d", i == 3 ? 'm' : 's', (long)getpid(), i);
		put(name);
	}
	rundir_each(geteuid(), 's', count_visit, &count);
	ck_assert_int_eq(count, 2);
	rundir_each(geteuid(), 'x', count_visit, &count);
	ck_assert_int_eq(count, 2);
}
END_TEST

/* As long as a process says that it needs the masters, and no longer. */
START_TEST(tells_who_needs_it)
{
	char path[128], c;
	int says[2], ends[2];

	ck_assert_ptr_nonnull(rundir_path(why, sizeof(why)));
	in_base(path, sizeof(path), "m1.1");
	ck_assert_ptr_nonnull(rundir_of(path));
	ck_assert_ptr_null(rundir_of("/elsewhere/m1.1"));
	ck_assert(pipe(says) == 0 && pipe(ends) == 0);
	if (fork() == 0) {
		rundir_need(why, sizeof(why));
		close(ends[1]);
		_exit(write(says[1], "x", 1) != 1 || read(ends[0], &c, 1) != 0);
	}
	ck_assert_int_eq(read(says[0], &c, 1), 1);
	ck_assert(!rundir_needless(rundir_of(path)));
	ck_assert(!rundir_needless(NULL));
	close(ends[1]);
	wait(NULL);
	ck_assert(rundir_needless(rundir_of(path)));
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, makes_it_private);
	tcase_add_loop_test(t, falls_back_to_tmp, 0, 5);
	tcase_add_test(t, refuses_a_link);
	tcase_add_test(t, refuses_open_modes);
	tcase_add_test(t, refuses_another_owner);
	tcase_add_test(t, refuses_a_later_one);
	tcase_add_test(t, passes_long_paths_over);
	tcase_add_loop_test(t, passes_writable_ones_over, 0, 4);
	tcase_add_test(t, longest_path_binds);
	tcase_add_test(t, fresh_is_fresh);
	tcase_add_test(t, fresh_skips_leftovers);
	tcase_add_test(t, sweeps_the_dead);
	tcase_add_test(t, sweeps_under_a_living_pid);
	tcase_add_test(t, visits_the_living);
	tcase_add_test(t, tells_who_needs_it);
}

int
main(void)
{
	return unit_run("rundir", add);
}
