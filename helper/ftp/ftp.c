#include "ftp/ftp.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PORT_MIN 1024 /* no data connection to a system service */

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
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Of a file's name blanks at the end may be a part; of a number or a keyword they are not. */
static size_t
without_blanks(const char *arg, size_t len)
{
	while (len > 0 && is_blank(arg[len - 1]))
		len--;
	return len;
}

static bool
is_verb_char(char c)
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

	while (n < len && is_verb_char(line[n]))
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
	return word_is(c->arg, without_blanks(c->arg, c->arg_len), word);
}

/* "PROPFIND / HTTP/1.1": the verbs are many, the end of a request's first line is one. */
static bool
ends_in_http(const char *line, size_t len)
{
	static const char version[] = " HTTP/";
	size_t n = strlen(version);

	while (len > 0 && (is_digit(line[len - 1]) || line[len - 1] == '.'))
		len--;
	return len > n && strncasecmp(line + len - n, version, n) == 0;
}

bool
ftp_is_http(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && is_verb_char(line[n]))
		n++;
	for (size_t i = 0; i < sizeof(http_verbs) / sizeof(http_verbs[0]); i++)
		if (word_is(line, n, http_verbs[i]))
			return true;
	return ends_in_http(line, len);
}

/* ---- lists of numbers: 1,2,3,4,5,6 ---- */

#define LIST_MAX 21 /* the longest is 228's 6,16,h*16,2,p,p */

/* Read up to LIST_MAX + 1 numbers with commas between them at *p. With blanks set,
 * blanks may follow a comma. Returns how many; a number over 255 counts as 256. */
static int
list_read(const char **p, const char *end, bool blanks, unsigned *list)
{
	const char *q = *p, *next;
	int n = 0;

	for (;;) {
		unsigned v = 0;
		int digits = 0;

		for (; q < end && is_digit(*q); q++, digits++)
			v = v * 10 + (unsigned)(*q - '0') > 255 ? 256 : v * 10 + (unsigned)(*q - '0');
		if (digits == 0)
			break;
		if (n <= LIST_MAX)
			list[n < LIST_MAX ? n : LIST_MAX] = v;
		n++;
		*p = q;
		if (q == end || *q != ',')
			break;
		for (next = q + 1; blanks && next < end && *next == ' '; next++)
			;
		q = next;
	}
	return n;
}

static int
list_check(const unsigned *list, int n)
{
	for (int i = 0; i < n; i++)
		if (list[i] > 255)
			return -1;
	return 0;
}

/* h,h,h,h,p,p; in a reply the host may be none, for only the port counts. */
static int
list_short(const unsigned *list, int n, bool reply, struct ftp_address *a)
{
	bool host = n == 6 && list_check(list, 4) == 0;

	if (n != 6 || list_check(list + 4, 2) == -1 || !(host || reply))
		return 501;
	memset(a, 0, sizeof(*a));
	a->family = 4;
	for (int i = 0; i < 4; i++)
		a->bytes[i] = host ? (uint8_t)list[i] : 255;
	a->port = (uint16_t)(list[4] << 8 | list[5]);
	return a->port == 0 ? 501 : 0;
}

/* RFC 1639: family, address length, address, port length (2), port */
static int
list_long(const unsigned *list, int n, struct ftp_address *a)
{
	int alen = n - 5;

	if (n < 5 || n > LIST_MAX || list_check(list, n) == -1)
		return 501;
	if (!(list[0] == 4 && list[1] == 4) && !(list[0] == 6 && list[1] == 16))
		return 521;
	if ((int)list[1] != alen || list[2 + alen] != 2)
		return 501;
	memset(a, 0, sizeof(*a));
	a->family = (uint8_t)list[0];
	for (int i = 0; i < alen; i++)
		a->bytes[i] = (uint8_t)list[2 + i];
	a->port = (uint16_t)(list[3 + alen] << 8 | list[4 + alen]);
	return a->port == 0 ? 501 : 0;
}

/* ---- arguments of PORT, EPRT, LPRT ---- */

static bool
all_digits(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_digit(p[i]))
			return false;
	return true;
}

/* Decimal, no sign, 1..65535; 0 otherwise. */
static uint16_t
port_read(const char *p, size_t len)
{
	unsigned v = 0;

	if (len == 0 || len > 5 || !all_digits(p, len))
		return 0;
	for (size_t i = 0; i < len; i++)
		v = v * 10 + (unsigned)(p[i] - '0');
	return v > 65535 ? 0 : (uint16_t)v;
}

/* Split "|f1|f2|f3|" at its own first byte; 0 when it is exactly that. */
static int
split_delimited(const char *p, size_t len, const char *field[3], size_t flen[3])
{
	const char *end = p + len, *q;
	char d;

	if (len < 4 || p[0] < 33 || p[0] > 126 || is_digit(p[0]))
		return -1;
	d = *p++;
	for (int i = 0; i < 3; i++) {
		if ((q = memchr(p, d, (size_t)(end - p))) == NULL)
			return -1;
		field[i] = p;
		flen[i] = (size_t)(q - p);
		p = q + 1;
	}
	return p == end ? 0 : -1;
}

