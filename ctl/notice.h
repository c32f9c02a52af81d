/* What a session finds out and the user should be told, once: the helper's session process sees
 * it; the tunnel, who knows more about it, says it. Without a tunnel the helper does. */
#ifndef NOTICE_H
#define NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum notice {
	NOTICE_NONE,
	NOTICE_NO_SERVER, /* the server's side has ended without a greeting */
	NOTICE_SILENT,    /* no greeting, and no end either */
	NOTICE_TLS,       /* the server wants TLS before the login */
	NOTICE_COUNT
};

/* Over the status socket of a helper: that number as a byte, and why (may be nothing). No other
 * packet there begins with a byte that is not 0. false: it is none, or not a known one. */
#define NOTICE_MAX 256
size_t notice_put(uint8_t packet[NOTICE_MAX], enum notice, const char *why);
bool notice_get(const void *packet, size_t len, enum notice *, char why[NOTICE_MAX]);

/* The message. destination: the ssh server, "" = the FTP server is on this side. */
struct notice_about {
	const char *server, *destination, *why;
	bool t_names_another; /* the server is that of -t */
	bool sftp;            /* is to be had on that ssh server */
};
char *notice_text(char *dst, size_t size, enum notice, const struct notice_about *);

#endif
