/* The addresses in FTP's words, read and written. Pure.
 *
 * RFC 959 (PORT, PASV), RFC 2428 (EPRT, EPSV), RFC 1639 (LPRT, LPSV).
 * Text is a pointer and a length; it need not be NUL-terminated. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ftp/command.h"

#define FTP_PORT_MIN 1024 /* no data connection to a system service */

struct ftp_address {
	uint8_t family;    /* 4, 6, or 0 = none (only the port counts) */
	uint8_t bytes[16]; /* network order */
	uint16_t port;     /* host order */
};

bool ftp_address_is_loopback(const struct ftp_address *);
bool ftp_address_same_host(const struct ftp_address *, const struct ftp_address *);

/* Arguments of PORT, EPRT and LPRT. 0, or the reply code that they deserve: 501 for
 * syntax, 522 (EPRT) or 521 (LPRT) for a family that we do not know. Any port but 0
 * is taken: policy is not the parser's. */
int ftp_parse_active(enum ftp_verb, const char *arg, size_t len, struct ftp_address *);

#define FTP_PASSIVE_IPV6 (-2)

/* The data port in a passive reply's text (all lines of it, without codes): 227, 228
 * or 229. -1 when it holds none, a malformed one, two different ones or a port < 1024;
 * FTP_PASSIVE_IPV6 when it names an IPv6 address in place of one: another command may do.
 * An IPv4 address that is none (999,0,0,1) is 255.255.255.255, which nobody can dial. */
int ftp_parse_passive(int code, const char *text, size_t len, struct ftp_address *);

/* "PORT h,h,h,h,p,p", "EPRT |2|::1|p|" or "LPRT ..."; and the canonical, one-line
 * replies 227, 229, 228. No line end. Returns the length; 0 when the verb cannot say
 * that address or it does not fit. */
size_t ftp_format_active(char *dst, size_t size, enum ftp_verb, const struct ftp_address *);
size_t ftp_format_passive(char *dst, size_t size, enum ftp_verb, const struct ftp_address *);
