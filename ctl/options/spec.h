/* What the command line names: -L and -R specs, hosts with ports, destinations,
 * tokens in a client's arguments. Pure. Each returns 0, or -1 with a message in why
 * that quotes the bad input and says what is expected. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPEC_HOST_MAX 256
#define FTP_PORT 21

struct hostport {
	char host[SPEC_HOST_MAX]; /* without brackets */
	uint16_t port;
};

/* [ftp/][bind_address:]port:host:hostport; IPv6 addresses in brackets; listen.port may
 * be 0 (choose one), host port may not. listen.host is "" when no bind_address was
 * given and "*" when it was "*" or empty (":port:..."), as in ssh. */
struct tunnel_spec {
	struct hostport listen, target;
};

int spec_parse(struct tunnel_spec *, const char *text, char *why, size_t why_size);

/* The next LocalForward or RemoteForward of what `ssh -G` printed (keyword: "localforward" or
 * "remoteforward") that leads to an FTP server, to port 21: it becomes an FTP tunnel. Where to go on
 * looking, NULL when there is none. */
const char *config_forwards_next(const char *config, const char *keyword, struct tunnel_spec *);

/* Does this bind address of -R let other hosts in? A name is looked up by the ssh server. */
bool bind_is_open_far(const char *host);

/* host[:port], [v6]:port, bare v6 without a port; no port = default_port; default_port 0
 * = a port is required. */
int hostport_parse(struct hostport *, const char *text, uint16_t default_port,
    char *why, size_t why_size);

/* host:port with brackets where host is an IPv6 address; "" is localhost. Returns dst. */
char *hostport_format(char *dst, size_t size, const char *host, uint16_t port);

/* Refuses an empty destination and one whose user or host begins with '-' (also in
 * ssh:// form). */
int destination_check(const char *destination, char *why, size_t why_size);

/* Expand %h (address), %p (port), %u (ftp://user@address:port, brackets for IPv6), %U (user), %%
 * in one argument; any other %x stays as it is. malloc'ed; NULL when out of memory. */
struct tokens {
	const char *host;
	uint16_t port;
	const char *user; /* NULL: none is known; %U is nothing, and %u begins with the address */
};
char *token_expand(const char *argument, const struct tokens *);

/* Does the argument contain %h, %p or %u? */
int token_present(const char *argument);
