/* relay FROM TO PORT...: FROM:PORT to TO:PORT, and nothing else: a process for each connection,
 * which splices both ways. It is the least that anything between a client and ssh can cost. It says
 * "ready" when it listens. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORTS 128
#define PIPE  (256 * 1024) /* bytes, as helper/relay/relay.c has */

struct way {
	int from, to, pipe[2];
	size_t in;
	bool eof, ended;
};

static void
must(bool fine, const char *what)
{
	if (!fine) {
		perror(what);
		exit(1);
	}
}

static int
stream(const char *address, int port, int (*enter)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	must(fd >= 0 && inet_aton(address, &to.sin_addr) == 1, address);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	must(enter(fd, (struct sockaddr *)&to, sizeof(to)) == 0, address);
	return fd;
}

static void
move(struct way *w)
{
	const unsigned flags = SPLICE_F_NONBLOCK | SPLICE_F_MOVE;
	ssize_t n = -1;

	if (!w->eof && w->in < PIPE) {
		n = splice(w->from, NULL, w->pipe[1], NULL, PIPE - w->in, flags);
		must(n >= 0 || errno == EAGAIN, "splice");
		w->eof = n == 0;
		w->in += n > 0 ? (size_t)n : 0;
	}
	if (w->in > 0) {
		n = splice(w->pipe[0], NULL, w->to, NULL, w->in, flags);
		must(n >= 0 || errno == EAGAIN, "splice");
		w->in -= n > 0 ? (size_t)n : 0;
	}
	if (w->eof && w->in == 0 && !w->ended) {
		shutdown(w->to, SHUT_WR);
		w->ended = true;
	}
}

static void
serve(int a, int b)
{
	struct way way[2] = { { .from = a, .to = b }, { .from = b, .to = a } };

	for (int i = 0; i < 2; i++) {
		must(pipe2(way[i].pipe, O_NONBLOCK) == 0, "pipe");
		fcntl(way[i].pipe[0], F_SETPIPE_SZ, PIPE);
		fcntl(way[i].from, F_SETFL, O_NONBLOCK);
	}
	while (!way[0].ended || !way[1].ended) {
		struct pollfd p[2] = { { .fd = a }, { .fd = b } };

		for (int i = 0; i < 2; i++) {
			if (!way[i].eof && way[i].in < PIPE / 2)
				p[i].events |= POLLIN;
			if (way[i].in > 0)
				p[!i].events |= POLLOUT;
		}
		for (int i = 0; i < 2; i++)
			if (p[i].events == 0)
				p[i].fd = -1;
		poll(p, 2, -1);
		move(&way[0]);
		move(&way[1]);
	}
}

int
main(int argc, char **argv)
{
	struct pollfd p[PORTS];
	int n = argc - 3;

	signal(SIGPIPE, SIG_IGN);
	if (n < 1 || n > PORTS) {
		fprintf(stderr, "usage: relay from to port...\n");
		return 64;
	}
	for (int i = 0; i < n; i++) {
		p[i] = (struct pollfd){ .fd = stream(argv[1], atoi(argv[i + 3]), bind),
			.events = POLLIN };
		must(listen(p[i].fd, SOMAXCONN) == 0, "listen");
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			; /* its CPU time is ours, then */
		poll(p, (nfds_t)n, -1);
		for (int i = 0; i < n; i++) {
			int fd = p[i].revents != 0 ? accept(p[i].fd, NULL, NULL) : -1;

			if (fd >= 0 && fork() == 0) {
				serve(fd, stream(argv[2], atoi(argv[i + 3]), connect));
				_exit(0);
			}
			close(fd);
		}
	}
}
