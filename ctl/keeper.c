#include "keeper.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "libbsd.h"
#include "loop.h"
#include "mux.h"
#include "rundir.h"

#define RETRY_MS 200
#define LOGIN_MS 2000 /* the tunnel was killed while ssh was logging in: look so long */
#define KINDS "mrLs" /* the first letters of the tunnel's names in the runtime directory */

enum news { LOGIN, UP, NONE, RELEASED };

/* What the tunnel writes into the pipe, at once. */
struct message {
	enum news news;
	pid_t ssh; /* LOGIN */
};

/* In the keeper's process. Its connection to the master is made while the socket is sure to
 * be there: a sweep of the runtime directory may remove it once the tunnel is dead. */
struct keeper {
	struct loop *loop;
	struct watch *watch;
	const char *ctl_path;
	struct mux *mux;
	pid_t master, ssh; /* ssh: while it logs in */
	uint64_t give_up; /* 0: the pipe has not ended yet */
	bool dead;        /* the master */
	bool released;    /* the tunnel has not been killed: it looks after its own names */
	bool done;
};

static void
keeper_answer(void *arg, const struct forward_result *result)
{
	struct keeper *k = arg;

	if (result->id != 0) {
		if (result->pid > 0)
			k->master = result->pid;
		return;
	}
	if (k->give_up == 0) { /* busy or stuck: to be tried again when the pipe ends; or dead */
		k->dead = result->status == FORWARD_DEAD;
		mux_free(k->mux);
		k->mux = NULL;
		return;
	}
	/* A master that does not even answer this is alive still, so its pid is its own. */
	if (result->status != FORWARD_DEAD && k->master > 0)
		kill(k->master, SIGTERM);
	k->done = true;
}

static void
keeper_stop(struct keeper *k)
{
	if (mux_terminate(k->mux) == 0)
		k->done = true;
}

/* Connect; once the pipe has ended stop the master, or wait for one to come up. */
static void
keeper_attach(void *arg)
{
	struct keeper *k = arg;

	if (k->mux == NULL && (k->mux = mux_new(k->loop, k->ctl_path, keeper_answer, k)) != NULL)
		mux_alive(k->mux);
	if (k->give_up == 0)
		return;
	if (k->mux != NULL)
		keeper_stop(k);
	else if (loop_now() >= k->give_up ||
	    loop_timer(k->loop, RETRY_MS, keeper_attach, k) == NULL)
		k->done = true;
}

static void
keeper_told(struct keeper *k, const struct message *m)
{
	k->ssh = m->news == LOGIN ? m->ssh : 0;
	if (m->news == UP)
		keeper_attach(k);
	else if (m->news == RELEASED)
		k->released = true;
	else if (m->news == NONE)
		k->done = true;
}

/* The tunnel and its helpers are no more. */
static void
keeper_alone(struct keeper *k)
{
	watch_free(k->watch);
	k->watch = NULL;
	if (k->ssh > 0)
		kill(k->ssh, SIGTERM);
	k->give_up = loop_now() + LOGIN_MS;
	if (k->dead)
		k->done = true;
	else
		keeper_attach(k);
}

static void
keeper_ready(void *arg, short revents)
{
	struct keeper *k = arg;
	struct message m;
	ssize_t n = read(3, &m, sizeof(m));

	(void)revents;
	if (n == sizeof(m))
		keeper_told(k, &m);
	else if (n != -1 || (errno != EINTR && errno != EAGAIN))
		keeper_alone(k);
}

static void
remove_of(const char *path, long pid, void *arg)
{
	if (pid == *(const long *)arg)
		unlink(path);
}

/* Whatever the tunnel has left behind if it was killed. It may be a zombie still, which counts
 * as alive for the sweep. */
static void
clean_up(long tunnel)
{
	for (const char *kind = KINDS; *kind != '\0'; kind++)
		rundir_each(*kind, remove_of, &tunnel);
	rundir_sweep();
}

static void
keeper_run(const char *ctl_path, long tunnel)
{
	struct keeper k = { .loop = loop_new(), .ctl_path = ctl_path };

	if (k.loop == NULL)
		return;
	if ((k.watch = loop_watch(k.loop, 3, POLLIN, keeper_ready, &k)) == NULL) {
		loop_free(k.loop);
		return;
	}
	while (!k.done)
		if (loop_once(k.loop, -1) == -1)
			break;
	unlink(ctl_path);
	if (k.give_up != 0 && !k.released)
		clean_up(tunnel);
	mux_free(k.mux);
	watch_free(k.watch);
	loop_free(k.loop);
}

/* Only the pipe (as descriptor 3) and /dev/null are left; no signal ends it. */
static int
keeper_detach(int pipe_end)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGTSTP };
	int null = open("/dev/null", O_RDWR);

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	if (null == -1 || setsid() == -1)
		return -1;
	for (int fd = 0; fd < 3; fd++)
		if (dup2(null, fd) == -1)
			return -1;
	if (pipe_end != 3 && dup2(pipe_end, 3) == -1)
		return -1;
	closefrom(4);
	return 0;
}

/* Forked twice: nobody has to wait for the keeper. */
static void
keeper_process(int pipe_end, const char *ctl_path, long tunnel)
{
	switch (fork()) {
	case -1:
		_exit(1);
	case 0:
		if (keeper_detach(pipe_end) == 0)
			keeper_run(ctl_path, tunnel);
		_exit(0);
	default:
		_exit(0);
	}
}

static int
wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

int
keeper_new(const char *ctl_path)
{
	long tunnel = (long)getpid();
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	if ((pid = fork()) == 0)
		keeper_process(fds[0], ctl_path, tunnel);
	close(fds[0]);
	if (pid != -1 && wait_for(pid) == 0)
		return fds[1];
	close(fds[1]);
	errno = EAGAIN;
	return -1;
}

/* A keeper that is gone already has nothing to be told; SIGPIPE is ignored. */
static void
tell(int keeper, enum news news, pid_t ssh)
{
	const struct message m = { news, ssh };

	if (write(keeper, &m, sizeof(m)) == -1)
		return;
}

void
keeper_login(int keeper, pid_t ssh)
{
	tell(keeper, LOGIN, ssh);
}

void
keeper_master_up(int keeper)
{
	tell(keeper, UP, 0);
}

void
keeper_no_master(int keeper)
{
	tell(keeper, NONE, 0);
}

void
keeper_release(int keeper)
{
	tell(keeper, RELEASED, 0);
	close(keeper);
}
