#include "end.h"

void
end_listening(struct end *end, unsigned channel, uint16_t port, bool costly)
{
	end->fn(end->arg, &(struct end_result){ .event = END_LISTENING, .channel = channel,
	    .port = port, .rfd = -1, .wfd = -1, .costly = costly });
}

void
end_connected(struct end *end, unsigned channel, int rfd, int wfd, bool direct)
{
	end->fn(end->arg, &(struct end_result){ .event = END_CONNECTED, .channel = channel,
	    .rfd = rfd, .wfd = wfd, .direct = direct });
}

void
end_failed(struct end *end, unsigned channel, const char *reason)
{
	end->fn(end->arg, &(struct end_result){ .event = END_FAILED, .channel = channel,
	    .rfd = -1, .wfd = -1, .reason = reason });
}

void
end_visitor(struct end *end)
{
	end->fn(end->arg, &(struct end_result){ .event = END_VISITOR, .rfd = -1, .wfd = -1 });
}

void
end_gone(struct end *end, const char *reason)
{
	end->fn(end->arg, &(struct end_result){ .event = END_GONE, .rfd = -1, .wfd = -1,
	    .reason = reason });
}
