#include "options/spec.h"

#include <arpa/inet.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/digits.h"
#include "base/log.h"
#include "ssh/sshcmd.h"

#define SPEC_FORM "[ftp/][bind_address:]port:host:hostport"
#define QUOTE_MAX 200 /* of the bad input, in a message */

/* One part of a spec, between colons; not NUL-terminated. */
struct field {
	const char *text;
	size_t len;
	bool bracketed;
};

/* With a zone, as in fe80::1%eth0. */
static bool
is_ipv6(const char *host)
{
	char address[INET6_ADDRSTRLEN];
	unsigned char binary[16];
	size_t len = strcspn(host, "%");
	const char *zone = host + len;

	for (zone += *zone == '%'; isalnum((unsigned char)*zone) || (*zone != '\0' &&
	    strchr("._-", *zone) != NULL); zone++)
		;
	if (len >= sizeof(address) || *zone != '\0' || (host[len] == '%' && host[len + 1] == '\0'))
		return false;
	memcpy(address, host, len);
	address[len] = '\0';
	return inet_pton(AF_INET6, address, binary) == 1;
}

/* What is wrong with a host name, or NULL. A leading '-' could turn into an option of
 * whatever command line the name ends up on. */
static const char *
host_fault(const char *host)
{
	if (*host == '\0')
		return "host missing";
	if (*host == '-')
		return "a host may not begin with '-'";
	for (const unsigned char *p = (const unsigned char *)host; *p != '\0'; p++)
		if (*p <= ' ' || *p == 0x7f || strchr("/[]@", *p) != NULL)
			return "a host may not contain blanks, control characters, brackets, '/' or '@'";
	if (strchr(host, ':') != NULL && !is_ipv6(host))
		return "not an IPv6 address";
	return NULL;
}

/* All fields of text. Their number, max + 1 when there are more, -1 when a bracket does not end before
 * ':' or the end. */
static int
fields(const char *text, struct field *f, int max)
{
	const char *end;
	int n;

	for (n = 0; text != NULL; n++, f++) {
		if (n == max)
			return max + 1;
		f->bracketed = *text == '[';
		f->text = text + f->bracketed;
		f->len = strcspn(f->text, f->bracketed ? "]" : ":");
		end = f->text + f->len;
		if ((f->bracketed && *end++ != ']') || (*end != ':' && *end != '\0'))
			return -1;
		text = *end == ':' ? end + 1 : NULL;
	}
	return n;
}

static int
port_of(const struct field *f, uint16_t *port)
{
	unsigned long value;

	if (f->bracketed || !decimal(f->text, f->len, 65535, &value))
		return -1;
	*port = (uint16_t)value;
	return 0;
}

/* Copies f to host (SPEC_HOST_MAX). Returns what is wrong with it, or NULL. */
static const char *
host_of(const struct field *f, char *host)
{
	if (f->len >= SPEC_HOST_MAX)
		return "host too long";
	memcpy(host, f->text, f->len);
	host[f->len] = '\0';
	return host_fault(host);
}

/* No bind address, an empty one and "*" are three things to ssh as well. */
static const char *
spec_fault(struct tunnel_spec *spec, const struct field *f, bool has_bind)
{
	const char *fault;

	if (has_bind && !f->bracketed && (f->len == 0 || (f->len == 1 && *f->text == '*')))
		strcpy(spec->listen.host, "*");
	else if (has_bind && (fault = host_of(f, spec->listen.host)) != NULL)
		return fault;
	f += has_bind;
	if (port_of(&f[0], &spec->listen.port) == -1)
		return "the port to listen on must be 0 to 65535";
	if ((fault = host_of(&f[1], spec->target.host)) != NULL)
		return fault;
	if (port_of(&f[2], &spec->target.port) == -1 || spec->target.port == 0)
		return "the host's port must be 1 to 65535";
	return NULL;
}

int
spec_parse(struct tunnel_spec *spec, const char *text, char *why, size_t why_size)
{
	struct field f[4];
	const char *fault;
	int n;

	memset(spec, 0, sizeof(*spec));
	n = fields(strncasecmp(text, "ftp/", 4) == 0 ? text + 4 : text, f, 4);
	if (n != 3 && n != 4)
		fault = n == -1 ? "unbalanced brackets" : "wrong number of parts";
	else
		fault = spec_fault(spec, f, n == 4);
	if (fault == NULL)
		return 0;
	return log_why(why, why_size, "bad forwarding \"%.*s\": %s; expected %s", QUOTE_MAX, text, fault,
	    SPEC_FORM);
}

/* "1234 [localhost]:21", "[::1]:1234 [localhost]:21", "[]:1234 ..." for every address,
 * "/a/socket ...", "1080 [socks]:0". */
const char *
config_forwards_next(const char *config, const char *keyword, struct tunnel_spec *spec)
{
	char value[2 * SPEC_HOST_MAX + 32], why[256], *space;

	while ((config = sshcmd_value(config, keyword, value, sizeof(value))) != NULL) {
		if ((space = strchr(value, ' ')) == NULL)
			continue;
		*space = ':';
		if (spec_parse(spec, strncmp(value, "[]:", 3) == 0 ? value + 2 : value, why,
		    sizeof(why)) == 0 && spec->target.port == FTP_PORT)
			return config;
	}
	return NULL;
}

