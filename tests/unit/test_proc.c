#include "unit.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/loop.h"
#include "process/proc.h"
#include "process/signals.h"

static struct loop *loop;
static int ended, last_status;

static void
note_end(void *arg, int status)
{
	(void)arg;
	ended++;
	last_status = status;
}

static int
start_shell(struct proc *p, const char *script, struct proc_start start)
{
	const char *const argv[] = { "sh", "-c", script, NULL };

	start.argv = argv;
	*p = (struct proc){ 0 };
	return proc_start(p, loop, &start, note_end, NULL);
}

static void
run_until(int count)
{
	while (ended < count)
		ck_assert_int_eq(loop_once(loop, -1), 0);
}

static void
setup(void)
{
	signals_start();
	loop = loop_new();
	ended = 0;
}

#define NULLS { .fd = { PROC_NULL, PROC_NULL, PROC_NULL } }

START_TEST(test_status)
{
	static const struct {
		const char *script;
		int status, shell;
	} cases[] = { { "exit 0", 0, 0 }, { "exit 7", 7, 7 }, { "kill -TERM $$", -SIGTERM, 143 },
		{ "exit 255", 255, 255 } };
	struct proc p;

	setup();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ended = 0;
		ck_assert_int_eq(start_shell(&p, cases[i].script, (struct proc_start)NULLS), 0);
		ck_assert_int_gt(p.pid, 0);
		run_until(1);
		ck_assert_int_eq(p.pid, 0);
		ck_assert_int_eq(last_status, cases[i].status);
		ck_assert_int_eq(proc_shell_status(last_status), cases[i].shell);
	}
	loop_free(loop);
}
END_TEST

/* Many that end at once, and one that nobody has started here. */
START_TEST(test_many)
{
	struct proc p[50];
	siginfo_t info;
	pid_t other;

	setup();
	if ((other = fork()) == 0)
		_exit(3);
	ck_assert_int_eq(waitid(P_PID, (id_t)other, &info, WEXITED | WNOWAIT), 0);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(start_shell(&p[i], "exit 1", (struct proc_start)NULLS), 0);
	run_until(50);
	ck_assert_int_eq(ended, 50);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	loop_free(loop);
}
END_TEST

START_TEST(test_nothing_to_run)
{
	const char *const argv[] = { "/nonexistent/program", NULL };
	struct proc_start start = NULLS;
	struct proc p = { 0 };
	int fds[2];
	char text[128];
	ssize_t n;

	setup();
	start.argv = argv;
	start.certain = true;
	ck_assert_int_eq(proc_start(&p, loop, &start, note_end, NULL), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(p.pid, 0);
	ck_assert_int_eq(pipe(fds), 0);
	start.certain = false;
	start.fd[2] = fds[1];
	ck_assert_int_eq(proc_start(&p, loop, &start, note_end, NULL), 0);
	run_until(1);
	ck_assert_int_eq(last_status, 127);
	ck_assert_int_gt(n = read(fds[0], text, sizeof(text) - 1), 0);
	text[n] = '\0';
	ck_assert_str_eq(text, "/nonexistent/program: No such file or directory\n");
	loop_free(loop);
}
END_TEST

/* Its three descriptors, one kept, and no other. */
START_TEST(test_descriptors)
{
	struct proc_start start = NULLS;
	int out[2], kept = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char script[128], text[16];
	struct proc p;

	setup();
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	start.fd[1] = out[1];
	start.keep[0] = kept;
	snprintf(script, sizeof(script), "for n in %d %d; do if { true <&$n; } 2>/dev/null; "
	    "then echo y; else echo n; fi; done", kept, other);
	ck_assert_int_eq(start_shell(&p, script, start), 0);
	run_until(1);
	ck_assert_int_eq(read(out[0], text, sizeof(text)), 4);
	ck_assert_int_eq(memcmp(text, "y\nn\n", 4), 0);
	loop_free(loop);
}
END_TEST

/* It has been executed, so that check's handlers are not in it any more. */
static void
start_loudly(struct proc *p, const char *script)
{
	struct proc_start start = NULLS;
	int out[2];
	char byte;

	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	start.fd[1] = out[1];
	ck_assert_int_eq(start_shell(p, script, start), 0);
	close(out[1]);
	ck_assert_int_eq(read(out[0], &byte, 1), 1);
	close(out[0]);
}

START_TEST(test_ends)
{
	struct proc p;
	int status = 0;

	setup();
	start_loudly(&p, "echo; exec sleep 1000");
	ck_assert(!proc_wait(&p, 0, NULL));
	proc_kill(&p, SIGUSR1);
	ck_assert(proc_wait(&p, 20000, &status));
	ck_assert_int_eq(status, -SIGUSR1);
	start_loudly(&p, "trap '' TERM; echo; while :; do sleep 1; done");
	proc_end(&p, 50);
	ck_assert_int_eq(p.pid, 0);
	proc_end(&p, 50);
	proc_forget(&p);
	ck_assert_int_eq(ended, 0);
	loop_free(loop);
}
END_TEST

/* As if this process had been killed. */
START_TEST(test_dies_with_us)
{
	struct proc_start start = NULLS;
	struct proc p;
	int out[2];
	pid_t parent;
	char byte;

	ck_assert_int_eq(pipe(out), 0);
	if ((parent = fork()) == 0) {
		setup();
		start.dies_with_us = true;
		start.fd[1] = out[1];
		start_shell(&p, "echo; exec sleep 1000", start);
		close(out[1]);
		pause();
	}
	close(out[1]);
	ck_assert_int_eq(read(out[0], &byte, 1), 1);
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	ck_assert_int_eq(read(out[0], &byte, 1), 0);
}
END_TEST

static void
add(TCase *tests)
{
	tcase_add_test(tests, test_status);
	tcase_add_test(tests, test_many);
	tcase_add_test(tests, test_nothing_to_run);
	tcase_add_test(tests, test_descriptors);
	tcase_add_test(tests, test_ends);
	tcase_add_test(tests, test_dies_with_us);
}

int
main(void)
{
	return unit_run("proc", add);
}
