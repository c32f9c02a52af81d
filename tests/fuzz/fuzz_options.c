/* -o Ftp... options: taken over whole, or refused with a reason and nothing changed. */
#include "fuzz.h"

#include "options/options.h"

static void
within_bounds(const struct ftp_options *o)
{
	MUST(o->server_mode <= MODE_ACTIVE && o->passive_address <= PASSIVE_ADDR);
	MUST(o->forward <= METHOD_MUX && o->masters >= 1 && o->masters <= 64);
	MUST(o->data_port_lo <= o->data_port_hi);
	MUST(o->data_port_lo == 0 || o->data_port_lo >= 1024);
	MUST(o->timeout <= 1000000);
	MUST(memchr(o->name, '\0', sizeof(o->name)) != NULL);
	MUST(memchr(o->advertise, '\0', sizeof(o->advertise)) != NULL);
	MUST(memchr(o->passive_addr, '\0', sizeof(o->passive_addr)) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_string(data, len), *why;
	size_t room = len % 2 ? 128 : 15; /* to the byte: its end is a heap block's end */
	struct ftp_options o, before;

	why = calloc(1, room);
	memset(&o, 0, sizeof(o));
	ftp_options_default(&o);
	before = o;
	ftp_option_ours(text);
	if (ftp_option_set(&o, text, why, room) == -1) {
		MUST(why[0] != '\0' && memchr(why, '\0', room) != NULL);
		MUST(memcmp(&o, &before, sizeof(o)) == 0);
	}
	within_bounds(&o);
	free(why);
	free(text);
	return 0;
}
