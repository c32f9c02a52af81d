#include "relay.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define ROUNDS 4 /* buffers moved before others get their turn */

static bool
again(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/* Write what is buffered; RELAY_READ when it is all gone. */
static enum relay_state
relay_write(struct relay *r, int to)
{
	while (r->len > 0) {
		ssize_t n = write(to, r->buf + r->start, r->len);

		if (n == -1)
			return again(errno) ? RELAY_WRITE : RELAY_WRITE_FAILED;
		r->start += (size_t)n;
		r->len -= (size_t)n;
		r->bytes += (uint64_t)n;
	}
	r->start = 0;
	return RELAY_READ;
}

enum relay_state
relay_run(struct relay *r, int from, int to)
{
	enum relay_state state;

	for (int i = 0; i < ROUNDS; i++) {
		ssize_t n;

		if ((state = relay_write(r, to)) != RELAY_READ)
			return state;
		if (r->ended)
			return RELAY_END;
		if (r->buf == NULL && (r->buf = malloc(RELAY_BUFFER)) == NULL)
			return RELAY_READ_FAILED;
		if ((n = read(from, r->buf, RELAY_BUFFER)) == -1)
			return again(errno) ? RELAY_READ : RELAY_READ_FAILED;
		if (n == 0) {
			r->ended = true;
			return RELAY_END;
		}
		r->len = (size_t)n;
	}
	return relay_write(r, to);
}

void
relay_free(struct relay *r)
{
	free(r->buf);
	r->buf = NULL;
	r->start = r->len = 0;
}
