/* Status records, as a hostile helper would send them: what is taken can be put again. */
#include "fuzz.h"

#include "status/status.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t buf[STATUS_RECORD_MAX + 4];
	struct status_record r, copy;
	struct wire w, back;

	wire_read_from(&w, data, size);
	while (status_get(&w, &r) == STATUS_OK) {
		wire_write_to(&back, buf, sizeof(buf));
		MUST(status_put(&back, &r) == 0 && status_get(&back, &copy) == STATUS_OK);
		MUST(memcmp(&r, &copy, sizeof(r)) == 0);
	}
	return 0;
}