bool
bind_is_open_far(const char *host)
{
	unsigned char address[4];

	if (*host == '\0' || strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0)
		return false;
	return inet_pton(AF_INET, host, address) != 1 || address[0] != 127;
}

static const char *
hostport_fault(struct hostport *hp, const char *text, uint16_t default_port)
{
	struct field f[2] = { { text, strlen(text), false } };
	const char *fault;
	int n = 1;

	if (!is_ipv6(text) && (n = fields(text, f, 2)) != 1 && n != 2)
		return n == -1 ? "unbalanced brackets" : "too many colons";
	if ((fault = host_of(&f[0], hp->host)) != NULL)
		return fault;
	hp->port = default_port;
	if (n == 2 && (port_of(&f[1], &hp->port) == -1 || hp->port == 0))
		return "the port must be 1 to 65535";
	return hp->port == 0 ? "port missing" : NULL;
}

int
hostport_parse(struct hostport *hp, const char *text, uint16_t default_port, char *why,
    size_t why_size)
{
	const char *fault;

	memset(hp, 0, sizeof(*hp));
	if (strstr(text, "://") != NULL)
		fault = "no URL is wanted here";
	else if (*text != '\0' && text[strspn(text, "0123456789")] == '\0')
		fault = "that is a port without its host";
	else if ((fault = hostport_fault(hp, text, default_port)) == NULL)
		return 0;
	return log_why(why, why_size, "bad address \"%.*s\": %s; expected %s", QUOTE_MAX, text, fault,
	    default_port == 0 ? "host:port or [IPv6 address]:port" :
	    "host[:port] or [IPv6 address]:port");
}

char *
hostport_format(char *dst, size_t size, const char *host, uint16_t port)
{
	const char *fmt = strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u";

	snprintf(dst, size, fmt, *host != '\0' ? host : "localhost", (unsigned)port);
	return dst;
}

static const char *
destination_fault(const char *text)
{
	bool uri = strncasecmp(text, "ssh://", 6) == 0;
	const char *user = uri ? text + 6 : text, *at = strrchr(user, '@');
	const char *host = at != NULL ? at + 1 : user, *colon;
	size_t len = strlen(host);
	struct hostport hp;
	char rest[SPEC_HOST_MAX + 8]; /* host:port */

	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
		if (*p < ' ' || *p == 0x7f)
			return "control characters";
	if (at != NULL && at == user)
		return "user missing";
	/* in the ssh:// form ssh decodes the user, so %2d is a '-' as well */
	if (at != NULL && (*user == '-' || (uri && strncasecmp(user, "%2d", 3) == 0)))
		return "a user may not begin with '-'";
	if (!uri && strstr(text, "://") != NULL)
		return "that is no login of ssh; -t and -u are for the FTP server";
	if (!uri && (colon = strchr(host, ':')) != NULL && strchr(colon + 1, ':') == NULL)
		return "the port is for -p";
	if (!uri)
		return host_fault(host);
	if (len > 0 && host[len - 1] == '/')
		len--;
	if (len >= sizeof(rest))
		return "host too long";
	memcpy(rest, host, len);
	rest[len] = '\0';
	return hostport_fault(&hp, rest, 22);
}

int
destination_check(const char *destination, char *why, size_t why_size)
{
	const char *fault = destination_fault(destination);

	if (*destination == '\0')
		return log_why(why, why_size, "empty destination; expected [user@]host or ssh://[user@]host[:port]");
	if (fault == NULL)
		return 0;
	return log_why(why, why_size, "bad destination \"%.*s\": %s; expected [user@]host or "
	    "ssh://[user@]host[:port]", QUOTE_MAX, destination, fault);
}

/* ftp://user@address:port, the user as RFC 3986 wants it. */
static void
print_url(FILE *f, const struct tokens *t)
{
	char at[SPEC_HOST_MAX + 16];

	fputs("ftp://", f);
	for (const char *p = t->user; p != NULL && *p != '\0'; p++)
		fprintf(f, isalnum((unsigned char)*p) || strchr("-._~", *p) != NULL ? "%c" :
		    "%%%02X", (unsigned char)*p);
	if (t->user != NULL && *t->user != '\0')
		fputc('@', f);
	fputs(hostport_format(at, sizeof(at), t->host, t->port), f);
}

/* What one token stands for; false when it is none. */
static bool
print_token(FILE *f, char token, const struct tokens *t)
{
	if (token == 'u')
		print_url(f, t);
	else if (token == 'p')
		fprintf(f, "%u", (unsigned)t->port);
	else if (token == 'h' || token == 'U')
		fputs(token == 'h' ? t->host : t->user != NULL ? t->user : "", f);
	else if (token == '%')
		fputc('%', f);
	else
		return false;
	return true;
}

char *
token_expand(const char *argument, const struct tokens *t)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		return NULL;
	for (const char *p = argument; *p != '\0'; p++)
		if (*p == '%' && print_token(f, p[1], t))
			p++;
		else
			fputc(*p, f);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

int
token_present(const char *argument)
{
	for (const char *p = argument; (p = strchr(p, '%')) != NULL && p[1] != '\0'; p += 2)
		if (strchr("hpu", p[1]) != NULL)
			return 1;
	return 0;
}
