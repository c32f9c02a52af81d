#include "control/control.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"

#define FLUSH_MS 10000 /* for a hung-up peer to take what it is still sent */

static bool
again(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static void
end_write(struct control *c)
{
	if (c->wfd == -1)
		return;
	shutdown(c->wfd, SHUT_WR); /* fails on a pipe, which close() ends */
	if (c->wfd != c->rfd) {
		close(c->wfd);
		c->wfd = -1;
		watch_free(c->write);
		c->write = NULL;
	}
}

/* Another process may have the client's connection, too, as long as we last. */
void
control_close(struct control *c)
{
	watch_free(c->read);
	watch_free(c->write);
	timer_stop(&c->flush);
	c->read = c->write = NULL;
	end_write(c);
	if (c->rfd != -1)
		close(c->rfd);
	c->rfd = c->wfd = -1;
}

bool
control_closed(const struct control *c)
{
	return c->rfd == -1;
}

static void
drop_output(struct control *c)
{
	size_t len;

	session_output(c->session, c->side, &len);
	session_sent(c->session, c->side, len);
}

static void
ended(struct control *c)
{
	if (c->over)
		return;
	c->over = true;
	watch_pause(c->read, true);
	c->fn(c->arg, c->side, CONTROL_ENDED);
}

/* It is gone: what it will not read is not to be waited for. */
static void
lost(struct control *c)
{
	drop_output(c);
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

	while ((data = session_output(c->session, c->side, &len)), len > 0) {
		ssize_t n = c->wfd == -1 ? (ssize_t)len : write(c->wfd, data, len);

		if (n == -1 && again(errno))
			return;
		if (n == -1) {
			lost(c);
			return;
		}
		session_sent(c->session, c->side, (size_t)n);
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

	session_output(c->session, c->side, &len);
	watch_pause(c->read, c->over || session_room(c->session, c->side) == 0);
	watch_pause(c->write, len == 0);
}

static void
control_read(struct control *c)
{
	char buf[16384];
	size_t room = session_room(c->session, c->side);
	ssize_t n;

	if (room == 0)
		return;
	n = read(c->rfd, buf, room < sizeof(buf) ? room : sizeof(buf));
	if (n > 0)
		session_push(c->session, c->side, buf, (size_t)n);
	else if (n == 0 || !again(errno))
		ended(c);
}

static void
control_readable(void *arg, short revents)
{
	struct control *c = arg;

	(void)revents;
	c->fn(c->arg, c->side, CONTROL_COMES);
	control_read(c);
	c->fn(c->arg, c->side, CONTROL_READY);
}

static void
control_writable(void *arg, short revents)
{
	struct control *c = arg;

	(void)revents;
	c->fn(c->arg, c->side, CONTROL_READY);
}

static void
flush_over(void *arg)
{
	struct control *c = arg;

	drop_output(c);
	control_close(c);
}

void
control_half_close(struct control *c)
{
	c->half_close = true;
}

void
control_hangup(struct control *c)
{
	if (c->hangup || control_closed(c))
		return;
	c->hangup = true;
	watch_free(c->read);
	c->read = NULL;
	timer_set(&c->flush, c->loop, FLUSH_MS, flush_over, c);
}

int
control_open(struct control *c)
{
	c->read = loop_watch(c->loop, c->rfd, POLLIN, control_readable, c);
	c->write = loop_watch(c->loop, c->wfd, POLLOUT, control_writable, c);
	return c->read == NULL || c->write == NULL ? -1 : 0;
}
