#include "ftp/command.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	enum ftp_verb verb;
} verbs[] = {
	{ "PASV", FTP_PASV }, { "P@SW", FTP_PASV }, { "EPSV", FTP_EPSV }, { "LPSV", FTP_LPSV },
	{ "PORT", FTP_PORT }, { "EPRT", FTP_EPRT }, { "LPRT", FTP_LPRT },
	{ "RETR", FTP_RETR }, { "LIST", FTP_LIST }, { "NLST", FTP_LIST }, { "MLSD", FTP_LIST },
	{ "XNLS", FTP_LIST },
	{ "STOR", FTP_STOR }, { "STOU", FTP_STOR }, { "APPE", FTP_STOR },
	{ "ABOR", FTP_ABOR }, { "QUIT", FTP_QUIT }, { "FEAT", FTP_FEAT },
	{ "USER", FTP_USER }, { "REIN", FTP_REIN },
	{ "TYPE", FTP_TYPE }, { "MODE", FTP_MODE }, { "STRU", FTP_STRU },
	{ "REST", FTP_REST }, { "RANG", FTP_REST },
	{ "AUTH", FTP_AUTH }, { "ADAT", FTP_SECURE }, { "PBSZ", FTP_SECURE },
	{ "PROT", FTP_SECURE }, { "CCC", FTP_SECURE }, { "MIC", FTP_SECURE },
	{ "CONF", FTP_SECURE }, { "ENC", FTP_SECURE },
	{ "CPSV", FTP_FXP_SECURE }, { "SSCN", FTP_FXP_SECURE },
};

static const char *const http_verbs[] = {
	"GET", "POST", "HEAD", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI",
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
ftp_is_verb_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) ||
	    c == '@' || c == '-' || c == '_';
}

static bool
word_is(const char *word, size_t len, const char *name)
{
	return strlen(name) == len && strncasecmp(word, name, len) == 0;
}

int
ftp_command_parse(struct ftp_command *c, const char *line, size_t len)
{
	size_t n = 0, a;

	while (n < len && ftp_is_verb_char(line[n]))
		n++;
	if (n == 0 || (n < len && !is_blank(line[n])))
		return -1;
	for (a = n; a < len && is_blank(line[a]); a++)
		;
	*c = (struct ftp_command){ FTP_OTHER, n, line + a, len - a };
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (word_is(line, n, verbs[i].name))
			c->verb = verbs[i].verb;
	return 0;
}

bool
ftp_argument_is(const struct ftp_command *c, const char *word)
{
	size_t len = c->arg_len;

	while (len > 0 && is_blank(c->arg[len - 1]))
		len--;
	return word_is(c->arg, len, word);
}

bool
ftp_is_http(const char *line, size_t len)
{
	static const char version[] = " HTTP/";
	size_t n = 0;

	while (n < len && ftp_is_verb_char(line[n]))
		n++;
	for (size_t i = 0; i < sizeof(http_verbs) / sizeof(http_verbs[0]); i++)
		if (word_is(line, n, http_verbs[i]))
			return true;
	/* "PROPFIND / HTTP/1.1": the verbs are many, the end of a request's first line is one */
	while (len > 0 && (is_digit(line[len - 1]) || line[len - 1] == '.'))
		len--;
	n = strlen(version);
	return len > n && strncasecmp(line + len - n, version, n) == 0;
}
