#include "peer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

uint8_t
pattern_at(int transfer, uint64_t at)
{
	return (uint8_t)(at * 31 + (uint64_t)(transfer + 1) * 101 + (at >> 8));
}

int
transfer_of(const char *line)
{
	const char *p = strchr(line, ' ');
	size_t len = strlen(line);

	if (p == NULL || len == 0 || !isdigit((unsigned char)line[len - 1]))
		return -1;
	p = line + len;
	while (p > line && isdigit((unsigned char)p[-1]))
		p--;
	return p > line && p[-1] == 'f' ? atoi(p) % TRANSFERS : -1;
}

const char *
lines_next(struct lines *l, struct sock *s)
{
	while (l->at < l->held || (l->at = 0, s != NULL && (l->held = (unsigned)sock_read(
								s, l->raw, sizeof(l->raw))) > 0)) {
		char c = l->raw[l->at++];

		if (c != '\n') {
			if (l->len < sizeof(l->text) - 1)
				l->text[l->len++] = c;
			continue;
		}
		if (l->len > 0 && l->text[l->len - 1] == '\r')
			l->len--;
		l->text[l->len] = '\0';
		l->len = 0;
		return world_text(l->text, strlen(l->text));
	}
	return NULL;
}

void
lines_drop(struct lines *l)
{
	l->at = l->held;
}

bool
client_is_six(const struct dialogue *d)
{
	return (d->knob[K_SIX] & 1) != 0;
}

bool
server_is_six(const struct dialogue *d)
{
	return net.direct ? client_is_six(d) : d->knob[K_SIX] == 1 || d->knob[K_SIX] == 2;
}

int
raw_bytes(const char *text, char *out)
{
	int n = 0;
	unsigned byte;

	for (const char *p = text; *p != '\0'; p++) {
		if (p[0] == '\\' && p[1] == 'x' && sscanf(p + 2, "%2x", &byte) == 1) {
			out[n++] = (char)byte;
			p += 3;
		} else if (p[0] == '\\' && p[1] != '\0') {
			p++;
			out[n++] = *p == 'r' ? '\r' : *p == 'n' ? '\n' : *p == '0' ? '\0' : *p;
		} else
			out[n++] = *p;
	}
	return n;
}
