/* Who owns the other end of a connected socket on this machine? */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

enum peer_result {
	PEER_KNOWN,   /* *uid is the owner of the peer's socket */
	PEER_UNKNOWN, /* same machine, but no owner can be told (already closed, no kernel help) */
	PEER_REMOTE   /* not on this machine */
};

/* Linux: loopback and own addresses by sock_diag (an orphaned socket, inode 0, is
 * UNKNOWN: it would read as root); unix sockets by SO_PEERCRED / getpeereid(). */
enum peer_result peer_uid(int fd, uid_t *uid);
/* For messages: its name, or else its number. */
#define PEER_NAME_MAX 40
char *peer_name(char dst[PEER_NAME_MAX], uid_t);

in_port_t addr_port(const struct sockaddr *); /* in network order */
void addr_set_port(struct sockaddr *, in_port_t);

/* Address helpers: v4-mapped IPv6 counts as IPv4. Ports are not compared, but for addr_is_end(). */
bool addr_is_loopback(const struct sockaddr *);
bool addr_same_host(const struct sockaddr *, const struct sockaddr *);
/* Is that one end of a connection, which the system has as a port (in network order) and 16 bytes? Where
 * it is an IPv4 one (v4), the last four of them. */
bool addr_is_end(const struct sockaddr_storage *, in_port_t port, const void *address, bool v4);
/* Is that an address of this machine's? if_unknown is the answer when the system does not tell. */
bool addr_is_own(const struct sockaddr *, bool if_unknown);
/* Is peer, at the other end of a connection to local, on this machine? Yes where it may be. */
bool addr_is_here(const struct sockaddr *peer, const struct sockaddr *local);
