/* ftp-over-ssh: FTP, control and data connections, through the user's own ssh. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/background.h"
#include "options/cmdline.h"
#include "client/ftp_client.h"
#include "process/proc.h"
#include "base/compat.h"
#include "base/log.h"
#include "base/rundir.h"
#include "process/signals.h"
#include "tunnel/tunnel.h"

#if defined(__APPLE__)
#include <mach-o/dyld.h>
#elif defined(__FreeBSD__)
#include <sys/sysctl.h>
#endif

#define PROGRAM "ftp-over-ssh"
#define HELPER "ftp-over-ssh-helper"
#define USAGE 64
#define FAILED 255

/* Descriptors 0 to 2 are what they are called, never a socket of ours. */
static void
open_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= 2 && fcntl(fd, F_SETFD, 0) == 0);
	if (fd > 2)
		close(fd);
}

static int
open_log(const struct cmdline *c)
{
	int fd, before;

	if (c->log_file != NULL) {
		before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
		fd = open(c->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (fd == -1 || dup2(fd, STDERR_FILENO) == -1) {
			log_error("%s: cannot open it: %s", c->log_file, strerror(errno));
			return -1;
		}
		close(fd);
		log_with_time();
		log_spare(before);
	}
	log_open(PROGRAM, c->verbosity, c->to_syslog);
	if (c->ftp.log_json)
		log_json();
	return 0;
}

/* What ssh's configuration says about the destination; needed to find a master, and for the
 * forwards in it. */
static int
read_config(const struct cmdline *c, struct master_settings *m, struct tunnel_setup *t)
{
	bool wants_forwards = c->ftp.config_forwards && c->run != RUN_STDIO;
	char why[512];

	if (c->ctl_path != NULL && !wants_forwards && !sshcmd_expands(c->ctl_path))
		return 0;
	if (master_configure(m, why, sizeof(why)) == -1) {
		log_error("ssh configuration of %s: %s", c->destination, why);
		return -1;
	}
	if (wants_forwards)
		t->ssh_config = m->ssh.config;
	return 0;
}

/* Of "/somewhere/ctl/ftp-over-ssh" it is in /somewhere/helper; and an installation may have been
 * moved, or have got its PREFIX when it was built already. */
static const struct {
	const char *ours, *its;
} places[] = { { "ctl", "helper" }, { "bin", "libexec" } };

static bool
own_program(char own[PATH_MAX])
{
#if defined(ON_LINUX)
	ssize_t n = readlink("/proc/self/exe", own, PATH_MAX - 1);

	own[n > 0 ? n : 0] = '\0';
	return n > 0;
#elif defined(__APPLE__)
	char path[PATH_MAX];

	return _NSGetExecutablePath(path, &(uint32_t){ sizeof(path) }) == 0 &&
	    realpath(path, own) != NULL;
#elif defined(__FreeBSD__)
	const int mib[] = { CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1 };
	size_t size = PATH_MAX;

	return sysctl(mib, 4, own, &size, NULL, 0) == 0;
#else
	return false;
#endif
}

/* The helpers' program: $FTP_OVER_SSH_HELPER, the one beside us, or the installed one. NULL with a
 * message in why when it cannot be run. */
static const char *
helper_program(char *why, size_t why_size)
{
	static char beside[PATH_MAX];
	const char *program = getenv("FTP_OVER_SSH_HELPER");
	char own[PATH_MAX], *dir = own, *name = NULL;

	if (program == NULL || *program == '\0') {
		program = LIBEXECDIR "/" HELPER;
		if (own_program(own) && (name = strrchr(dir = dirname(own), '/')) != NULL)
			*name++ = '\0';
		for (size_t i = 0; name != NULL && i < sizeof(places) / sizeof(places[0]); i++)
			if (strcmp(name, places[i].ours) == 0 && (size_t)snprintf(beside, sizeof(beside),
			    "%s/%s/" HELPER, dir, places[i].its) < sizeof(beside) && access(beside, X_OK) == 0)
				program = beside;
	}
	if (access(program, X_OK) == 0)
		return program;
	log_why(why, why_size, "%s: %s; install it, or name it in FTP_OVER_SSH_HELPER", program,
	    strerror(errno));
	return NULL;
}

/* What must be there before a password is asked for. */
static int
check_surroundings(const struct cmdline *c, const char **helper)
{
	char why[512] = "";
	char **client;

	if (rundir_path(why, sizeof(why)) == NULL ||
	    (*helper = helper_program(why, sizeof(why))) == NULL)
		goto err;
	if (c->run == RUN_CLIENT) {
		if ((client = client_argv(c->command, &(struct tokens){ "", 0, NULL }, why,
		    sizeof(why))) == NULL)
			goto err;
		if (!client_exists(client[0]))
			log_why(why, sizeof(why), "%s: cannot run it: it is not in PATH", client[0]);
		client_argv_free(client);
		if (*why != '\0')
			goto err;
	}
	return 0;
err:
	log_error("%s", why);
	return -1;
}

/* The FTP server in messages about it. */
static const char *
servers(const struct cmdline *c, char *text, size_t size)
{
	const struct hostport *one = &c->server;

	if (c->run == RUN_TUNNEL && c->local.count > 0)
		one = &c->local.spec[0].target;
	if (c->run == RUN_TUNNEL && c->local.count > 1)
		snprintf(text, size, "an FTP server");
	else
		hostport_format(text, size, one->host, one->port);
	return text;
}

static int
serve(const struct cmdline *c)
{
	char server[SPEC_HOST_MAX + 16];
	struct master_settings master = { .ssh = { .options = c->ssh.item, .count = c->ssh.count,
		.destination = c->destination, .ctl_path = c->ctl_path }, .ctl_path = c->ctl_path,
		.servers = servers(c, server, sizeof(server)), .verbose = c->ssh_verbosity,
		.no_delay = c->ftp.no_delay != NO_DELAY_NO,
		.no_delay_yours = c->ftp.no_delay == NO_DELAY_YES };
	struct tunnel_setup setup = { .cmdline = c, .master = &master, .ready = -1 };
	int status;

	setup.activated = c->run == RUN_TUNNEL ? activation_descriptors() : 0;
	if (c->background && (status = background_start(&setup.ready)) != -1)
		return status;
	status = FAILED;
	proc_raise_limit();
	if (check_surroundings(c, &setup.helper) == 0 && read_config(c, &master, &setup) == 0) {
		rundir_sweep();
		status = tunnel_run(&setup);
	}
	free(master.ssh.config);
	return status;
}

static int
run(const struct cmdline *c)
{
	if (c->run == RUN_USAGE)
		cmdline_help(stdout);
	else if (c->run == RUN_OPTIONS)
		cmdline_ftp_options(stdout);
	else if (c->run == RUN_VERSION)
		puts(PROGRAM " " VERSION);
	else
		return open_log(c) == 0 ? serve(c) : FAILED;
	return fflush(stdout) == 0 ? 0 : FAILED;
}

int
main(int argc, char *argv[])
{
	struct cmdline c;
	char why[512];
	int status = USAGE;

	signals_start();
	open_standard_descriptors();
	if (cmdline_parse(&c, argc, argv, why, sizeof(why)) == 0)
		status = run(&c);
	else if (argc <= 1)
		fputs(cmdline_synopsis(), stderr);
	else
		log_error("%s", why);
	cmdline_free(&c);
	if (status < 0)
		signals_die(-status);
	return status;
}
