#include "ends/near.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/compat.h"
#include "net/listener.h"
#include "net/peer.h"

static int
bind_to(struct sockaddr_storage *at, unsigned port)
{
	socklen_t len = at->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
						    sizeof(struct sockaddr_in);

	addr_set_port((struct sockaddr *)at, htons((uint16_t)port));
	return listener_bind((struct sockaddr *)at, len, 16);
}

/* In a range, begin anywhere: sessions beside each other would all try the same ports. */
static int
bind_in_range(struct sockaddr_storage *at, uint16_t lo, uint16_t hi, unsigned tries)
{
	unsigned n = (unsigned)hi - lo + 1, first = arc4random_uniform(n);
	int fd = -1;

	for (unsigned i = 0; i < n && i < tries && fd == -1; i++)
		if ((fd = bind_to(at, lo + (first + i) % n)) == -1 && errno != EADDRINUSE)
			break;
	return fd;
}

/* The control connection's own address, a v4-mapped one as IPv4. PASV has no words for ::1: a client
 * there is told 127.0.0.1. */
static bool
listen_at(const struct near_config *c, uint8_t family, struct sockaddr_storage *at)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&c->local;
	struct sockaddr_in *in = (struct sockaddr_in *)at;

	*at = c->local;
	if (at->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		*in = (struct sockaddr_in){ .sin_family = AF_INET };
		memcpy(&in->sin_addr, in6->sin6_addr.s6_addr + 12, 4);
	}
	if (at->ss_family == AF_UNSPEC || (family == 4 && at->ss_family == AF_INET6 &&
	    addr_is_loopback((struct sockaddr *)at))) {
		memset(at, 0, sizeof(*at));
		in->sin_family = AF_INET;
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	return family == 0 || (family == 4) == (at->ss_family == AF_INET);
}

int
near_port_open(const struct near_config *c, uint8_t family, uint16_t *port, const char **why)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	int fd;

	*why = "no address of that family here";
	if (!listen_at(c, family, &at))
		return -1;
	if (c->lo != 0)
		fd = bind_in_range(&at, c->lo, c->hi, UINT16_MAX);
	/* Any port: the kernel avoids those that earlier transfers have left in TIME_WAIT, and after
	 * some thousands of them looks for milliseconds; a port of the dynamic range (RFC 6335) that we
	 * name may be one of those. */
	else if ((fd = bind_in_range(&at, 49152, 65535, 16)) == -1 && (fd = bind_to(&at, 0)) != -1)
		getsockname(fd, (struct sockaddr *)&at, &len);
	*port = ntohs(addr_port((struct sockaddr *)&at));
	if (fd == -1)
		*why = c->lo != 0 && errno == EADDRINUSE ? "no free port in FtpDataPorts" :
		    strerror(errno);
	return fd;
}
