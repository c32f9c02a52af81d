#include "ftp/reply.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ftp/command.h"

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
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (n < len && ftp_is_verb_char(line[n]))
		n++;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (strlen(hidden[i]) == n && strncasecmp(line, hidden[i], n) == 0)
			return true;
	return false;
}

bool
ftp_reply_wants_tls(const char *line, size_t len)
{
	static const char *const words[] = { "TLS", "SSL", "encrypt", "cleartext", "Use AUTH" };
	bool found = false;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (size_t n = strlen(words[i]), at = 0; at + n <= len; at++)
			found |= strncasecmp(line + at, words[i], n) == 0;
	return found;
}

uint64_t
ftp_reply_bytes(const char *text, size_t len)
{
	static const char unit[] = " bytes)";
	uint64_t n, last = 0;
	size_t at;

	for (size_t i = 0; i < len; i++) {
		for (n = 0, at = i + 1; at < len && is_digit(text[at]); at++)
			n = n < UINT64_MAX / 10 - 1 ? n * 10 + (uint64_t)(text[at] - '0') : 0;
		if (text[i] == '(' && at > i + 1 && len - at >= strlen(unit) &&
		    memcmp(text + at, unit, strlen(unit)) == 0)
			last = n;
	}
	return last;
}

/* Does some client see 227, 228 or 229 here? Some drop NULs and Telnet sequences first, of any length. */
static bool
looks_like_port(const char *text, size_t len)
{
	int digits = 0;

	for (size_t i = 0; i < len && digits < 3; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == 0xff) /* IAC */
			return true;
		if (c != '\0' && (digits < 2 ? c != '2' : c < '7' || c > '9'))
			return false;
		digits += c != '\0';
	}
	return digits == 3;
}

size_t
ftp_reply_pad(int open, enum ftp_reply_line kind, const char *line, size_t len)
{
	if (kind == REPLY_FINAL || kind == REPLY_FIRST || !looks_like_port(line, len))
		return 0;
	return !(len > 3 && line[3] == '-' && atoi(line) == open);
}

void
ftp_reply_join(char *line, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if (line[i] == '\r' && looks_like_port(line + i + 1, len - i - 1))
			line[i] = ' ';
}
