/* What the tunnel is told of the session. */
#include "control/run_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/packet.h"
#include "status/status.h"

#define RUNNING_MS 1000 /* between two reports while a channel is open */
#define CHANGED_MS 200  /* ... while anything else changes */

/* log_command() knows what is secret; everything else is kept as it came. */
void
report_line(struct run *r, enum side from, const char *line, size_t len)
{
	char masked[4 * sizeof(r->sum.command)], plain[sizeof(masked)];

	if (from == CLIENT) {
		r->sum.commands++;
		log_command(masked, sizeof(masked), line, len);
		log_escape(plain, sizeof(plain), line, len);
		if (strcmp(masked, plain) != 0) {
			line = masked;
			len = strlen(masked);
		}
		snprintf(r->sum.command, sizeof(r->sum.command), "%.*s", (int)len, line);
	}
	report_touch(r);
}

uint64_t
report_bytes(const struct run *r, unsigned channel)
{
	struct session_count count;

	counts_get(r->config->counts, channel, &count);
	return count.from[CLIENT] + count.from[SERVER];
}

/* ---- the packet ---- */

static void
put_channel(const struct run *r, struct wire *w, unsigned id, const struct channel_facts *facts)
{
	struct status_record record = { .type = STATUS_CHANNEL };
	struct status_channel *c = &record.u.channel;

	c->number = id;
	c->direction = facts->direction;
	snprintf(c->client_verb, sizeof(c->client_verb), "%s", facts->client_verb);
	snprintf(c->server_verb, sizeof(c->server_verb), "%s", facts->server_verb);
	snprintf(c->transfer, sizeof(c->transfer), "%s", facts->transfer);
	c->method = r->config->method;
	c->bytes = report_bytes(r, id);
	c->total = facts->announced;
	status_put(w, &record);
}

/* The session goes first, but its sums need the channels. Returns how many there are. */
static size_t
compose(const struct run *r, struct wire *w)
{
	const char *user = session_facts(r->session)->user;
	struct status_record record = { .type = STATUS_SESSION, .u.session = r->sum };
	struct status_session *s = &record.u.session;
	struct channel_facts facts;
	size_t n = 0;

	snprintf(s->user, sizeof(s->user), "%s", user);
	s->busy = session_busy(r->session);
	for (size_t i = 0; i < CHANNELS_MAX; i++)
		if (session_channel(r->session, r->channel[i].id, &facts))
			*(facts.direction == DIR_UP ? &s->bytes_up : &s->bytes_down) +=
			    report_bytes(r, r->channel[i].id);
	status_put(w, &record);
	for (size_t i = 0; i < CHANNELS_MAX && n < STATUS_CHANNELS; i++)
		if (session_channel(r->session, r->channel[i].id, &facts)) {
			put_channel(r, w, r->channel[i].id, &facts);
			n++;
		}
	return n;
}

static void
report_later(struct run *r, unsigned ms)
{
	if (r->report.loop == NULL || r->report.due > loop_now() + ms)
		timer_set(&r->report, r->loop, ms, report_now, r);
}

void
report_now(void *arg)
{
	struct run *r = arg;
	uint8_t packet[STATUS_PACKET_MAX];
	struct wire w;
	size_t channels;

	if (r->config->status_fd == -1)
		return;
	timer_stop(&r->report);
	r->reported = loop_now();
	wire_write_to(&w, packet, sizeof(packet));
	channels = compose(r, &w);
	packet_send(r->config->status_fd, packet, w.len, NULL, 0);
	if (channels > 0)
		report_later(r, RUNNING_MS);
}

void
report_touch(struct run *r)
{
	uint64_t since = loop_now() - r->reported;

	if (r->config->status_fd != -1)
		report_later(r, since < CHANGED_MS ? CHANGED_MS - (unsigned)since : 0);
}

int
report_request(struct run *r, unsigned *channel)
{
	uint8_t packet[STATUS_RECORD_MAX];
	struct status_record record;
	struct wire w;
	ssize_t n = packet_receive(r->config->status_fd, packet, sizeof(packet), NULL);

	if (n == -1 && packet_again(errno))
		return 0;
	if (n <= 0)
		return -1;
	wire_read_from(&w, packet, (size_t)n);
	if (status_get(&w, &record) != STATUS_OK || record.type != STATUS_ASK)
		return 0;
	if (record.u.ask.op == STATUS_ASK_ALL)
		report_now(r);
	if (record.u.ask.op != STATUS_ASK_CLOSE)
		return 0;
	*channel = record.u.ask.channel;
	return 1;
}
