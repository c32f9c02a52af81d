#include "options/config_forwards.h"

#include <string.h>

#include "ssh/sshcmd.h"

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
