#include "ftp/line.h"

#include <strings.h>

enum {
	IAC = 255,
	SB = 250,
	SE = 240,
	WILL = 251, /* WILL, WONT, DO, DONT take one option byte */
	DONT = 254
};

/* No memory: as if the limit were here. */
static void
line_add(struct line_reader *r, unsigned char c)
{
	size_t max = r->client ? LINE_COMMAND_MAX : LINE_REPLY_MAX;

	if (r->line.len == max || bytes_add(&r->line, &c, 1) == -1)
		r->too_long = true;
}

/* A client's byte outside Telnet sequences. No command begins with what is left of one, whose urgent
 * byte was lost or came too soon or too late. */
static void
line_client_byte(struct line_reader *r, unsigned char c)
{
	if (c >= SE && r->line.len == 0 && !r->cr && !r->bad)
		return;
	if (r->cr)
		r->bad = true; /* the CR before was not the end of the line */
	r->cr = c == '\r';
	if (c == '\0')
		r->bad = true;
	else if (!r->cr)
		line_add(r, c);
}

/* FF FF is a literal FF and stays doubled, for the server takes Telnet out as well. */
static void
line_after_iac(struct line_reader *r, unsigned char c)
{
	r->telnet = TELNET_DATA;
	if (c == IAC) {
		line_client_byte(r, IAC);
		line_client_byte(r, IAC);
	} else if (c == SB)
		r->telnet = TELNET_SUB;
	else if (c >= WILL && c <= DONT)
		r->telnet = TELNET_OPTION;
	else if (c < SE) {
		/* Not Telnet: an FF that the client forgot to double. In a name it may pass,
		 * in a verb no server must get to see it, which the caller checks. */
		line_client_byte(r, IAC);
		line_client_byte(r, c);
	}
}

static void
line_client_raw(struct line_reader *r, unsigned char c)
{
	switch (r->telnet) {
	case TELNET_DATA:
		if (c == IAC)
			r->telnet = TELNET_IAC;
		else
			line_client_byte(r, c);
		break;
	case TELNET_IAC:
		line_after_iac(r, c);
		break;
	case TELNET_OPTION:
		r->telnet = TELNET_DATA;
		break;
	case TELNET_SUB:
		if (c == IAC)
			r->telnet = TELNET_SUB_IAC;
		break;
	case TELNET_SUB_IAC:
		r->telnet = c == SE ? TELNET_DATA : TELNET_SUB;
		break;
	}
}

static void
line_server_byte(struct line_reader *r, unsigned char c)
{
	if (r->cr)
		line_add(r, '\r');
	r->cr = c == '\r';
	if (!r->cr)
		line_add(r, c);
}

/* A line end inside a Telnet sequence ends the line all the same, as bad: nothing may
 * swallow the end of a command and glue the next one to it. */
static enum line_status
line_end(struct line_reader *r)
{
	if (r->telnet != TELNET_DATA)
		r->bad = true;
	r->telnet = TELNET_DATA;
	r->cr = false;
	r->done = true;
	if (r->too_long)
		return LINE_LONG;
	return r->bad ? LINE_BAD : LINE_OK;
}

size_t
line_feed(struct line_reader *r, const void *data, size_t len, enum line_status *status)
{
	const unsigned char *p = data;

	if (r->done) {
		bytes_take(&r->line, r->line.len);
		r->done = r->bad = r->too_long = false;
	}
	for (size_t i = 0; i < len; i++) {
		bool end = p[i] == '\n', of_early = end && r->early;

		r->early = false;
		if (of_early)
			continue;
		if (end) {
			*status = line_end(r);
			return i + 1;
		}
		if (r->client)
			line_client_raw(r, p[i]);
		else
			line_server_byte(r, p[i]);
		/* What was sent as urgent data comes without its last byte where ssh or a pipe has
		 * carried it: that is the LF of ABOR. */
		if (r->client && r->cr && !r->bad && r->line.len == 4 &&
		    strncasecmp(bytes_data(&r->line), "ABOR", 4) == 0) {
			*status = line_end(r);
			r->early = true;
			return i + 1;
		}
		if (r->too_long && !r->client) { /* its end may never come */
			*status = LINE_LONG;
			r->done = true;
			return i + 1;
		}
	}
	*status = LINE_MORE;
	return len;
}
