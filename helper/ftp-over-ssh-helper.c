/* One FTP session over standard input and output. */
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask/counts.h"
#include "base/compat.h"
#include "base/digits.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/packet.h"
#include "base/rundir.h"
#include "broker/broker.h"
#include "control/run.h"
#include "net/peer.h"
#include "options/options.h"
#include "options/spec.h"
#include "process/linelog.h"
#include "process/signals.h"
#include "sandbox/sandbox.h"
#include "status/notice.h"

enum { EXIT_USAGE = 64, EXIT_TUNNEL = 255 };

#define GREETING_MS 120000 /* some servers look for the client's name first, up to a minute */

/* The session process's descriptors, closed up to a row behind 0, 1 and 2. */
enum { FD_ASK = 3, FD_STOP, FD_STOP_WRITE, FD_SERVER, FD_STATUS, FD_END };

struct helper {
	struct ftp_options options;
	struct broker_config broker;
	struct own_addresses own;
	struct hostport target;
	struct linelog log; /* of the session process; not open: it has our stderr */
	int level, status_fd;
	char peer[NI_MAXHOST + 8], server_name[SPEC_HOST_MAX + 8];
};

static const char no_descriptors[] = "The helper has no descriptors left.";
static int stop_pipe[2] = { -1, -1 };

static void
on_term(int signal)
{
	int saved = errno;

	(void)!write(stop_pipe[1], "", 1); /* full: it has been told */
	errno = saved;
}

/* ---- options ---- */

static void
usage(void)
{
	fprintf(stderr, "usage: ftp-over-ssh-helper [-dgqRvV] [-k keep_fd] [-P proxy_fd] [-o FtpOption=value]\n"
	    "           [-s status_fd] -S ctl_path ftp_host[:port]\n");
	exit(EXIT_USAGE);
}

static void
usage_error(const char *what, const char *why)
{
	log_error("%s: %s", what, why);
	exit(EXIT_USAGE);
}

static int
number(const char *option, const char *text)
{
	unsigned long n;

	if (!decimal(text, strlen(text), 65535, &n) || n < 3)
		usage_error(option, "that is no descriptor");
	return (int)n;
}

static void
parse_options(struct helper *h, int argc, char **argv)
{
	size_t *masters = &h->broker.masters;
	char why[256];
	int c;

	ftp_options_default(&h->options);
	h->status_fd = h->broker.keep_fd = h->broker.proxy_fd = -1;
	while ((c = getopt(argc, argv, "dgk:o:P:qRs:S:vV")) != -1)
		switch (c) {
		case 'd': h->broker.dials = true; break;
		case 'g': h->broker.relay = true; break;
		case 'k': h->broker.keep_fd = number("-k", optarg); break;
		case 'o':
			if (ftp_option_set(&h->options, optarg, why, sizeof(why)) == -1)
				usage_error("-o", why);
			break;
		case 'P': h->broker.proxy_fd = number("-P", optarg); break;
		case 'q': h->level = LOG_QUIET; break;
		case 'R': h->broker.remote = true; break;
		case 's': h->status_fd = number("-s", optarg); break;
		case 'S':
			if (*masters == MASTERS_MAX)
				usage_error("-S", "too many of them");
			h->broker.ctl_path[(*masters)++] = optarg;
			break;
		case 'v': h->level++; break;
		case 'V': printf("ftp-over-ssh-helper %s\n", VERSION); exit(0);
		default: usage();
		}
	log_open("ftp-over-ssh-helper", h->level, false);
	if (h->options.log_json)
		log_json();
	if (argc - optind != 1)
		usage();
	if (*masters == 0 || *h->broker.ctl_path[0] == '\0')
		usage_error("-S", "the path of a ControlMaster's socket is needed");
	if (hostport_parse(&h->target, argv[optind], 21, why, sizeof(why)) == -1)
		usage_error(argv[optind], why);
	h->broker.ftp_port = h->target.port;
	hostport_format(h->server_name, sizeof(h->server_name), h->target.host, h->target.port);
}

/* ---- the client's connection ---- */

static void
client_nonblocking(bool on)
{
	for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++) {
		int flags = fcntl(fd, F_GETFL);

		if (flags != -1)
			fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
	}
}

