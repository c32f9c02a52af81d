/* Ask the system who owns the socket at the other end of a connection, and which process has it.
 * Each system has a file of its own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/compat.h"

struct peer_socket {
	uid_t uid;
	uint64_t id; /* the system's, for holder_find(); 0: no process has it any more */
};

/* Find the connected TCP socket of this machine whose own address is peer and whose other end is
 * local: whose is it, or was it? False when that cannot be told. */
bool peer_owner(const struct sockaddr_storage *peer, const struct sockaddr_storage *local,
    struct peer_socket *);

/* On Linux all questions need one descriptor: it is opened by the first, or by this, and stays. */
#ifdef ON_LINUX
void peer_owner_open(void);
#else
#define peer_owner_open() ((void)0)
#endif

struct holder {
	pid_t pid; /* 0 = nobody */
	int fd;    /* the descriptor that it has it by */
};

/* A process that has the socket. Those a little older than our own are looked at first, and not all
 * where there are very many. */
bool holder_find(struct holder *, const struct peer_socket *);
/* Does that process still have the socket, by the same descriptor? */
bool holder_has(const struct holder *, const struct peer_socket *);
