#include "ftp/policy.h"

#include <arpa/inet.h>
#include <string.h>

static bool
is_own(const struct own_addresses *own, const struct ftp_address *a)
{
	for (size_t i = 0; i < own->count; i++)
		if (ftp_address_same_host(&own->at[i], a))
			return true;
	return false;
}

bool
policy_active_allowed(const struct ftp_address *peer, const struct own_addresses *own,
    const struct ftp_address *a)
{
	bool loops = peer->family == 0 || ftp_address_is_loopback(peer);

	if (a->family == 0 || a->port < FTP_PORT_MIN)
		return false;
	if ((loops && ftp_address_is_loopback(a)) || ftp_address_same_host(a, peer))
		return true;
	return own != NULL && (loops || is_own(own, peer)) && is_own(own, a);
}

const char *
policy_passive_host(const struct ftp_options *options, const char *host,
    const struct ftp_address *a, char *buf, size_t size)
{
	static const uint8_t zero[16];

	if (a->port < FTP_PORT_MIN)
		return NULL;
	if (options->passive_address == PASSIVE_ADDR)
		return options->passive_addr;
	if (options->passive_address == PASSIVE_CONTROL || a->family == 0 ||
	    memcmp(a->bytes, zero, a->family == 4 ? 4 : 16) == 0)
		return host;
	return inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, buf, (socklen_t)size);
}
