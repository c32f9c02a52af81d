#include "net/peer_owner.h"

#ifdef PEER_SOCK_DIAG
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

struct request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 body;
};

static bool
is_v4(const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *v6 = (const void *)ss;

	return ss->ss_family == AF_INET || IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
}

/* Address and port of one end, a v4-mapped address as IPv4. */
static void
put_end(const struct sockaddr_storage *ss, __be32 address[4], __be16 *port)
{
	const struct sockaddr_in *v4 = (const void *)ss;
	const struct sockaddr_in6 *v6 = (const void *)ss;

	*port = ss->ss_family == AF_INET ? v4->sin_port : v6->sin6_port;
	if (ss->ss_family == AF_INET)
		address[0] = v4->sin_addr.s_addr;
	else if (is_v4(ss))
		memcpy(address, (const char *)&v6->sin6_addr + 12, 4);
	else
		memcpy(address, &v6->sin6_addr, 16);
}

/* An IPv4 connection is looked up as AF_INET whatever its two sockets are: the kernel keeps
 * those of dual-stack sockets in the same table. */
static void
make_request(struct request *r, const struct sockaddr_storage *peer,
    const struct sockaddr_storage *local)
{
	static uint32_t sequence;
	const struct sockaddr_in6 *v6 = (const void *)peer;

	*r = (struct request){
		.header = { .nlmsg_len = sizeof(*r), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		    .nlmsg_flags = NLM_F_REQUEST, .nlmsg_seq = ++sequence },
		.body = { .sdiag_family = is_v4(peer) ? AF_INET : AF_INET6,
		    .sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0U,
		    .id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } }
	};
	if (peer->ss_family == AF_INET6) /* link-local connections are tied to their link */
		r->body.id.idiag_if = v6->sin6_scope_id;
	put_end(peer, r->body.id.idiag_src, &r->body.id.idiag_sport);
	put_end(local, r->body.id.idiag_dst, &r->body.id.idiag_dport);
}

/* A socket without a process (closed) has inode 0. Newer kernels (6.18 does) still tell its owner
 * then; older ones, and all of them for TIME_WAIT, say uid 0, which is nobody and not root. Where
 * there is no connection at all the kernel falls back to a listener on the same port, which has no
 * port at the other end. */
static bool
is_owned_connection(const struct inet_diag_msg *m, const struct request *r)
{
	return (m->idiag_inode != 0 || m->idiag_uid != 0) && m->id.idiag_sport == r->body.id.idiag_sport &&
	    m->id.idiag_dport == r->body.id.idiag_dport;
}

static int netlink = -1;

static bool
ask(const struct request *r, struct peer_socket *socket)
{
	union {
		struct nlmsghdr header;
		char bytes[4096];
	} answer;
	const struct inet_diag_msg *m = NLMSG_DATA(&answer.header);
	ssize_t n;

	if (send(netlink, r, sizeof(*r), 0) != (ssize_t)sizeof(*r))
		return false;
	do /* send() has made it */
		n = recv(netlink, &answer, sizeof(answer), MSG_DONTWAIT);
	while (n >= (ssize_t)sizeof(answer.header) &&
	    answer.header.nlmsg_seq != r->header.nlmsg_seq);
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(*m)))
		return false;
	if (answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY || !is_owned_connection(m, r))
		return false;
	*socket = (struct peer_socket){ m->idiag_uid, m->idiag_inode /* as in "socket:[inode]" */ };
	return true;
}

void
peer_owner_open(void)
{
	if (netlink == -1)
		netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

bool
peer_owner(const struct sockaddr_storage *peer, const struct sockaddr_storage *local,
    struct peer_socket *found)
{
	struct request r;

	peer_owner_open();
	if (netlink == -1)
		return false;
	make_request(&r, peer, local);
	return ask(&r, found);
}
#else
typedef int peer_linux_is_empty;
#endif
