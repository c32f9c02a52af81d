/* Ask the kernel who owns the socket at the other end; one file for each system. */
#ifndef PEER_OWNER_H
#define PEER_OWNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#if defined(__linux__) && !defined(NO_SOCK_DIAG)
#define PEER_SOCK_DIAG
#endif

struct peer_socket {
	uid_t uid;
	uint32_t inode; /* as in the "socket:[inode]" of /proc/PID/fd; 0: no process has it any more */
};

/* This machine's connected TCP socket whose own address is peer and whose other end is local,
 * and whose it is, or was. False when that cannot be told. */
bool peer_owner(const struct sockaddr_storage *peer, const struct sockaddr_storage *local,
    struct peer_socket *);

/* The one descriptor that all questions need is opened by the first, or by this; it stays. */
void peer_owner_open(void);

#endif
