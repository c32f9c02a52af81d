#include "ask/ask.h"

#include <errno.h>
#include <string.h>

#include "base/packet.h"

int
ask_flush(struct ask_out *o)
{
	while (o->kept.len > 0) {
		if (packet_send(o->fd, bytes_data(&o->kept), o->size, NULL, 0) == -1)
			return packet_again(errno) || errno == ENOBUFS ? 0 : -1;
		bytes_take(&o->kept, o->size);
	}
	return 0;
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
