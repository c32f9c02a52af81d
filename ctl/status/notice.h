/* What a session finds out and the user should be told, once: the helper's session process sees
 * it; the tunnel, who knows more about it, says it. Without a tunnel the helper does. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "status/status_records.h"

enum notice {
	NOTICE_NONE,
	NOTICE_NO_SERVER, /* the server's side has ended without a greeting */
	NOTICE_SILENT,    /* no greeting, and no end either */
	NOTICE_TLS,       /* the server wants TLS before the login */
	NOTICE_NO_MASTER, /* the ControlMaster is gone, and nobody has said anything yet: the client is
			   * handed back for another one */
	NOTICE_DELAY,     /* sshd holds the small packets of this connection back */
	NOTICE_DIALS,     /* no message: data ports can be dialled, later sessions need not find out */
	NOTICE_COUNT
};

/* Over the status socket of a helper, a record STATUS_NOTICE by itself. why: "" = nothing is known.
 * client: the control connection goes along with it, -1 = none. -1 when it cannot be sent. */
#define NOTICE_MAX sizeof(((struct status_notice *)0)->why)
int notice_send(int status_fd, enum notice, const char *why, int client);
/* Is the packet one? why is printable then. */
bool notice_get(const void *packet, size_t len, enum notice *, char why[NOTICE_MAX]);

/* The message. destination: the ssh server, "" = the FTP server is on this side. */
struct notice_about {
	const char *server, *destination, *why;
	bool t_names_another; /* the server is that of -t */
	bool sftp;            /* the ssh server has it, which is said */
};
char *notice_text(char *dst, size_t size, enum notice, const struct notice_about *);
