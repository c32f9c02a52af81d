/* Who may be connected to whom (contrib/SECURITY.md). Pure. The session asks it for good
 * replies; the broker asks it again and decides. */
#pragma once

#include "ftp/address.h"
#include "options/options.h"

#define OWN_ADDRESSES_MAX 64

struct own_addresses { /* of this machine */
	size_t count;
	struct ftp_address at[OWN_ADDRESSES_MAX];
};

/* PORT, EPRT, LPRT: only the control peer's own address, or loopback where the peer is on
 * loopback or not known (family 0); no system port (RFC 2577, CVE-1999-0017). A client that is itself of
 * this machine may name any address of it; own is NULL where the client is at the other side of ssh. */
bool policy_active_allowed(const struct ftp_address *client_peer, const struct own_addresses *own,
    const struct ftp_address *);

/* A passive reply's address: which host is dialled (CVE-2020-8284)? host is where the
 * control connection goes; buf may hold the answer. NULL: not allowed. */
const char *policy_passive_host(const struct ftp_options *, const char *host,
    const struct ftp_address *, char *buf, size_t size);
