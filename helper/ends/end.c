#include "ends/end.h"

#include "relay/stream.h"

void
end_connected(struct end *end, unsigned channel, int fd, unsigned *uses)
{
	struct stream *stream = stream_of(end->loop, fd, uses);

	if (stream == NULL)
		end_failed(end, channel, "out of memory");
	else
		end->fn(end->arg, &(struct end_result){ .event = END_CONNECTED, .channel = channel,
		    .stream = stream });
}

void
end_failed(struct end *end, unsigned channel, const char *reason)
{
	end->fn(end->arg, &(struct end_result){ .event = END_FAILED, .channel = channel,
	    .reason = reason });
}
