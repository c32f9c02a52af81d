/* The addresses of this machine, which its clients may name for their data. Both the session and the
 * broker ask: who is refused by one alone would lose the session. */
#pragma once

#include <sys/socket.h>

#include "ftp/address.h"

#define OWN_ADDRESSES_MAX 64

struct own_addresses {
	size_t count;
	struct ftp_address at[OWN_ADDRESSES_MAX];
};

struct ftp_address address_of(const struct sockaddr_storage *); /* family 0: not of a machine */
void own_addresses(struct own_addresses *); /* once: the sandbox cannot */
/* May a client with that peer address, being of this machine itself, name that one? */
bool own_client_address(const struct own_addresses *, const struct ftp_address *peer, bool far,
    const struct ftp_address *);