static int
parse_eprt(const char *arg, size_t len, struct ftp_address *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const char *field[3];
	size_t flen[3];
	char text[INET6_ADDRSTRLEN];

	if (split_delimited(arg, len, field, flen) == -1)
		return 501;
	if (flen[0] != 1 || (*field[0] != '1' && *field[0] != '2'))
		return flen[0] > 0 && all_digits(field[0], flen[0]) ? 522 : 501;
	if (flen[1] >= sizeof(text))
		return 501;
	memset(a, 0, sizeof(*a));
	memcpy(text, field[1], flen[1]);
	text[flen[1]] = '\0';
	if (memchr(text, '\0', flen[1]) != NULL)
		return 501;
	a->family = *field[0] == '1' ? 4 : 6;
	if (inet_pton(a->family == 4 ? AF_INET : AF_INET6, text, a->bytes) != 1)
		return 501;
	if (a->family == 6 && memcmp(a->bytes, mapped, sizeof(mapped)) == 0) {
		a->family = 4;
		memcpy(a->bytes, a->bytes + 12, 4);
		memset(a->bytes + 4, 0, 12);
	}
	a->port = port_read(field[2], flen[2]);
	return a->port == 0 ? 501 : 0;
}

int
ftp_parse_active(enum ftp_verb verb, const char *arg, size_t len, struct ftp_address *a)
{
	unsigned list[LIST_MAX + 1];
	const char *p = arg;
	int n;

	len = without_blanks(arg, len);
	if (verb == FTP_EPRT)
		return parse_eprt(arg, len, a);
	n = list_read(&p, arg + len, false, list);
	if (p != arg + len)
		return 501;
	return verb == FTP_PORT ? list_short(list, n, false, a) : list_long(list, n, a);
}

/* ---- addresses ---- */

bool
ftp_address_is_loopback(const struct ftp_address *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	return a->family == 4 ? a->bytes[0] == 127 :
				a->family == 6 && memcmp(a->bytes, one, sizeof(one)) == 0;
}

bool
ftp_address_same_host(const struct ftp_address *a, const struct ftp_address *b)
{
	return a->family != 0 && a->family == b->family &&
	    memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}

/* ---- passive replies ---- */

bool
ftp_code_is_passive(int code)
{
	return code >= 227 && code <= 229;
}

/* Take a found address over: a second one must be the same. */
static int
found_add(struct ftp_address *a, const struct ftp_address *new, int *found)
{
	bool same = a->port == new->port &&
	    (new->family == 0 || ftp_address_same_host(a, new));

	if (new->port < PORT_MIN || (*found > 0 && !same))
		return -1;
	*a = *new;
	(*found)++;
	return 0;
}

/* Is the list at p..q a piece of something longer, or signed? */
static bool
list_is_torn(const char *text, const char *p, const char *q, const char *end)
{
	const char *before = p;

	while (before > text && before[-1] == ' ')
		before--;
	if (before > text && before[-1] == ',')
		return true;
	if (p > text && strchr("+-.", p[-1]) != NULL && p[-1] != '\0')
		return true;
	if (q + 1 < end && *q == '.' && is_digit(q[1]))
		return true;
	if (q < end && (*q == '-' || *q == '+'))
		return true;
	while (q < end && *q == ' ')
		q++;
	return q < end && *q == ',';
}

/* A line in the middle of a reply may repeat its code ("227-"). */
static const char *
skip_code(const char *p, const char *end)
{
	bool coded = end - p > 3 && is_digit(p[0]) && is_digit(p[1]) && is_digit(p[2]) &&
	    p[3] == '-';

	return coded ? p + 4 : p;
}

static int
parse_list_reply(int code, const char *text, size_t len, struct ftp_address *a)
{
	const char *p = text, *end = text + len, *start;
	unsigned list[LIST_MAX + 1];
	struct ftp_address new;
	int n, found = 0, r;

	while (p < end) {
		if (!is_digit(*p)) {
			p++;
			if (p[-1] == '\n')
				p = text = skip_code(p, end);
			continue;
		}
		start = p;
		n = list_read(&p, end, true, list);
		if (n < 6) /* some other number in the text */
			continue;
		r = code == 227 ? list_short(list, n, true, &new) : list_long(list, n, &new);
		if (r != 0 || list_is_torn(text, start, p, end) || found_add(a, &new, &found) == -1)
			return -1;
	}
	return found > 0 ? 0 : -1;
}

/* At an opening parenthesis: "(|||port|)", the first two fields may be filled. */
static bool
match_229(const char *p, const char *end, struct ftp_address *a)
{
	const char *q;
	char d;

	memset(a, 0, sizeof(*a));
	if (end - p < 6)
		return false;
	d = p[1];
	if (d < 33 || d > 126 || is_digit(d))
		return false;
	p += 2;
	for (int field = 0; field < 3; field++) {
		size_t left = (size_t)(end - p);

		if ((q = memchr(p, d, left > 64 ? 64 : left)) == NULL)
			return false;
		if (field == 2)
			a->port = port_read(p, (size_t)(q - p));
		p = q + 1;
	}
	return a->port != 0 && p < end && *p == ')';
}

