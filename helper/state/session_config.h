/* What a session machine has to know of the world around it. Pure. */
#pragma once

#include "ftp/policy.h"
#include "ftp/side.h"
#include "options/options.h"

struct session_count {  /* of a channel */
	uint64_t from[2];   /* bytes that came from that end and were handed to the other */
	uint64_t unsent[2]; /* ... still waiting in this machine's kernel towards that end */
};

struct session_config {
	enum server_mode mode;
	bool tls_pass;
	bool active_possible; /* can the FTP server reach a listener at the server end? */
	bool dials;           /* nobody forbids to dial the FTP server's data ports, or what of it */
	bool far[2];          /* which end goes through ssh */
	struct ftp_address client_peer; /* of the control connection; family 0 = not known */
	const struct own_addresses *own; /* as policy.h takes it */
	uint8_t family[2];       /* of each control connection: 4, 6, 0 = not known */
	/* What to tell the peer of a listening end, IPv4 and IPv6; family 0 = cannot. */
	struct ftp_address listen4[2], listen6[2];
	const char *server_name; /* for texts; must outlive the session */
	void (*count)(void *arg, unsigned channel, struct session_count *); /* NULL: all 0 */
	void (*trace)(void *arg, enum side from, const char *line, size_t len); /* may be NULL */
	/* The final reply of a transfer whose channel was closed before, or whose command was refused and
	 * left the channel as it was; may be NULL. */
	void (*answered)(void *arg, unsigned channel, int code, bool ended);
	void *arg;               /* of the functions above */
};
