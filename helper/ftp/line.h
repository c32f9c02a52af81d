/* Lines out of a control connection's bytes. Pure.
 *
 * Client side: Telnet sequences are taken out (RFC 854; RFC 959 3.1 puts FTP on
 * Telnet), CRLF, bare LF and ABOR's CR end a line, NUL and bare CR make it bad (RFC 2640:
 * servers read CR NUL LF differently). Server side: every byte is kept, LF ends a line and one
 * CR before it is dropped. A command that is too long is discarded up to its end; a reply that
 * is too long is told at once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"

#define LINE_COMMAND_MAX (16 * 1024)
#define LINE_REPLY_MAX (64 * 1024)

enum line_status {
	LINE_MORE, /* all bytes taken, no line yet */
	LINE_OK,
	LINE_BAD, /* complete, but held NUL, a bare CR or a broken Telnet sequence */
	LINE_LONG /* too long: text is its beginning */
};

/* All zero in the beginning, but for client. */
struct line_reader {
	bool client;
	struct bytes line; /* without its end; valid until the next line_feed(); to be freed in the end */
	/* private */
	bool done, bad, too_long, cr;
	bool early; /* ended at its CR: an LF right behind is a part of it */
	enum { TELNET_DATA, TELNET_IAC, TELNET_OPTION, TELNET_SUB, TELNET_SUB_IAC } telnet;
};

/* Take bytes up to the end of the first line; returns how many were taken. */
size_t line_feed(struct line_reader *, const void *data, size_t len, enum line_status *);
