#include "proxy/drain.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "proxy/chanmsg.h"
#include "base/compat.h"
#include "base/packet.h"
#include "base/rundir.h"
#include "base/wire.h"

#define LOOK_MS 500 /* does anybody need our master? */

/* The hello and its answer have a 0 where the type stands. */
bool
drain_push(struct drain *d, const uint8_t *data, size_t len)
{
	uint32_t size;
	uint8_t type;

	while (len > 0 && d->unanswered != DRAIN_FOR_EVER) {
		if (d->left > 0) {
			size_t n = d->left < len ? d->left : len;

			d->left -= (uint32_t)n;
			data += n;
			len -= n;
			continue;
		}
		d->head[d->have++] = *data++;
		len--;
		if (d->have < sizeof(d->head))
			continue;
		size = wire_peek_u32(d->head);
		type = d->head[4] == 0 ? d->head[5] : 0;
		d->have = 0;
		if (size < 2 || size > CHANMSG_FRAME_MAX || type == CHANMSG_OPEN_FAILURE) {
			d->unanswered = DRAIN_FOR_EVER;
			break;
		}
		d->left = size - 2;
		if (type == CHANMSG_OPEN_CONFIRMATION && d->unanswered > 0)
			d->unanswered--;
	}
	return d->unanswered == 0;
}

void
drain_begin(struct drain *d, uint32_t unanswered, const uint8_t *partial, size_t len)
{
	*d = (struct drain){ .unanswered = unanswered };
	drain_push(d, partial, len);
}

bool
drain_read(struct drain *d, int fd)
{
	uint8_t in[16 * 1024];
	ssize_t n;

	if (d->unanswered == 0)
		return true;
	n = recv(fd, in, sizeof(in), MSG_DONTWAIT);
	return n > 0 ? drain_push(d, in, (size_t)n) : packet_over(n);
}

void
drain_end(int fd)
{
	shutdown(fd, SHUT_WR);
}

/* Our own master is read on as long as a tunnel or a helper lives. */
static bool
drain_done(struct drain *d, int fd, const char *rundir)
{
	return drain_read(d, fd) || rundir_needless(rundir);
}

static void
drain_all(struct drain *d, int fd, const uint8_t *out, size_t len, const char *rundir)
{
	struct pollfd p = { .fd = fd };
	int ms = rundir != NULL ? LOOK_MS : -1;
	ssize_t n;

	while (!drain_done(d, fd, rundir)) {
		if (len > 0 && (n = send(fd, out, len, MSG_NOSIGNAL | MSG_DONTWAIT)) > 0) {
			out += n;
			len -= (size_t)n;
		}
		p.events = len > 0 ? POLLIN | POLLOUT : POLLIN;
		poll(&p, 1, ms);
	}
	if (d->unanswered != 0)
		return;
	drain_end(fd);
	d->unanswered = DRAIN_FOR_EVER;
	for (p.events = POLLIN; !drain_done(d, fd, rundir); poll(&p, 1, ms))
		;
}

/* Whatever ends this session or its terminal must not end the master's other sessions: only
 * the master's end does, or the answers. */
static void
drain_alone(int fd)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE };

	setsid();
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_IGN);
	if (fd != 0)
		dup2(fd, 0);
	closefrom(1);
	if (chdir("/") == -1)
		_exit(0);
}

void
drain_behind(struct drain *d, int fd, const uint8_t *out, size_t len, const char *rundir)
{
	pid_t child = fork();

	if (child == -1)
		drain_all(d, fd, out, len, NULL);
	if (child != 0)
		return;
	drain_alone(fd);
	drain_all(d, 0, out, len, rundir);
	_exit(0);
}

void
drain_hold_behind(int fd, const char *rundir, int ms)
{
	struct pollfd p = { .fd = 0 };
	pid_t child = fork();

	if (child != 0) {
		if (child != -1)
			waitpid(child, NULL, 0);
		return;
	}
	if (fork() != 0) /* nobody's child */
		_exit(0);
	drain_alone(fd);
	while (poll(&p, 1, rundir != NULL ? LOOK_MS : ms) <= 0 && ms == -1 && !rundir_needless(rundir))
		;
	_exit(0);
}

int
proxy_trace_new(struct proxy_trace **t)
{
#ifdef ON_LINUX
	int fd = memfd_create("proxy", MFD_CLOEXEC);
#else
	char name[] = "/tmp/ftp-over-ssh.XXXXXXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);

	if (fd != -1)
		unlink(name);
#endif
	if (fd == -1)
		return -1;
	*t = MAP_FAILED;
	if (ftruncate(fd, (off_t)sizeof(**t)) == 0)
		*t = mmap(NULL, sizeof(**t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*t == MAP_FAILED) {
		*t = NULL;
		close(fd);
		return -1;
	}
	(*t)->version = PROXY_TRACE_VERSION;
	return fd;
}

void
proxy_trace_free(struct proxy_trace *t)
{
	if (t != NULL)
		munmap(t, sizeof(*t));
}

/* Read, not mapped: a file that somebody cuts short would be a SIGBUS. */
bool
proxy_trace_read(struct proxy_trace *t, int fd)
{
	return pread(fd, t, sizeof(*t), 0) == (ssize_t)sizeof(*t) &&
	    t->version == PROXY_TRACE_VERSION && t->flux == 0 &&
	    t->drain.have < sizeof(t->drain.head);
}
