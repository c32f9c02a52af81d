/* The two control connections, between their descriptors and the session machine. */
#include "control/run_private.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/packet.h"

#define FLUSH_MS 10000 /* for a hung-up peer to take what it is still sent */

static void
end_write(struct control *c)
{
	if (c->wfd == -1)
		return;
	shutdown(c->wfd, SHUT_WR); /* fails on a pipe, which close() ends */
	if (c->wfd != c->rfd) {
		fd_close(&c->wfd);
		memory_drop(watch_free, c->write);
	}
}

/* close() does not end a connection that another process has open, too: so it is shut down first. */
void
control_close(struct control *c)
{
	memory_drop(watch_free, c->read);
	memory_drop(watch_free, c->write);
	timer_stop(&c->flush);
	end_write(c);
	fd_close(&c->rfd);
	c->wfd = -1;
}

static void
ended(struct control *c)
{
	if (c->over)
		return;
	c->over = true;
	watch_pause(c->read, true);
	run_control_ended(c->run, c->side);
}

/* It is gone: what it will not read is not to be waited for. */
static void
lost(void *arg)
{
	struct control *c = arg;
	size_t len;

	session_output(c->run->session, c->side, &len);
	session_sent(c->run->session, c->side, len);
	if (c->hangup)
		control_close(c);
	else
		ended(c);
}

void
control_flush(struct control *c)
{
	const char *data;
	size_t len;

	while ((data = session_output(c->run->session, c->side, &len)), len > 0) {
		ssize_t n = c->wfd == -1 ? (ssize_t)len : write(c->wfd, data, len);

		if (n == -1 && packet_again(errno))
			return;
		if (n == -1) {
			lost(c);
			return;
		}
		session_sent(c->run->session, c->side, (size_t)n);
	}
	if (c->hangup)
		control_close(c);
	else if (c->half_close)
		end_write(c);
	c->half_close = false;
}

void
control_arm(struct control *c)
{
	size_t len;

	session_output(c->run->session, c->side, &len);
	watch_pause(c->read, c->over || session_room(c->run->session, c->side) == 0);
	watch_pause(c->write, len == 0);
}

static void
control_readable(void *arg, short revents)
{
	struct control *c = arg;
	char buf[16384];
	size_t room;
	ssize_t n = 0;

	if (c->side == SERVER)
		run_hear(c->run);
	room = session_room(c->run->session, c->side);
	if (room > 0)
		n = read(c->rfd, buf, room < sizeof(buf) ? room : sizeof(buf));
	if (n > 0)
		session_push(c->run->session, c->side, buf, (size_t)n);
	else if (room > 0 && packet_over(n))
		ended(c);
	run_touched(c->run);
}

static void
control_writable(void *arg, short revents)
{
	run_touched(((struct control *)arg)->run);
}

void
control_hangup(struct control *c)
{
	if (c->hangup || c->rfd == -1)
		return;
	c->hangup = true;
	memory_drop(watch_free, c->read);
	timer_set(&c->flush, c->run->loop, FLUSH_MS, lost, c);
}

int
control_open(struct control *c, struct run *r, enum side side, int rfd, int wfd)
{
	*c = (struct control){ .run = r, .side = side, .rfd = rfd, .wfd = wfd };
	c->read = loop_watch(r->loop, rfd, POLLIN, control_readable, c);
	c->write = loop_watch(r->loop, wfd, POLLOUT, control_writable, c);
	return c->read == NULL || c->write == NULL ? -1 : 0;
}
