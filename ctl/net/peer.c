#include "net/peer.h"

#include <ifaddrs.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "net/peer_owner.h"

bool
addr_bytes(const struct sockaddr *sa, unsigned char bytes[16])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (sa->sa_family == AF_INET6) {
		memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
		return true;
	}
	if (sa->sa_family != AF_INET)
		return false;
	memcpy(bytes, mapped, 12);
	memcpy(bytes + 12, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
	return true;
}

in_port_t
addr_port(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET6)
		return ((const struct sockaddr_in6 *)(const void *)sa)->sin6_port;
	return ((const struct sockaddr_in *)(const void *)sa)->sin_port;
}

void
addr_set_port(struct sockaddr *sa, in_port_t port)
{
	if (sa->sa_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)sa)->sin6_port = port;
	else
		((struct sockaddr_in *)(void *)sa)->sin_port = port;
}

bool
addr_is_loopback(const struct sockaddr *sa)
{
	unsigned char b[16];

	if (!addr_bytes(sa, b))
		return false;
	if (IN6_IS_ADDR_V4MAPPED((struct in6_addr *)(void *)b))
		return b[12] == 127;
	return memcmp(b, &in6addr_loopback, 16) == 0;
}

static uint32_t
scope(const struct sockaddr *sa)
{
	return sa->sa_family == AF_INET6 ?
	    ((const struct sockaddr_in6 *)(const void *)sa)->sin6_scope_id : 0;
}

bool
addr_same_host(const struct sockaddr *a, const struct sockaddr *b)
{
	unsigned char x[16], y[16];

	if (!addr_bytes(a, x) || !addr_bytes(b, y) || memcmp(x, y, 16) != 0)
		return false;
	/* the same link-local address on two links is two hosts */
	return scope(a) == 0 || scope(b) == 0 || scope(a) == scope(b);
}

bool
addr_is_end(const struct sockaddr_storage *ss, in_port_t port, const void *address, bool v4)
{
	const struct sockaddr *sa = (const struct sockaddr *)ss;
	unsigned char own[16];
	size_t skip = v4 ? 12 : 0;

	return addr_bytes(sa, own) && addr_port(sa) == port &&
	    (bool)IN6_IS_ADDR_V4MAPPED((struct in6_addr *)(void *)own) == v4 &&
	    memcmp(own + skip, (const char *)address + skip, 16 - skip) == 0;
}

bool
addr_is_own(const struct sockaddr *peer, bool if_unknown)
{
	struct ifaddrs *all, *i;

	if (getifaddrs(&all) == -1)
		return if_unknown;
	for (i = all; i != NULL; i = i->ifa_next)
		if (i->ifa_addr != NULL && addr_same_host(i->ifa_addr, peer))
			break;
	freeifaddrs(all);
	return i != NULL;
}

bool
addr_is_here(const struct sockaddr *peer, const struct sockaddr *local)
{
	/* who may be here must have an owner */
	return addr_is_loopback(peer) || addr_same_host(peer, local) || addr_is_own(peer, true);
}

enum peer_result
peer_uid(int fd, uid_t *uid)
{
	struct sockaddr_storage peer, local;
	const struct sockaddr *p = (struct sockaddr *)&peer, *l = (struct sockaddr *)&local;
	socklen_t peer_len = sizeof(peer), local_len = sizeof(local);
	struct peer_socket socket;
	gid_t gid;

	memset(&peer, 0, sizeof(peer));
	memset(&local, 0, sizeof(local));
	if (getsockname(fd, (struct sockaddr *)&local, &local_len) == -1)
		return PEER_UNKNOWN;
	if (local.ss_family == AF_UNIX)
		return getpeereid(fd, uid, &gid) == 0 ? PEER_KNOWN : PEER_UNKNOWN;
	/* fails once the peer has reset the connection: who it was cannot be told any more */
	if (getpeername(fd, (struct sockaddr *)&peer, &peer_len) == -1)
		return PEER_UNKNOWN;
	if (!addr_is_here(p, l))
		return PEER_REMOTE;
	if (!peer_owner(&peer, &local, &socket))
		return PEER_UNKNOWN;
	*uid = socket.uid;
	return PEER_KNOWN;
}

char *
peer_name(char dst[PEER_NAME_MAX], uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	if (pw != NULL && strlen(pw->pw_name) < PEER_NAME_MAX)
		strcpy(dst, pw->pw_name);
	else
		snprintf(dst, PEER_NAME_MAX, "%ld", (long)uid);
	return dst;
}
