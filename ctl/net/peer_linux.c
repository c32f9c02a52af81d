#include "net/peer_owner.h"

#ifdef ON_LINUX
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digits.h"
#include "net/peer.h"

#define LINK_MAX_LEN 40 /* "socket:[18446744073709551615]" */
#define LOOKS 20000     /* descriptors that are looked at, at most; each takes about 2 us */
#define YOUNG 300       /* processes whose number is less than ours by no more than that */

struct request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 body;
};

/* Address and port of one end; a v4-mapped address is IPv4, as the answer tells. */
static bool
put_end(const struct sockaddr_storage *ss, __be32 address[4], __be16 *port)
{
	const struct sockaddr *sa = (const struct sockaddr *)ss;
	struct in6_addr all = { 0 };
	bool v4;

	*port = addr_port(sa);
	addr_bytes(sa, all.s6_addr);
	v4 = IN6_IS_ADDR_V4MAPPED(&all);
	memcpy(address, all.s6_addr + (v4 ? 12 : 0), v4 ? 4 : 16);
	return v4;
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
		.body = { .sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0U,
		    .id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } }
	};
	if (peer->ss_family == AF_INET6) /* link-local connections are tied to their link */
		r->body.id.idiag_if = v6->sin6_scope_id;
	r->body.sdiag_family = put_end(peer, r->body.id.idiag_src, &r->body.id.idiag_sport) ? AF_INET :
	    AF_INET6;
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

/* --- which process has a socket, out of /proc ------------------------------------------- */

/* Is that descriptor this socket? */
static bool
holds(int dir, const char *fd, const char *socket)
{
	char link[LINK_MAX_LEN];
	ssize_t n = readlinkat(dir, fd, link, sizeof(link) - 1);

	if (n <= 0)
		return false;
	link[n] = '\0';
	return strcmp(link, socket) == 0;
}

/* The descriptor of that process that is the socket; -1: it has none. */
static int
find_fd(const char *pid, const char *socket, unsigned *looks)
{
	char path[64];
	const struct dirent *entry;
	int found = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	if ((dir = opendir(path)) == NULL)
		return -1;
	for (; found == -1 && *looks > 0 && (entry = readdir(dir)) != NULL; --*looks)
		if (is_digit(*entry->d_name) && holds(dirfd(dir), entry->d_name, socket))
			found = atoi(entry->d_name);
	closedir(dir);
	return found;
}

static void
socket_name(char name[LINK_MAX_LEN], const struct peer_socket *socket)
{
	snprintf(name, LINK_MAX_LEN, "socket:[%llu]", (unsigned long long)socket->id);
}

/* Look at the young processes, or at all others. */
static bool
find_among(bool young, struct holder *h, const char *socket, unsigned *looks)
{
	const struct dirent *entry;
	pid_t pid, self = getpid();
	DIR *dir = opendir("/proc");
	int fd = -1;

	if (dir == NULL)
		return false;
	while (fd == -1 && *looks > 0 && (entry = readdir(dir)) != NULL) {
		pid = atoi(entry->d_name);
		if (is_digit(*entry->d_name) && (pid < self && pid >= self - YOUNG) == young &&
		    (fd = find_fd(entry->d_name, socket, looks)) != -1)
			*h = (struct holder){ pid, fd };
	}
	closedir(dir);
	return fd != -1;
}

/* Who asks was started for the connection: whoever has made that is older, but rarely by much. */
bool
holder_find(struct holder *h, const struct peer_socket *socket)
{
	unsigned looks = LOOKS;
	char wanted[LINK_MAX_LEN];

	socket_name(wanted, socket);
	return find_among(true, h, wanted, &looks) || find_among(false, h, wanted, &looks);
}

bool
holder_has(const struct holder *h, const struct peer_socket *socket)
{
	char path[64], wanted[LINK_MAX_LEN];

	snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)h->pid, h->fd);
	socket_name(wanted, socket);
	return h->pid != 0 && holds(AT_FDCWD, path, wanted);
}
#endif
