/* -L and -R specs, hosts with ports, destinations, tokens; ssh's configuration. */
#include "fuzz.h"

#include "options/spec.h"

static void
host_is_sane(const struct hostport *h)
{
	MUST(memchr(h->host, '\0', sizeof(h->host)) != NULL);
	MUST(h->host[0] != '-' && strpbrk(h->host, "[]/") == NULL);
	for (const char *p = h->host; *p != '\0'; p++)
		MUST((unsigned char)*p > ' ' && *p != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_string(data, len), why[128], written[SPEC_HOST_MAX + 16], *expanded;
	struct tunnel_spec spec;
	struct hostport h, again;

	why[0] = '\0';
	if (spec_parse(&spec, text, why, sizeof(why)) == 0) {
		host_is_sane(&spec.listen);
		host_is_sane(&spec.target);
		MUST(spec.target.port != 0 && spec.target.host[0] != '\0');
	} else
		MUST(why[0] != '\0');
	if (hostport_parse(&h, text, 21, why, sizeof(why)) == 0) {
		host_is_sane(&h);
		hostport_format(written, sizeof(written), h.host, h.port);
		MUST(hostport_parse(&again, written, 21, why, sizeof(why)) == 0);
		MUST(again.port == h.port && strcmp(again.host, h.host) == 0);
	}
	if (destination_check(text, why, sizeof(why)) == 0)
		MUST(text[0] != '-' && text[0] != '\0');
	for (const char *at = text; (at = config_forwards_next(at, "localforward", &spec)) != NULL;)
		MUST(at > text && spec.target.port == FTP_PORT);
	expanded = token_expand(text, &(struct tokens){ "::1", 21, NULL });
	MUST(expanded != NULL && (token_present(text) || strlen(expanded) <= strlen(text)));
	free(expanded);
	free(text);
	return 0;
}
