#include "trace.h"

#include "world.h"

FILE *play_trace;

void
trace_event(const struct event *e)
{
	static const char *const kinds[] = { "listening", "connected", "failed", "stranger",
		"moved", "eof", "reset", "drained", "alive", "timer" };

	if (play_trace != NULL)
		fprintf(play_trace, "%10.3f ms  ? %s %u %s %u %s\n",
		    (double)world_now() / (double)MS, kinds[e->kind], e->channel,
		    e->end == CLIENT ? "client" : "server", (unsigned)e->port,
		    e->reason                   ? e->reason
		    : e->client == CLIENT_DIES  ? "(dies)"
		    : e->client == CLIENT_LIVES ? "(lives)"
						: "");
}

void
trace_action(const struct action *a)
{
	static const char *const kinds[] = { "open", "cancel", "begin", "take", "eof", "abort",
		"close", "check", "timer", "control eof", "hangup" };
	static const char *const verbs[] = { "-", "listen", "dial" };

	if (play_trace == NULL)
		return;
	fprintf(play_trace, "%10.3f ms  ! %s %u %s", (double)world_now() / (double)MS,
	    kinds[a->kind], a->channel, a->end == CLIENT ? "client" : "server");
	if (a->kind == ACT_OPEN)
		fprintf(play_trace, " client %s %u, server %s %u", verbs[a->ends[0].verb],
		    a->ends[0].address.port, verbs[a->ends[1].verb], a->ends[1].address.port);
	fprintf(play_trace, " ms %u mask %u\n", a->ms, a->mask);
}

void
trace_bytes(const char *mark, const void *bytes, size_t len)
{
	if (play_trace == NULL)
		return;
	fprintf(play_trace, "%10.3f ms  %s ", (double)world_now() / (double)MS, mark);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = ((const unsigned char *)bytes)[i];

		if (c == '\n')
			fputs("\\n", play_trace);
		else if (c != '\r')
			fputc(c, play_trace);
	}
	fputc('\n', play_trace);
}
