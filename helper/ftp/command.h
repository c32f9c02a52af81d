/* FTP as bytes: here its commands, beside lines, replies and addresses. Pure.
 *
 * RFC 959, RFC 2428 (EPRT, EPSV), RFC 1639 (LPRT, LPSV), RFC 3659 (MLSD), RFC 2228/4217 (AUTH and
 * what belongs to it). Text is a pointer and a length; it need not be NUL-terminated. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/digits.h"

enum ftp_verb {
	FTP_OTHER, /* passed on as it is */
	FTP_PASV, FTP_EPSV, FTP_LPSV,          /* the client wants to connect */
	FTP_PORT, FTP_EPRT, FTP_LPRT,          /* the client listens */
	FTP_RETR, FTP_LIST,                    /* data from the server */
	FTP_STOR,                              /* data to the server (STOU, APPE too) */
	FTP_ABOR, FTP_QUIT, FTP_FEAT, FTP_USER, FTP_REIN,
	FTP_TYPE, FTP_MODE, FTP_STRU,          /* how data are to be read */
	FTP_REST,                              /* a part of a file (RANG too) */
	FTP_SECURE,                            /* AUTH and its kin */
	FTP_AUTH, FTP_FXP_SECURE               /* AUTH; CPSV and SSCN */
};

struct ftp_command {
	enum ftp_verb verb;
	size_t name_len;  /* the verb as it was typed is the line's first name_len bytes */
	const char *arg;  /* after the verb and one or more blanks; "" when there is none */
	size_t arg_len;
};

/* Leading blanks are not accepted as part of a command; an unknown verb is FTP_OTHER.
 * -1 when the line has no usable verb (empty, or bytes that are no letters, digits or
 * '@' '-' '_' before the first blank). */
int ftp_command_parse(struct ftp_command *, const char *line, size_t len);
/* Letter case and blanks at the end do not count; "" = no argument. */
bool ftp_argument_is(const struct ftp_command *, const char *word);
bool ftp_is_http(const char *line, size_t len);

bool ftp_is_verb_char(char);
