#include "options/config_forwards.h"

#include <stdio.h>
#include <string.h>

#include "ssh/sshcmd.h"

/* "1234 [localhost]:21", "[::1]:1234 [localhost]:21", "[]:1234 ..." for every address,
 * "/a/socket ...", "1080 [socks]:0". */
static int
read_value(struct tunnel_spec *spec, const char *value)
{
	char text[2 * SPEC_HOST_MAX + 32], why[256];
	const char *space = strchr(value, ' ');
	int n;

	if (space == NULL)
		return -1;
	if (strncmp(value, "[]:", 3) == 0)
		value += 2;
	n = snprintf(text, sizeof(text), "%.*s:%s", (int)(space - value), value, space + 1);
	if (n < 0 || (size_t)n >= sizeof(text))
		return -1;
	return spec_parse(spec, text, why, sizeof(why));
}

const char *
config_forwards_next(const char *config, const char *keyword, struct tunnel_spec *spec)
{
	char value[2 * SPEC_HOST_MAX + 32];

	while ((config = sshcmd_value(config, keyword, value, sizeof(value))) != NULL)
		if (read_value(spec, value) == 0 && spec->target.port == TAKEOVER_PORT)
			return config;
	return NULL;
}
