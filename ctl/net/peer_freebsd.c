/* FreeBSD: the list of all TCP connections (sysctl net.inet.tcp.pcblist, which netstat(1) reads)
 * without those that security.bsd.see_other_uids hides. */
#include "net/peer_owner.h"

#ifdef __FreeBSD__
#include <sys/socketvar.h>
#include <sys/sysctl.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/in_pcb.h>
#include <netinet/tcp_var.h>
#include <stdlib.h>

#include "net/peer.h"

#define TRIES 3 /* each fails only if many connections have been made meanwhile */

/* malloc'ed; NULL when it cannot be had. */
static char *
read_list(size_t *size)
{
	static const char name[] = "net.inet.tcp.pcblist";
	char *list;

	for (int i = 0; i < TRIES; i++) {
		/* how much there is, and some more */
		if (sysctlbyname(name, NULL, size, NULL, 0) == -1 || (list = malloc(*size)) == NULL)
			return NULL;
		if (sysctlbyname(name, list, size, NULL, 0) == 0)
			return list;
		free(list);
	}
	return NULL;
}

static bool
connects(const struct xinpcb *c, const struct sockaddr_storage *own,
    const struct sockaddr_storage *other)
{
	const struct in_endpoints *ends = &c->inp_inc.inc_ie;
	bool v4 = (c->inp_vflag & INP_IPV4) != 0;

	return addr_is_end(own, ends->ie_lport, &ends->ie_dependladdr, v4) &&
	    addr_is_end(other, ends->ie_fport, &ends->ie_dependfaddr, v4);
}

/* A struct xinpgen stands before the connections, and one behind them, shorter than they are.
 * A connection without a socket has no owner any more, and would read as root's. */
bool
peer_owner(const struct sockaddr_storage *peer, const struct sockaddr_storage *local,
    struct peer_socket *found)
{
	size_t size, at;
	char *list = read_list(&size);

	if (list == NULL)
		return false;
	found->id = 0;
	for (at = ((struct xinpgen *)(void *)list)->xig_len; at + sizeof(struct xtcpcb) <= size;) {
		const struct xtcpcb *c = (const void *)(list + at);

		if (c->xt_len < sizeof(*c))
			break;
		if (connects(&c->xt_inp, peer, local)) {
			found->uid = c->xt_inp.xi_socket.so_uid;
			found->id = c->xt_inp.xi_socket.xso_so;
			break;
		}
		at += c->xt_len;
	}
	free(list);
	return found->id != 0;
}
#endif
