/* Addresses of a session's ends: what they are, and what the peers are told. */
#ifndef ADDRESSES_H
#define ADDRESSES_H

#include <sys/socket.h>

#include "broker/broker.h"
#include "ftp/address.h"

struct ftp_address address_of(const struct sockaddr_storage *); /* family 0: not of a machine */
/* What the session has to know about its ends; server_local: of a near server's connection. */
void addresses_describe(const struct broker_config *, const struct sockaddr_storage *server_local,
    struct session_config *);
/* The addresses of this machine, asked for once: the sandbox cannot. */
#define OWN_ADDRESSES_MAX 64

struct own_addresses {
	size_t count;
	struct ftp_address at[OWN_ADDRESSES_MAX];
};

void own_addresses(struct own_addresses *);
/* May a client with that peer address, being of this machine itself, name that one for its data?
 * Both the session and the broker ask: who is refused by one alone would lose the session. */
bool own_client_address(const struct own_addresses *, const struct ftp_address *peer, bool far,
    const struct ftp_address *);

#endif
