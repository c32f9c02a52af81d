#include "net/peer_owner.h"

/* No way to ask for the owner is known here: callers treat the peer as a stranger. */
#ifdef PEER_UNTOLD
bool
peer_owner(const struct sockaddr_storage *peer, const struct sockaddr_storage *local,
    struct peer_socket *socket)
{
	return false;
}
#endif

/* ... or for the process. */
#if !defined(PEER_SOCK_DIAG) && !defined(PEER_LIBPROC)
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
