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

/* Connections of this machine by what the system has (peer_owner.h), unix sockets by getpeereid(3).
 * The owner of a socket that no process has any more is UNKNOWN where it would read as root. */
enum peer_result peer_uid(int fd, uid_t *uid);
/* For messages: the name of a user, or else his number. */
#define PEER_NAME_MAX 40
char *peer_name(char dst[PEER_NAME_MAX], uid_t);

/* Every address as 16 bytes, IPv4 as v4-mapped. False for another family. */
bool addr_bytes(const struct sockaddr *, unsigned char bytes[16]);
in_port_t addr_port(const struct sockaddr *); /* in network order */
void addr_set_port(struct sockaddr *, in_port_t);

/* A v4-mapped IPv6 address counts as IPv4. Only addr_is_end() compares ports. */
bool addr_is_loopback(const struct sockaddr *);
bool addr_same_host(const struct sockaddr *, const struct sockaddr *);
/* Is it the end of a connection that a system describes by a port, in network order, and 16 bytes?
 * The last four of them are the address of an IPv4 connection (v4). */
bool addr_is_end(const struct sockaddr_storage *, in_port_t port, const void *address, bool v4);
/* Is it an address of this machine? if_unknown is the answer when the system does not tell them. */
bool addr_is_own(const struct sockaddr *, bool if_unknown);
/* Is peer, at the other end of a connection to local, on this machine? Yes where it may be. */
bool addr_is_here(const struct sockaddr *peer, const struct sockaddr *local);
