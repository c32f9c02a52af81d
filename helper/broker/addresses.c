#include "broker/addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

struct ftp_address
address_of(const struct sockaddr_storage *ss)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;
	struct ftp_address a = { 0 };

	if (ss->ss_family == AF_INET) {
		a.family = 4;
		memcpy(a.bytes, &in->sin_addr, 4);
	} else if (ss->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		a.family = 4;
		memcpy(a.bytes, in6->sin6_addr.s6_addr + 12, 4);
	} else if (ss->ss_family == AF_INET6) {
		a.family = 6;
		memcpy(a.bytes, &in6->sin6_addr, 16);
	}
	return a;
}

static struct ftp_address
address_parse(const char *text)
{
	struct ftp_address a = { 0 };

	if (inet_pton(AF_INET, text, a.bytes) == 1)
		a.family = 4;
	else if (inet_pton(AF_INET6, text, a.bytes) == 1)
		a.family = 6;
	return a;
}

static bool
host_is_loopback(const char *host)
{
	struct ftp_address a = address_parse(host);

	return strcasecmp(host, "localhost") == 0 || ftp_address_is_loopback(&a);
}

static void
listen_addresses(struct session_config *c, enum side side, struct ftp_address a)
{
	struct ftp_address *at = a.family == 6 ? &c->listen6[side] : &c->listen4[side];

	if (a.family != 0)
		*at = a;
	if (ftp_address_is_loopback(&a) && side == CLIENT) /* PASV from ::1: near.c, listen_at() */
		c->listen4[side] = address_parse("127.0.0.1");
}

/* sshd's localhost listener answers on both loopbacks; FtpAdvertise names another. */
static void
describe_far(const struct broker_config *bc, struct session_config *c, enum side side)
{
	const char *advertise = bc->options->advertise;
	struct ftp_address target = address_parse(bc->ftp_host);

	c->far[side] = true;
	if (advertise[0] != '\0') {
		listen_addresses(c, side, address_parse(advertise));
		return;
	}
	/* a server that is known to be reached over one family takes no other */
	if (side == CLIENT || target.family != 6)
		c->listen4[side] = address_parse("127.0.0.1");
	if (side == CLIENT || target.family != 4)
		c->listen6[side] = address_parse("::1");
}

static void
describe_near(const struct broker_config *bc, const struct sockaddr_storage *at,
    struct session_config *c, enum side side)
{
	struct ftp_address local = address_of(at);

	c->far[side] = false;
	if (local.family == 0)
		local = address_parse("127.0.0.1");
	if (side == CLIENT && bc->relay && bc->options->advertise[0] != '\0' &&
	    !ftp_address_is_loopback(&local))
		local = address_parse(bc->options->advertise);
	listen_addresses(c, side, local);
	c->family[side] = local.family;
}

void
addresses_describe(const struct broker_config *bc, const struct sockaddr_storage *server_local,
    struct session_config *c)
{
	c->client_peer = address_of(&bc->client_peer);
	describe_far(bc, c, bc->remote ? CLIENT : SERVER);
	if (bc->remote)
		describe_near(bc, server_local, c, SERVER);
	else
		describe_near(bc, &bc->client_local, c, CLIENT);
	c->active_possible = bc->remote || host_is_loopback(bc->ftp_host) ||
	    bc->options->advertise[0] != '\0';
}

void
own_addresses(struct own_addresses *own)
{
	struct ifaddrs *all;

	own->count = 0;
	if (getifaddrs(&all) == -1)
		return;
	for (struct ifaddrs *i = all; i != NULL && own->count < OWN_ADDRESSES_MAX; i = i->ifa_next) {
		struct sockaddr_storage ss = { 0 };

		if (i->ifa_addr == NULL)
			continue;
		if (i->ifa_addr->sa_family == AF_INET)
			memcpy(&ss, i->ifa_addr, sizeof(struct sockaddr_in));
		else if (i->ifa_addr->sa_family == AF_INET6)
			memcpy(&ss, i->ifa_addr, sizeof(struct sockaddr_in6));
		else
			continue;
		own->at[own->count++] = address_of(&ss);
	}
	freeifaddrs(all);
}

static bool
own_address(const struct own_addresses *own, const struct ftp_address *a)
{
	for (size_t i = 0; i < own->count; i++)
		if (ftp_address_same_host(&own->at[i], a))
			return true;
	return false;
}

bool
own_client_address(const struct own_addresses *own, const struct ftp_address *peer, bool far,
    const struct ftp_address *a)
{
	if (far || a->family == 0)
		return false;
	if (peer->family != 0 && !ftp_address_is_loopback(peer) && !own_address(own, peer))
		return false;
	return own_address(own, a);
}
