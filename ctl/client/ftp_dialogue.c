#include "client/ftp_dialogue.h"

#include <ctype.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/packet.h"
#include "base/utf8.h"

/* Take the first line out of what has come; false when there is no whole one. */
static bool
take_line(struct ftp_dialogue *d, char *line, size_t size)
{
	char *end = memchr(d->in, '\n', d->len);
	size_t len, whole;

	if (end == NULL && d->len < sizeof(d->in))
		return false;
	whole = end != NULL ? (size_t)(end - d->in) + 1 : d->len;
	len = end != NULL ? whole - 1 : whole;
	while (len > 0 && d->in[len - 1] == '\r')
		len--;
	if (len >= size)
		len = size - 1;
	memcpy(line, d->in, len);
	line[len] = '\0';
	d->len -= whole;
	memmove(d->in, d->in + whole, d->len);
	return true;
}

/* What has come of a line that never ended, for the message. */
static void
keep_rest(struct ftp_dialogue *d)
{
	size_t len = d->len < sizeof(d->reply) ? d->len : sizeof(d->reply) - 1;

	if (d->first != 0)
		return;
	memcpy(d->reply, d->in, len);
	d->reply[len] = '\0';
}

/* The reply that has come whole: its code. */
static int
parse(struct ftp_dialogue *d)
{
	char line[sizeof(d->reply)];
	const char *at;
	int code;

	while (take_line(d, line, sizeof(line))) {
		at = line + (d->first == 0 ? ascii_begins(line, strlen(line)) : 0);
		if (d->first == 0 && *at == '\0')
			continue;
		code = strspn(at, "0123456789") < 3 ? 0 :
		    (at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0');
		if (d->first == 0) {
			if (code != 0 && at[3] != ' ' && at[3] != '-' && at[3] != '\0')
				code = 0;
			snprintf(d->reply, sizeof(d->reply), "%s", code == 0 ? line : at);
			if (code == 0)
				return DIALOGUE_JUNK;
			d->first = code;
		}
		if (code == d->first && at[3] != '-') {
			d->first = 0;
			return code;
		}
	}
	return DIALOGUE_MORE;
}

int
ftp_dialogue_next(struct ftp_dialogue *d)
{
	int code = parse(d);
	ssize_t n;

	if (code != DIALOGUE_MORE)
		return code;
	n = read(d->fd, d->in + d->len, sizeof(d->in) - d->len);
	if (n > 0) {
		d->len += (size_t)n;
		return parse(d);
	}
	if (!packet_over(n))
		return DIALOGUE_MORE;
	keep_rest(d);
	return DIALOGUE_ENDED;
}

int
ftp_dialogue_read(struct ftp_dialogue *d, unsigned ms)
{
	struct pollfd p = { .fd = d->fd, .events = POLLIN };
	uint64_t now, end = loop_now() + ms;
	int code;

	if ((code = parse(d)) != DIALOGUE_MORE)
		return code;
	do {
		if ((now = loop_now()) >= end || poll(&p, 1, (int)(end - now)) == 0) {
			keep_rest(d);
			return DIALOGUE_SILENT;
		}
	} while ((code = ftp_dialogue_next(d)) == DIALOGUE_MORE);
	return code;
}

int
ftp_dialogue_ask(struct ftp_dialogue *d, unsigned ms, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line) - 2, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(line) - 2)
		return DIALOGUE_JUNK;
	line[len] = '\r';
	line[len + 1] = '\n';
	*d->reply = '\0';
	if (write(d->fd, line, (size_t)len + 2) != len + 2)
		return DIALOGUE_ENDED;
	return ftp_dialogue_read(d, ms);
}

uint16_t
ftp_dialogue_port(int code, const char *reply)
{
	const char *at = strchr(reply, '(');
	unsigned a[6], port = 0;

	if (at == NULL)
		at = reply;
	if (code == 229 && sscanf(at, "(|||%5u|)", &port) == 1)
		return port <= 65535 ? (uint16_t)port : 0;
	for (at = reply + 3; code == 227 && *at != '\0'; at++)
		if (isdigit((unsigned char)*at) && sscanf(at, "%3u,%3u,%3u,%3u,%3u,%3u", &a[0],
		    &a[1], &a[2], &a[3], &a[4], &a[5]) == 6)
			return a[4] <= 255 && a[5] <= 255 ? (uint16_t)(a[4] * 256 + a[5]) : 0;
	return 0;
}