static int
parse_229(const char *text, size_t len, struct ftp_address *a)
{
	const char *end = text + len;
	struct ftp_address new;
	int found = 0;

	for (const char *p = text; p < end; p++)
		if (*p == '(' && match_229(p, end, &new) && found_add(a, &new, &found) == -1)
			return -1;
	return found > 0 ? 0 : -1;
}

/* Over IPv6 some servers answer PASV with a 227 in which (::1,p,p) stands, or (ProFTPD) what is
 * behind the last colon, (1,p,p). */
static bool
names_ipv6(const char *text, size_t len)
{
	int colons = 0, commas = 0;

	for (size_t i = 0; i < len; i++) {
		colons += text[i] == ':';
		commas += text[i] == ',';
	}
	return commas == 2 || colons > 1;
}

int
ftp_parse_passive(int code, const char *text, size_t len, struct ftp_address *a)
{
	int result;

	if (code == 229)
		return parse_229(text, len, a);
	result = parse_list_reply(code, text, len, a);
	return result != 0 && code == 227 && names_ipv6(text, len) ? FTP_PASSIVE_IPV6 : result;
}

/* ---- formatters ---- */

static size_t
fits(int n, size_t size)
{
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

static size_t
format_short(char *dst, size_t size, const char *head, const char *tail, const struct ftp_address *a)
{
	if (a->family != 4)
		return 0;
	return fits(snprintf(dst, size, "%s%u,%u,%u,%u,%u,%u%s", head, a->bytes[0], a->bytes[1],
	    a->bytes[2], a->bytes[3], a->port >> 8, a->port & 255, tail), size);
}

static size_t
format_long(char *dst, size_t size, const char *head, const char *tail, const struct ftp_address *a)
{
	int alen = a->family == 4 ? 4 : 16;
	char host[16 * 4 + 1] = "";

	if (a->family == 0)
		return 0;
	for (int i = 0; i < alen; i++)
		snprintf(host + strlen(host), sizeof(host) - strlen(host), "%u,", a->bytes[i]);
	return fits(snprintf(dst, size, "%s%u,%d,%s2,%u,%u%s", head, a->family, alen, host,
	    a->port >> 8, a->port & 255, tail), size);
}

static size_t
format_eprt(char *dst, size_t size, const struct ftp_address *a)
{
	char host[INET6_ADDRSTRLEN];

	if (a->family == 0 ||
	    inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, host, sizeof(host)) == NULL)
		return 0;
	return fits(snprintf(dst, size, "EPRT |%d|%s|%u|", a->family == 4 ? 1 : 2, host, a->port),
	    size);
}

size_t
ftp_format_active(char *dst, size_t size, enum ftp_verb verb, const struct ftp_address *a)
{
	switch (verb) {
	case FTP_PORT:
		return format_short(dst, size, "PORT ", "", a);
	case FTP_EPRT:
		return format_eprt(dst, size, a);
	case FTP_LPRT:
		return format_long(dst, size, "LPRT ", "", a);
	default:
		return 0;
	}
}

size_t
ftp_format_passive(char *dst, size_t size, enum ftp_verb verb, const struct ftp_address *a)
{
	switch (verb) {
	case FTP_PASV:
		return format_short(dst, size, "227 Entering Passive Mode (", ")", a);
	case FTP_LPSV:
		return format_long(dst, size, "228 Entering Long Passive Mode (", ")", a);
	case FTP_EPSV:
		return fits(snprintf(dst, size, "229 Entering Extended Passive Mode (|||%u|)", a->port),
		    size);
	default:
		return 0;
	}
}

/* ---- replies ---- */

enum ftp_reply_line
ftp_reply_parse(const char *line, size_t len, int *open, int *code)
{
	bool coded = len >= 3 && line[0] >= '1' && line[0] <= '6' && is_digit(line[1]) &&
	    is_digit(line[2]) &&
	    (len == 3 || line[3] == ' ' || line[3] == '-' || line[3] == '('); /* "229(|||1|)" */
	int c = coded ? (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0') : 0;

	if (*open != 0) {
		*code = *open;
		if (c != *open || (len > 3 && line[3] == '-'))
			return REPLY_INNER;
		*open = 0;
		return REPLY_FINAL;
	}
	if (!coded)
		return REPLY_JUNK;
	*code = c;
	if (len > 3 && line[3] == '-') {
		*open = c;
		return REPLY_FIRST;
	}
	return REPLY_FINAL;
}

bool
ftp_feature_hidden(const char *line, size_t len)
{
	static const char *const hidden[] = { "AUTH", "PBSZ", "PROT", "CCC", "SSCN", "CPSV" };
	size_t n = 0;

	if (len > 4 && (strncmp(line, "211-", 4) == 0 || strncmp(line, "211 ", 4) == 0)) {
		line += 4;
		len -= 4;
	}
	while (len > 0 && is_blank(*line)) {
		line++;
		len--;
	}
	while (n < len && is_verb_char(line[n]))
		n++;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (word_is(line, n, hidden[i]))
			return true;
	return false;
}
