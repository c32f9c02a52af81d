#include "ask/ask.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/loop.h"
#include "base/packet.h"

int
ask_flush(struct ask_out *o)
{
	int result = 0;
	short in;

	while (o->kept.len > 0 && packet_send(o->fd, bytes_data(&o->kept), o->size, NULL, 0) == 0)
		bytes_take(&o->kept, o->size);
	if (o->kept.len > 0 && !packet_again(errno) && errno != ENOBUFS) {
		bytes_take(&o->kept, o->kept.len);
		result = -1;
	}
	in = o->mark == 0 || ask_kept(o) < o->mark ? POLLIN : 0;
	watch_events(o->watch, (short)(o->kept.len > 0 ? in | POLLOUT : in));
	return result;
}

int
ask_send(struct ask_out *o, const void *record)
{
	if (bytes_add(&o->kept, record, o->size) == -1)
		return -1;
	return ask_flush(o);
}

size_t
ask_kept(const struct ask_out *o)
{
	return o->kept.len / o->size;
}

/* What is longer than a record fills more than one. */
int
ask_receive(int fd, void *record, size_t size)
{
	char buf[ASK_MAX + 1];
	ssize_t n = packet_receive(fd, buf, size + 1, NULL);

	if (n == -1 && packet_again(errno))
		return 0;
	if (n != (ssize_t)size) {
		errno = n == 0 ? EPIPE : n > 0 ? EPROTO : errno;
		return -1;
	}
	memcpy(record, buf, size);
	return 1;
}