/* Who is it? A TCP peer on this machine has an owner, who alone gets its data. */
static void
learn_client(struct helper *h)
{
	struct broker_config *b = &h->broker;
	socklen_t len = sizeof(b->client_peer);
	char port[8];
	int one = 1;

	b->client_uid = getuid();
	snprintf(h->peer, sizeof(h->peer), "client");
	if (getpeername(STDIN_FILENO, (struct sockaddr *)&b->client_peer, &len) == -1)
		return;
	if (b->client_peer.ss_family != AF_INET && b->client_peer.ss_family != AF_INET6) {
		b->client_peer.ss_family = AF_UNSPEC;
		return;
	}
	getnameinfo((struct sockaddr *)&b->client_peer, len, h->peer, NI_MAXHOST, port,
	    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(h->peer + strlen(h->peer), 8, ":%.6s", port);
	/* 226 behind 150 must not wait for the client's delayed acknowledgement. */
	setsockopt(STDIN_FILENO, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	/* Clients send ABOR as urgent data: the last byte of it would be lost. */
	setsockopt(STDIN_FILENO, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one));
	len = sizeof(b->client_local);
	getsockname(STDIN_FILENO, (struct sockaddr *)&b->client_local, &len);
	if (peer_uid(STDIN_FILENO, &b->client_uid) != PEER_KNOWN)
		b->client_uid = getuid();
}

static void
tell_client(const char *why)
{
	char escaped[500]; /* ssh may quote what the server's side has said */

	log_escape(escaped, sizeof(escaped), why, strlen(why));
	dprintf(STDOUT_FILENO, "421 %s\r\n", escaped); /* it may have gone */
}

/* The client is told in its own language, the user on stderr. */
static _Noreturn void
refuse(const char *why)
{
	log_error("%s", why);
	tell_client(why);
	exit(EXIT_TUNNEL);
}

/* The ControlMaster has gone before anything was said: the tunnel gets another one. */
static void
hand_back(const struct helper *h)
{
	if (h->status_fd != -1 && notice_send(h->status_fd, NOTICE_NO_MASTER, "", STDIN_FILENO) == 0)
		exit(EXIT_TUNNEL);
}

/* A tunnel knows more, and says it; of a server on its own side there is no more to know. */
static _Noreturn void
no_server(struct helper *h, struct broker *b, const char *reason)
{
	bool needed = strcmp(reason, BROKER_STOPPED) != 0 && strcmp(reason, BROKER_LEFT) != 0;
	char why[1024];

	broker_free(b);
	if (strcmp(reason, BROKER_GONE) == 0)
		hand_back(h);
	snprintf(why, sizeof(why), "cannot connect to the FTP server %s port %u: %s",
	    h->target.host, h->target.port, reason);
	if (needed && (h->status_fd == -1 || h->broker.remote))
		refuse(why);
	notice_send(needed ? h->status_fd : -1, NOTICE_NO_SERVER, reason, -1);
	tell_client(why);
	exit(EXIT_TUNNEL);
}

/* ---- the session process ---- */

/* Put these descriptors at FD_ASK and up, and close all others. All or none: in the place of one
 * that is missing another file would be opened, and what is in it be taken for the peer's. */
static bool
arrange_fds(const int *fds)
{
	int n = FD_END - FD_ASK, high[FD_END - FD_ASK];

	for (int i = 0; i < n; i++) {
		high[i] = fds[i] == -1 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, FD_END);
		if (high[i] == -1 && fds[i] != -1)
			return false;
	}
	for (int i = 0; i < n; i++)
		if (high[i] == -1 || dup2(high[i], FD_ASK + i) == -1)
			close(FD_ASK + i);
	closefrom(FD_END);
	return true;
}

/* The broker says when it is there. */
static void
await_server(void)
{
	struct pollfd p = { .fd = FD_ASK, .events = POLLIN };
	char byte;

	while (poll(&p, 1, -1) == -1 && errno == EINTR)
		;
	if (packet_receive(FD_ASK, &byte, sizeof(byte), NULL) != sizeof(byte))
		_exit(EXIT_TUNNEL);
}

