#include "ftp/address.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

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

/* 0: that is none. */
static uint16_t
port_read(const char *p, size_t len)
{
	unsigned long port;

	return len <= 5 && decimal(p, len, 65535, &port) ? (uint16_t)port : 0;
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
	unsigned long family;
	char text[INET6_ADDRSTRLEN];

	if (split_delimited(arg, len, field, flen) == -1)
		return 501;
	if (flen[0] != 1 || (*field[0] != '1' && *field[0] != '2'))
		return decimal(field[0], flen[0], ULONG_MAX, &family) ? 522 : 501;
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

	while (len > 0 && (arg[len - 1] == ' ' || arg[len - 1] == '\t'))
		len--;
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

/* Take a found address over: a second one must be the same. */
static int
found_add(struct ftp_address *a, const struct ftp_address *new, int *found)
{
	bool same = a->port == new->port &&
	    (new->family == 0 || ftp_address_same_host(a, new));

	if (new->port < FTP_PORT_MIN || (*found > 0 && !same))
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

/* h,h,h,h,p,p; or as RFC 1639 has it */
static const char *
list_write(char *text, size_t size, bool full, const struct ftp_address *a)
{
	int alen = a->family == 4 ? 4 : 16;
	size_t n = full ? (size_t)snprintf(text, size, "%u,%d,", a->family, alen) : 0;

	for (int i = 0; i < alen; i++)
		n += (size_t)snprintf(text + n, size - n, "%u,", a->bytes[i]);
	snprintf(text + n, size - n, "%s%u,%u", full ? "2," : "", a->port >> 8, a->port & 255);
	return text;
}

size_t
ftp_format_active(char *dst, size_t size, enum ftp_verb verb, const struct ftp_address *a)
{
	bool four = a->family == 4;
	char text[96] = "";

	if (a->family == 0 || (verb == FTP_PORT && !four))
		return 0;
	if (verb != FTP_EPRT)
		return fits(snprintf(dst, size, "%s %s", verb == FTP_PORT ? "PORT" : "LPRT",
		    list_write(text, sizeof(text), verb == FTP_LPRT, a)), size);
	inet_ntop(four ? AF_INET : AF_INET6, a->bytes, text, sizeof(text));
	return fits(snprintf(dst, size, "EPRT |%d|%s|%u|", four ? 1 : 2, text, a->port), size);
}

size_t
ftp_format_passive(char *dst, size_t size, enum ftp_verb verb, const struct ftp_address *a)
{
	const char *words = verb == FTP_PASV ? "227 Entering Passive Mode" :
						   "228 Entering Long Passive Mode";
	char text[96];

	if (verb == FTP_EPSV)
		return fits(snprintf(dst, size, "229 Entering Extended Passive Mode (|||%u|)", a->port),
		    size);
	if (a->family == 0 || (verb == FTP_PASV && a->family != 4))
		return 0;
	return fits(snprintf(dst, size, "%s (%s)", words,
	    list_write(text, sizeof(text), verb == FTP_LPSV, a)), size);
}
