#include "ends/keep.h"

#include <poll.h>
#include <unistd.h>

#include "base/packet.h"
#include "master/kept.h"
#include "proxy/proxy.h"

bool
keep_lives(void *keep)
{
	const struct keep *k = keep;
	struct pollfd p = { .fd = k != NULL ? k->fd : -1 };

	return p.fd != -1 && poll(&p, 1, 0) == 0;
}

/* A tunnel that does not take it has no copy: that is all. */
static int
keep_send(const struct keep *k, enum keep_op op, unsigned id, const int *fds, size_t count)
{
	struct keep_message message = { op, id };

	if (k == NULL || k->fd == -1)
		return -1;
	return packet_send(k->fd, &message, sizeof(message), fds, count);
}

bool
keep_proxy(struct keep *k, unsigned number, struct proxy *proxy)
{
	const int fds[] = { proxy_fd(proxy), k != NULL ? proxy_trace(proxy) : -1 };
	bool kept;

	if (fds[1] == -1)
		return false;
	kept = fds[0] != -1 && keep_send(k, KEEP_PROXY, number, fds, 2) == 0;
	if (kept)
		proxy_kept(proxy, keep_lives, k);
	close(fds[1]);
	return kept;
}

void
keep_upload(const struct keep *k, unsigned id, int fd)
{
	if (fd != -1)
		keep_send(k, KEEP_UPLOAD, id, &fd, 1);
}

void
keep_release(const struct keep *k, unsigned id)
{
	keep_send(k, KEEP_RELEASE, id, NULL, 0);
}
