/* What the session has to know about its ends: what they are, and what the peers are told. */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <string.h>
#include <strings.h>

#include "broker/broker_private.h"

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

void
own_addresses(struct own_addresses *own)
{
	struct ifaddrs *all;

	own->count = 0;
	if (getifaddrs(&all) == -1)
		return;
	for (struct ifaddrs *i = all; i != NULL && own->count < OWN_ADDRESSES_MAX; i = i->ifa_next) {
		/* it is as long as its family is */
		const struct sockaddr_storage *ss = (const void *)i->ifa_addr;

		if (ss != NULL && (own->at[own->count] = address_of(ss)).family != 0)
			own->count++;
	}
	freeifaddrs(all);
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

bool
host_is_loopback(const char *host)
{
	struct ftp_address a = address_parse(host);

	return strcasecmp(host, "localhost") == 0 || ftp_address_is_loopback(&a);
}

static bool
active_possible(const struct broker_config *bc)
{
	return bc->remote || host_is_loopback(bc->ftp_host) || bc->options->advertise[0] != '\0';
}

bool
broker_trusts(const struct broker_config *bc)
{
	return bc->dials || bc->remote || bc->options->server_mode != MODE_AUTO || !active_possible(bc);
}

static void
listen_addresses(struct session_config *c, enum side side, struct ftp_address a)
{
	struct ftp_address *at = a.family == 6 ? &c->listen6[side] : &c->listen4[side];

	if (a.family != 0)
		*at = a;
	if (a.family == 6 && ftp_address_is_loopback(&a) && side == CLIENT) /* near_port.c, listen_at() */
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

	if (local.family == 0)
		local = address_parse("127.0.0.1");
	if (side == CLIENT && bc->relay && bc->options->advertise[0] != '\0' &&
	    !ftp_address_is_loopback(&local))
		local = address_parse(bc->options->advertise);
	listen_addresses(c, side, local);
	c->family[side] = local.family;
}

void
broker_describe(const struct broker *b, struct session_config *c)
{
	const struct broker_config *bc = b->config;

	c->mode = bc->options->server_mode;
	c->dials = broker_trusts(bc);
	c->tls_pass = bc->options->tls_pass;
	c->client_peer = b->client_peer;
	c->own = bc->remote ? NULL : bc->own;
	describe_far(bc, c, bc->remote ? CLIENT : SERVER);
	if (bc->remote)
		describe_near(bc, &b->server_local, c, SERVER);
	else
		describe_near(bc, &bc->client_local, c, CLIENT);
	c->active_possible = active_possible(bc);
}