static _Noreturn void
session_process(struct helper *h, struct session_config *config, int ask, int server)
{
	const int fds[] = { ask, stop_pipe[0], stop_pipe[1], server, h->status_fd };
	struct run_config run = { .session = *config, .client_rfd = STDIN_FILENO,
		.client_wfd = STDOUT_FILENO, .server_fd = FD_SERVER, .ask_fd = FD_ASK,
		.status_fd = h->status_fd == -1 ? -1 : FD_STATUS, .stop_fd = FD_STOP,
		.counts = h->broker.counts,
		.method = h->options.forward == METHOD_PROXY ? STATUS_PROXY : STATUS_MUX,
		.idle_ms = h->options.timeout * 1000, .grace_ms = h->options.grace * 1000,
		.greeting_ms = GREETING_MS, .peer = h->peer };
	const struct rlimit none = { 0, 0 };

	if (h->log.watch != NULL)
		dup2(h->log.out, STDERR_FILENO);
	if (!arrange_fds(fds)) {
		tell_client(no_descriptors);
		log_error("%s", no_descriptors);
		_exit(EXIT_TUNNEL);
	}
	setrlimit(RLIMIT_CORE, &none); /* there would be passwords in it, sandbox or not */
	stop_pipe[0] = FD_STOP;
	stop_pipe[1] = FD_STOP_WRITE;
	counts_protect(h->broker.counts);
	if (sandbox_enter() == -1) {
		tell_client("Sessions are not served: their process cannot be confined here.");
		log_error("sandbox: %s; it takes a kernel with seccomp filters, or a build with "
		    "CPPFLAGS=-DNO_SANDBOX that does without", strerror(errno));
		_exit(EXIT_TUNNEL);
	}
	await_server();
	_exit(run_session(&run) == 0 ? 0 : EXIT_TUNNEL);
}

/* Its connection ends with the session, though there may be something left to hold. */
static void
release_client(void)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	client_nonblocking(false);
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1) {
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
	}
}

static int
session_status(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return EXIT_TUNNEL;
	if (WIFSIGNALED(status))
		log_error("the session process was killed by signal %d", WTERMSIG(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_TUNNEL;
}

static int
serve(struct helper *h, struct broker *b, int server, bool dialled)
{
	struct session_config config = { .server_name = h->server_name };
	const char *why = NULL;
	char reason[512];
	int ask[2], status;
	pid_t pid = -1;

	broker_describe(b, &config);
	if (packet_pair(ask, true) == -1)
		why = no_descriptors;
	else if ((pid = fork()) == -1)
		why = "The helper cannot start its session process.";
	if (why != NULL) {
		broker_free(b); /* gives back what was opened in the ControlMaster */
		refuse(why);
	}
	if (pid == 0)
		session_process(h, &config, ask[1], server);
	close(ask[1]);
	close(server);
	if (sandbox_enter_broker(pid, !h->broker.remote && !h->broker.options->allow_any) == -1)
		log_error("sandbox: %s; the broker is not confined", strerror(errno));
	if (!dialled && broker_dialled(b, &server, reason, sizeof(reason)) == -1) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		no_server(h, b, reason);
	}
	close(h->status_fd);
	client_nonblocking(true);
	packet_send(ask[0], "", 1, NULL, 0);
	if (!broker_serve(b, ask[0]))
		kill(pid, SIGKILL);
	close(ask[0]);
	status = session_status(pid);
	release_client();
	linelog_close(&h->log);
	broker_linger(b);
	broker_free(b);
	return status;
}

int
main(int argc, char **argv)
{
	struct helper h = { .broker = { .options = &h.options, .own = &h.own,
		.ftp_host = h.target.host, .client_fd = STDIN_FILENO, .stop = stop_pipe } };
	struct sigaction term = { .sa_handler = on_term, .sa_flags = SA_RESTART };
	char why[512];
	struct broker *b;
	struct loop *loop;
	int server, result;
	bool dialled;

	signals_start();
	parse_options(&h, argc, argv);
	if (!rundir_need(why, sizeof(why)))
		refuse(why);
	learn_client(&h);
	if (!h.broker.relay && h.broker.client_peer.ss_family != AF_UNSPEC &&
	    !addr_is_loopback((struct sockaddr *)&h.broker.client_local))
		refuse("Clients on other machines are not served (-g allows them).");
	signal(SIGPIPE, SIG_IGN);
	if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK) == -1 || (loop = loop_new()) == NULL ||
	    (h.broker.counts = counts_new()) == NULL)
		refuse("The helper has no descriptors or memory left.");
	/* Whoever holds a terminal can read what is typed there. */
	if (isatty(STDERR_FILENO) && linelog_open(&h.log, loop, NULL, NULL) == -1)
		refuse(no_descriptors);
	sigaction(SIGTERM, &term, NULL);
	if ((b = broker_new(loop, &h.broker, why, sizeof(why))) == NULL) {
		if (errno != EMFILE && errno != ENFILE && errno != ENOMEM)
			hand_back(&h);
		refuse(why);
	}
	if (broker_dial_control(b, &server, why, sizeof(why)) == -1)
		no_server(&h, b, why);
	own_addresses(&h.own); /* takes as long as ssh to answer, as does making the session process */
	if ((dialled = server == -1) && broker_dialled(b, &server, why, sizeof(why)) == -1)
		no_server(&h, b, why);
	result = serve(&h, b, server, dialled);
	loop_free(loop);
	return result;
}
