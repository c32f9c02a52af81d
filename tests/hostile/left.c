/* left CTL_PATH PORT COUNT [naive]: a helper that is killed when its opens are sent, and the tunnel
 * that has the copies: says "killed", and "free" when it keeps nothing more. At the end of its
 * input the tunnel ends. naive: its copy is closed with the helper. */
#include <sys/socket.h>
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "master/kept.h"
#include "master/kept.c"
#include "base/loop.h"
#include "base/packet.h"
#include "proxy/proxy.h"

static void
told(void *arg, enum proxy_event event, const char *reason)
{
	(void)arg;
	(void)event;
	(void)reason;
}

static void
gone(void *arg, const char *reason)
{
	(void)arg;
	fprintf(stderr, "%s\n", reason);
	_exit(1);
}

static bool
hand_over(int to, int a, int b)
{
	struct keep_message m = { KEEP_PROXY, 0 };

	return packet_send(to, &m, sizeof(m), (int[]){ a, b }, 2) != -1;
}

static void
helper(const char *ctl_path, uint16_t port, unsigned count, int tunnel)
{
	struct loop *loop = loop_new();
	struct proxy *p = proxy_new(loop, ctl_path, gone, NULL);

	if (p == NULL || !hand_over(tunnel, proxy_fd(p), proxy_trace(p)))
		_exit(1);
	for (unsigned i = 0; i < count; i++)
		proxy_dial(p, "127.0.0.1", port, told, NULL);
	for (int i = 0; i < 10; i++)
		loop_once(loop, 20);
	raise(SIGKILL);
}

static void
input_ended(void *arg, short revents)
{
	char byte;

	(void)revents;
	if (read(0, &byte, 1) <= 0)
		*(bool *)arg = true;
}

int
main(int argc, char *argv[])
{
	struct loop *loop = loop_new();
	struct kept kept = { .loop = loop, .hold_ms = 100 };
	bool end = false, told_free = false;
	struct kept_by *by;
	int fd;

	if (argc < 4 || (by = kept_begin(&kept, argv[1], &fd)) == NULL)
		return 64;
	if (fork() == 0)
		helper(argv[1], (uint16_t)atoi(argv[2]), (unsigned)atoi(argv[3]), fd);
	close(fd);
	wait(NULL);
	if (argc > 4)
		return 0;
	kept_end(by, true, true);
	puts("killed");
	fflush(stdout);
	loop_watch(loop, 0, POLLIN, input_ended, &end);
	while (!end) {
		if (kept.copies == NULL && !told_free) {
			puts("free");
			fflush(stdout);
			told_free = true;
		}
		loop_once(loop, -1);
	}
	kept_close(&kept, false);
	return 0;
}
