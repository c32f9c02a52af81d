#include "control/report.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/packet.h"
#include "status/status.h"

#define RUNNING_MS 1000 /* between two reports while a channel is open */
#define CHANGED_MS 200  /* ... while anything else changes */

static void
keep(char *dst, size_t size, const char *text, size_t len)
{
	if (len >= size)
		len = size - 1;
	memcpy(dst, text, len);
	dst[len] = '\0';
}

/* log_command() knows what is secret; of what is not, the very bytes are kept. */
static void
keep_command(struct report *r, const char *line, size_t len)
{
	char masked[4 * sizeof(r->sum.command)], plain[sizeof(masked)];

	log_command(masked, sizeof(masked), line, len);
	log_escape(plain, sizeof(plain), line, len);
	if (strcmp(masked, plain) == 0)
		keep(r->sum.command, sizeof(r->sum.command), line, len);
	else
		keep(r->sum.command, sizeof(r->sum.command), masked, strlen(masked));
}

void
report_line(struct report *r, enum side from, const char *line, size_t len)
{
	if (from == CLIENT) {
		r->sum.commands++;
		keep_command(r, line, len);
	}
	report_touch(r);
}

static void
add_bytes(const struct report *r, struct status_session *sum, unsigned id, enum direction direction)
{
	struct session_count count;

	counts_get(r->counts, id, &count);
	*(direction == DIR_UP ? &sum->bytes_up : &sum->bytes_down) +=
	    count.from[CLIENT] + count.from[SERVER];
}

void
report_closed(struct report *r, unsigned id, bool aborted)
{
	struct channel_facts facts;

	if (!session_channel(r->session, id, &facts) || *facts.transfer == '\0')
		return;
	r->sum.transfers++;
	r->sum.failed += aborted || facts.final == 0 || facts.final >= 300;
	add_bytes(r, &r->sum, id, facts.direction);
}

/* ---- the packet ---- */

static void
put_channel(const struct report *r, struct wire *w, unsigned id, const struct channel_facts *facts)
{
	static const uint32_t directions[] = { [DIR_NONE] = STATUS_NONE, [DIR_DOWN] = STATUS_DOWN,
		[DIR_UP] = STATUS_UP };
	struct status_record record = { .type = STATUS_CHANNEL };
	struct status_channel *c = &record.u.channel;
	struct status_session moved = { .bytes_up = 0 };

	c->number = id;
	c->direction = directions[facts->direction];
	keep(c->client_verb, sizeof(c->client_verb), facts->client_verb, strlen(facts->client_verb));
	keep(c->server_verb, sizeof(c->server_verb), facts->server_verb, strlen(facts->server_verb));
	keep(c->transfer, sizeof(c->transfer), facts->transfer, strlen(facts->transfer));
	c->method = r->method;
	add_bytes(r, &moved, id, facts->direction);
	c->bytes = moved.bytes_up + moved.bytes_down;
	c->total = facts->announced;
	status_put(w, &record);
}

/* The session goes first, but its sums need the channels. Returns how many there are. */
static size_t
compose(const struct report *r, struct wire *w)
{
	const char *user = session_facts(r->session)->user;
	struct status_record record = { .type = STATUS_SESSION, .u.session = r->sum };
	struct status_session *s = &record.u.session;
	struct channel_facts facts;
	size_t n = 0;

	keep(s->user, sizeof(s->user), user, strlen(user));
	s->busy = session_busy(r->session);
	for (size_t i = 0; i < r->channel_count; i++)
		if (session_channel(r->session, r->channels[i], &facts))
			add_bytes(r, s, r->channels[i], facts.direction);
	status_put(w, &record);
	for (size_t i = 0; i < r->channel_count && n < STATUS_CHANNELS; i++)
		if (session_channel(r->session, r->channels[i], &facts)) {
			put_channel(r, w, r->channels[i], &facts);
			n++;
		}
	return n;
}

static void
report_due(void *arg)
{
	report_now(arg);
}

static void
report_later(struct report *r, unsigned ms)
{
	uint64_t due = loop_now() + ms;

	if (r->timer.loop != NULL && r->due <= due)
		return;
	r->due = due;
	timer_set(&r->timer, r->loop, ms, report_due, r);
}

void
report_now(struct report *r)
{
	uint8_t packet[STATUS_PACKET_MAX];
	struct wire w;
	size_t channels;

	if (r->fd == -1)
		return;
	timer_stop(&r->timer);
	r->last = loop_now();
	wire_write_to(&w, packet, sizeof(packet));
	channels = compose(r, &w);
	if (packet_send(r->fd, packet, w.len, NULL, 0) == -1 &&
	    errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ENOBUFS)
		r->fd = -1; /* the tunnel is gone: told by whoever watches it */
	else if (channels > 0)
		report_later(r, RUNNING_MS);
}

void
report_touch(struct report *r)
{
	uint64_t since;

	if (r->fd == -1)
		return;
	since = loop_now() - r->last;
	report_later(r, since < CHANGED_MS ? CHANGED_MS - (unsigned)since : 0);
}

int
report_request(struct report *r, unsigned *channel)
{
	uint8_t packet[STATUS_RECORD_MAX];
	struct status_record record;
	struct wire w;
	ssize_t n;

	if (r->fd == -1)
		return -1;
	n = packet_receive(r->fd, packet, sizeof(packet), NULL);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	wire_read_from(&w, packet, (size_t)n);
	if (status_get(&w, &record) != STATUS_OK || record.type != STATUS_ASK ||
	    record.u.ask.op != STATUS_ASK_CLOSE)
		return 0;
	*channel = record.u.ask.channel;
	return 1;
}
