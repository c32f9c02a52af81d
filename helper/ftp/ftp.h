/* FTP's words: commands, replies and the addresses in them, read and written. Pure.
 *
 * RFC 959 (PORT, PASV, replies), RFC 2428 (EPRT, EPSV), RFC 1639 (LPRT, LPSV),
 * RFC 2389 (FEAT), RFC 3659 (MLSD), RFC 2228/4217 (AUTH and what belongs to it).
 * Text is a pointer and a length; it need not be NUL-terminated. */
#ifndef FTP_H
#define FTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

bool ftp_code_is_passive(int code); /* 227, 228, 229 */

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

#endif
