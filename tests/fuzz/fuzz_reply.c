/* A server's replies, line by line, and as the text of a passive reply. */
#include "fuzz.h"

#include "ftp/policy.h"
#include "ftp/reply.h"

static void
lines(const char *text, size_t len)
{
	int open = 0, code = 0;

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;
		int before = open;
		enum ftp_reply_line kind = ftp_reply_parse(text, n, &open, &code);

		MUST(before == 0 || kind == REPLY_INNER || kind == REPLY_FINAL);
		MUST((open != 0) == (kind == REPLY_FIRST || kind == REPLY_INNER));
		MUST(kind == REPLY_JUNK || (code >= 100 && code < 700));
		ftp_feature_hidden(text, n);
		text += n;
		len -= n;
		if (len > 0) {
			text++;
			len--;
		}
	}
}

/* Only the control host is dialled, unless somebody has asked for the reply's. */
static void
dialled(const struct ftp_address *a)
{
	static const char host[] = "ftp.example.org";
	struct ftp_options o;
	const char *to;
	char buf[64];

	memset(&o, 0, sizeof(o));
	ftp_options_default(&o);
	MUST(policy_passive_host(&o, host, a, buf, sizeof(buf)) == host);
	o.passive_address = PASSIVE_REPLY;
	to = policy_passive_host(&o, host, a, buf, sizeof(buf));
	MUST(to == host || (to == buf && strcmp(to, "0.0.0.0") != 0 && strcmp(to, "::") != 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const enum ftp_verb verbs[] = { FTP_PASV, FTP_LPSV, FTP_EPSV };
	struct ftp_address a, again;
	char text[256];
	size_t n;

	lines((const char *)data, len);
	for (int code = 227; code <= 229; code++) {
		if (ftp_parse_passive(code, (const char *)data, len, &a) != 0)
			continue;
		MUST(a.port >= 1024 && (a.family == 0) == (code == 229));
		dialled(&a);
		n = ftp_format_passive(text, sizeof(text), verbs[code - 227], &a);
		MUST(n > 4 && strlen(text) == n && atoi(text) == code);
		MUST(ftp_parse_passive(code, text + 4, n - 4, &again) == 0 && again.port == a.port);
		MUST(code == 229 || ftp_address_same_host(&a, &again));
	}
	return 0;
}
