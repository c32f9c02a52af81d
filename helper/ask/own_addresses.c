#include "ask/own_addresses.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

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
