/* A client's line: what is taken for an address can be written and read again. */
#include "fuzz.h"

#include "ftp/address.h"
#include "ftp/policy.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct ftp_address peer = { 4, { 10, 0, 0, 1 }, 0 };
	struct ftp_command c;
	struct ftp_address a, again;
	char text[256];
	size_t n;
	int r;

	ftp_is_http((const char *)data, len);
	if (ftp_command_parse(&c, (const char *)data, len) == -1)
		return 0;
	MUST(c.name_len > 0 && c.name_len + c.arg_len <= len);
	MUST(c.arg_len == 0 || (const uint8_t *)c.arg + c.arg_len == data + len);
	if (c.verb < FTP_PORT || c.verb > FTP_LPRT)
		return 0;
	r = ftp_parse_active(c.verb, c.arg, c.arg_len, &a);
	MUST(r == 0 || r == 501 || (c.verb == FTP_EPRT && r == 522) ||
	    (c.verb == FTP_LPRT && r == 521));
	if (r != 0)
		return 0;
	MUST(a.port != 0 && (a.family == 4 || a.family == 6));
	MUST(!policy_active_allowed(&peer, NULL, &a) ||
	    (a.port >= 1024 && ftp_address_same_host(&a, &peer)));
	n = ftp_format_active(text, sizeof(text), c.verb, &a);
	MUST(n > 5 && strlen(text) == n);
	MUST(ftp_parse_active(c.verb, text + 5, n - 5, &again) == 0);
	MUST(again.port == a.port && ftp_address_same_host(&a, &again));
	return 0;
}
