/* -o Ftp... options: taken over whole, or refused with a reason and nothing changed. */
#include "fuzz.h"

#include "options.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_string(data, len), why[128] = "";
	struct ftp_options o, before;

	memset(&o, 0, sizeof(o));
	ftp_options_default(&o);
	before = o;
	ftp_option_ours(text);
	if (ftp_option_set(&o, text, why, sizeof(why)) == -1) {
		MUST(why[0] != '\0');
		MUST(memcmp(&o, &before, sizeof(o)) == 0);
	} else {
		MUST(o.server_mode <= MODE_ACTIVE && o.passive_address <= PASSIVE_ADDR);
		MUST(o.data_port_lo <= o.data_port_hi);
		MUST(memchr(o.name, '\0', sizeof(o.name)) != NULL);
		MUST(memchr(o.advertise, '\0', sizeof(o.advertise)) != NULL);
	}
	free(text);
	return 0;
}
