#include "net/peer_owner.h"

/* No way to ask for the owner is known here: callers treat the peer as a stranger. */
#if !defined(ON_LINUX) && !defined(__APPLE__) && !defined(__FreeBSD__) && !defined(__OpenBSD__)
bool
peer_owner(const struct sockaddr_storage *peer, const struct sockaddr_storage *local,
    struct peer_socket *socket)
{
	return false;
}
#endif

/* ... or for the process. */
#if !defined(ON_LINUX) && !defined(__APPLE__)
bool
holder_find(struct holder *h, const struct peer_socket *socket)
{
	return false;
}

bool
holder_has(const struct holder *h, const struct peer_socket *socket)
{
	return false;
}
#endif
