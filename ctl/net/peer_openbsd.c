/* OpenBSD: the owner of a socket that has connected to another one, as identd(8) asks for it. No
 * promise of pledge(2) allows that question. */
#include "net/peer_owner.h"

#ifdef __OpenBSD__
#include <sys/socketvar.h>
#include <sys/sysctl.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/tcp_timer.h>
#include <netinet/tcp_var.h>

bool
peer_owner(const struct sockaddr_storage *peer, const struct sockaddr_storage *local,
    struct peer_socket *found)
{
	int name[] = { CTL_NET, PF_INET, IPPROTO_TCP, TCPCTL_IDENT }; /* for IPv6, too */
	struct tcp_ident_mapping m = { .laddr = *peer, .faddr = *local,
		.rdomain = (u_int)getrtable() };
	size_t size = sizeof(m);

	if (sysctl(name, 4, &m, &size, NULL, 0) == -1 || m.euid == -1)
		return false;
	*found = (struct peer_socket){ .uid = (uid_t)m.euid, .id = 1 /* it has no number here */ };
	return true;
}
#endif
