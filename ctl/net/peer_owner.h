/* Ask the system who owns the socket at the other end, and which process has it; one file for each
 * system. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/compat.h"

#ifdef ON_LINUX
#define PEER_SOCK_DIAG
#elif defined(__APPLE__)
#define PEER_LIBPROC
#elif defined(__FreeBSD__)
#define PEER_PCBLIST
#elif defined(__OpenBSD__)
#define PEER_IDENT
#else
#define PEER_UNTOLD
#endif

struct peer_socket {
	uid_t uid;
	uint64_t id; /* the system's own, for holder_find(); 0: no process has it any more */
};

/* This machine's connected TCP socket whose own address is peer and whose other end is local,
 * and whose it is, or was. False when that cannot be told. */
bool peer_owner(const struct sockaddr_storage *peer, const struct sockaddr_storage *local,
    struct peer_socket *);

/* The one descriptor that all questions need on Linux is opened by the first, or by this; it stays. */
#ifdef PEER_SOCK_DIAG
void peer_owner_open(void);
#else
#define peer_owner_open() ((void)0)
#endif

struct holder {
	pid_t pid; /* 0 = nobody */
	int fd;    /* by this number */
};

/* A process that has the socket. First those are looked at that are a little older than our own, and not
 * without end. */
bool holder_find(struct holder *, const struct peer_socket *);
/* Has it the socket still, by that number? */
bool holder_has(const struct holder *, const struct peer_socket *);
