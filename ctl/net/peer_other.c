#include "net/peer_owner.h"

/* No way to ask is known here: callers treat the peer as a stranger. */
#if !defined(PEER_SOCK_DIAG) && !defined(PEER_LIBPROC)
void
peer_owner_open(void)
{
}

bool
peer_owner(const struct sockaddr_storage *peer, const struct sockaddr_storage *local,
    struct peer_socket *socket)
{
	(void)peer;
	(void)local;
	(void)socket;
	return false;
}

bool
holder_find(struct holder *h, const struct peer_socket *socket)
{
	(void)h;
	(void)socket;
	return false;
}

bool
holder_has(const struct holder *h, const struct peer_socket *socket)
{
	(void)h;
	(void)socket;
	return false;
}
#else
typedef int peer_other_is_empty; /* ISO C wants a declaration */
#endif
