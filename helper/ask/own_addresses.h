/* The addresses of this machine, which its clients may name for their data. Both the session and the
 * broker ask: who is refused by one alone would lose the session. */
#pragma once

#include <sys/socket.h>

#include "ftp/policy.h"

struct ftp_address address_of(const struct sockaddr_storage *); /* family 0: not of a machine */
void own_addresses(struct own_addresses *); /* once: the sandbox cannot */
