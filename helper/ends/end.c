#include "ends/end.h"

static void
tell(struct end *end, const struct end_result *r)
{
	end->fn(end->arg, r);
}

void
end_listening(struct end *end, unsigned channel, uint16_t port)
{
	tell(end, &(struct end_result){ .event = END_LISTENING, .channel = channel, .port = port });
}

void
end_connected(struct end *end, unsigned channel, struct stream *stream)
{
	tell(end, &(struct end_result){ .event = END_CONNECTED, .channel = channel,
	    .stream = stream });
}

void
end_failed(struct end *end, unsigned channel, const char *reason)
{
	tell(end, &(struct end_result){ .event = END_FAILED, .channel = channel,
	    .reason = reason });
}

void
end_stranger(struct end *end, unsigned channel, unsigned count)
{
	tell(end, &(struct end_result){ .event = END_STRANGER, .channel = channel,
	    .port = (uint16_t)count });
}

void
end_gone(struct end *end, const char *reason)
{
	tell(end, &(struct end_result){ .event = END_GONE, .reason = reason, .all = true });
}
