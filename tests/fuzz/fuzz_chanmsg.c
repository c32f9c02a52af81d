/* What a ControlMaster may pass on from the far side. */
#include "fuzz.h"

#include "proxy/chanmsg.h"
#include "proxy/drain.h"

/* The counting reader sees the same frames, whole or cut. */
static void
drained(const uint8_t *data, size_t len)
{
	struct drain whole, cut;

	drain_begin(&whole, 3, NULL, 0);
	drain_begin(&cut, 3, data, len / 2);
	MUST(drain_push(&whole, data, len) == drain_push(&cut, data + len / 2, len - len / 2));
	MUST(whole.unanswered == cut.unanswered && whole.left == cut.left &&
	    whole.have == cut.have);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct chanmsg m;

	if (chanmsg_decode(&m, data, len) == 0) {
		MUST(memchr(m.reason, '\0', sizeof(m.reason)) != NULL);
		for (const char *p = m.reason; *p; p++)
			MUST(*p >= 0x20 && *p < 0x7f);
		MUST(m.len == 0 || (m.data > data && m.len <= len &&
		    m.data + m.len <= data + len));
	}
	drained(data, len);
	return 0;
}
