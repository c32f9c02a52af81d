/* Replies: read, and made such that no client sees another one in them. Pure.
 *
 * RFC 959 4.2, RFC 2389 (FEAT). Lines have no end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line of a reply stream. *open is the code of a multi-line reply under way (0 =
 * none) and is the caller's memory from line to line. */
enum ftp_reply_line {
	REPLY_FINAL, /* the last (or only) line of a reply; *code set */
	REPLY_FIRST, /* the first of several; *code set */
	REPLY_INNER, /* in the middle */
	REPLY_JUNK   /* no reply at all */
};
enum ftp_reply_line ftp_reply_parse(const char *line, size_t len, int *open, int *code);

/* Is this line of a FEAT reply one that must not be advertised (AUTH, ...)? */
bool ftp_feature_hidden(const char *line, size_t len);

/* "530 Non-anonymous sessions must use encryption.", "550 SSL/TLS required on the control channel",
 * "534 Policy requires SSL.", "421 Sorry, cleartext sessions are not accepted" */
bool ftp_reply_wants_tls(const char *line, size_t len);

/* "150 Opening BINARY mode data connection for f (1048576 bytes).": how many, by the last such word, for
 * a name may have one; 0 = it does not say */
uint64_t ftp_reply_bytes(const char *text, size_t len);

/* Clients differ in where they see the end of a reply (some take any "ddd " for one, or any
 * three digits), so within one and between two nothing may look like one that names a port: it would
 * lead out of the tunnel (VU#328867). Blanks in front do that. Returns how many; open as above. */
size_t ftp_reply_pad(int open, enum ftp_reply_line, const char *line, size_t len);
/* Some clients (Python's is one) end a line at a bare CR: none that names a port may begin behind it. */
void ftp_reply_join(char *line, size_t len);
