/* What a ControlMaster may answer. */
#include "fuzz.h"

#include "mux/muxmsg.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mux_reply r;
	struct wire w;
	const uint8_t *s;
	uint32_t v;
	size_t n;

	if (muxmsg_decode(&r, data, len) == 0) {
		MUST(r.answer <= MUX_S_PROXY && memchr(r.reason, '\0', sizeof(r.reason)) != NULL);
		for (const char *p = r.reason; *p; p++)
			MUST((r.answer != MUX_S_DENIED && r.answer != MUX_S_FAILURE) ||
			    (*p >= 0x20 && *p < 0x7f));
	}
	wire_read_from(&w, data, len);
	while (wire_get_bytes(&w, &s, &n) == 0 || wire_get_u32(&w, &v) == 0)
		MUST(wire_left(&w) < len);
	return 0;
}
