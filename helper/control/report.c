#include "control/report.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/packet.h"
#include "status/status.h"

#define RUNNING_MS 1000 /* between two reports while a channel is open */
#define CHANGED_MS 200  /* ... while anything else changes */

/* What is known of a channel beyond the session machine. */
struct note {
	unsigned id;
	uint64_t total;
};

struct report {
	struct loop *loop;
	const struct session *session;
	struct report_config config;
	struct timer *timer;
	uint64_t due, last; /* when the timer fires; when the last packet went */
	struct status_session sum; /* of the channels that are closed */
	struct note note[STATUS_CHANNELS];
	bool restarted;
	uint64_t early; /* announced by a 1xx reply before the data connection was there */
};

struct report *
report_new(struct loop *loop, const struct session *session, const struct report_config *config)
{
	struct report *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->loop = loop;
	r->session = session;
	r->config = *config;
	return r;
}

void
report_free(struct report *r)
{
	if (r == NULL)
		return;
	timer_free(r->timer);
	free(r);
}

/* The note of a channel; the place of one that is no more, where it is new. */
static struct note *
note_get(struct report *r, unsigned id)
{
	struct note *free = NULL;

	for (int i = 0; i < STATUS_CHANNELS; i++) {
		struct note *n = &r->note[i];

		if (n->id == id)
			return n;
		if (n->id == 0 || *session_direction(r->session, n->id) == '\0')
			free = n;
	}
	if (free != NULL)
		*free = (struct note){ .id = id };
	return free;
}

/* How much a transfer will be */

/* The number at text[at]; returns where it ends. One that is too large is cut. */
static size_t
number(const char *text, size_t len, size_t at, uint64_t *n)
{
	for (*n = 0; at < len && isdigit((unsigned char)text[at]); at++)
		if (*n < UINT64_MAX / 10 - 1)
			*n = *n * 10 + (uint64_t)(text[at] - '0');
	return at;
}

/* "150 Opening BINARY mode data connection for f (1234 bytes)." */
static void
size_in_text(const char *text, size_t len, uint64_t *size)
{
	for (size_t i = 0, end; i < len; i++) {
		uint64_t n;

		if (text[i] != '(')
			continue;
		end = number(text, len, i + 1, &n);
		if (end > i + 1 && len - end >= 5 && strncasecmp(text + end, " byte", 5) == 0)
			*size = n;
	}
}

/* The transfer that a 1xx reply is about: the oldest download that is unanswered. */
static unsigned
begun(const struct report *r)
{
	unsigned oldest = 0;

	for (size_t i = 0; i < r->config.channel_count; i++) {
		unsigned id = r->config.channels[i];

		if (id == 0 || strcmp(session_direction(r->session, id), "down") != 0)
			continue;
		if (session_final(r->session, id) == 0 && (oldest == 0 || id < oldest))
			oldest = id;
	}
	return oldest;
}

static void
transfer_begins(struct report *r, const char *line, size_t len)
{
	unsigned id = begun(r);
	struct note *n = id != 0 ? note_get(r, id) : NULL;

	size_in_text(line, len, n != NULL ? &n->total : &r->early);
}

/* After REST the announced size is not what will come. */
static uint64_t
total_of(struct report *r, struct note *n, const char *direction)
{
	if (n == NULL || r->restarted || strcmp(direction, "down") != 0)
		return 0;
	if (n->total == 0 && r->early != 0) {
		n->total = r->early;
		r->early = 0;
	}
	return n->total;
}

static void
server_line(struct report *r, const char *line, size_t len)
{
	if (len >= 4 && (strncmp(line, "150", 3) == 0 || strncmp(line, "125", 3) == 0))
		transfer_begins(r, line, len);
}

/* The control connection */

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

static bool
is_verb(const char *line, size_t len, const char *verb)
{
	return len >= strlen(verb) && strncasecmp(line, verb, strlen(verb)) == 0;
}

static void
client_line(struct report *r, const char *line, size_t len)
{
	uint64_t offset;

	r->sum.commands++;
	keep_command(r, line, len);
	if (is_verb(line, len, "REST ")) {
		number(line, len, 5, &offset);
		r->restarted = offset > 0;
	} else if (is_verb(line, len, "USER ")) {
		r->restarted = false;
	}
}

void
report_line(struct report *r, enum side from, const char *line, size_t len)
{
	if (r == NULL || r->config.fd == -1)
		return;
	if (from == CLIENT)
		client_line(r, line, len);
	else
		server_line(r, line, len);
	report_touch(r);
}

/* Channels */

static uint64_t
bytes_of(const struct report *r, unsigned id)
{
	struct session_count count;

	counts_get(r->config.counts, id, &count);
	return count.from[CLIENT] + count.from[SERVER];
}

static void
add_bytes(struct status_session *sum, const char *direction, uint64_t bytes)
{
	if (strcmp(direction, "up") == 0)
		sum->bytes_up += bytes;
	else
		sum->bytes_down += bytes;
}

void
report_closed(struct report *r, unsigned id, bool aborted)
{
	int final;

	if (r == NULL || *session_transfer(r->session, id) == '\0')
		return;
	final = session_final(r->session, id);
	r->sum.transfers++;
	r->sum.failed += aborted || final == 0 || final >= 300;
	r->restarted = false;
	r->early = 0;
	add_bytes(&r->sum, session_direction(r->session, id), bytes_of(r, id));
}

/* The packet */

static uint32_t
direction_of(const char *name)
{
	for (uint32_t i = 0; status_directions[i] != NULL; i++)
		if (strcmp(status_directions[i], name) == 0)
			return i;
	return STATUS_NONE;
}

static bool
channel_record(struct report *r, unsigned id, struct status_record *record)
{
	const char *transfer = session_transfer(r->session, id), *client, *server;
	const char *direction = session_direction(r->session, id);
	struct note *n = note_get(r, id);
	struct status_channel *c = &record->u.channel;

	session_verbs(r->session, id, &client, &server);
	if (*client == '\0')
		return false;
	*record = (struct status_record){ .type = STATUS_CHANNEL };
	c->number = id;
	c->direction = direction_of(direction);
	keep(c->client_verb, sizeof(c->client_verb), client, strlen(client));
	keep(c->server_verb, sizeof(c->server_verb), server, strlen(server));
	keep(c->transfer, sizeof(c->transfer), transfer, strlen(transfer));
	c->method = r->config.method;
	c->bytes = bytes_of(r, id);
	c->total = total_of(r, n, direction);
	return true;
}

static void
session_record(struct report *r, struct status_record *record)
{
	const char *user = session_user(r->session);
	struct status_session *s = &record->u.session;

	*record = (struct status_record){ .type = STATUS_SESSION };
	*s = r->sum;
	keep(s->user, sizeof(s->user), user, strlen(user));
	s->busy = session_busy(r->session);
}

/* The session goes first, but its sums need the channels. Returns how many there are. */
static size_t
compose(struct report *r, struct wire *w)
{
	struct status_record all[1 + STATUS_CHANNELS];
	size_t n = 0;

	session_record(r, &all[0]);
	for (size_t i = 0; i < r->config.channel_count && n < STATUS_CHANNELS; i++) {
		unsigned id = r->config.channels[i];

		if (id == 0 || !channel_record(r, id, &all[n + 1]))
			continue;
		n++;
		add_bytes(&all[0].u.session, session_direction(r->session, id), bytes_of(r, id));
	}
	for (size_t i = 0; i <= n; i++)
		status_put(w, &all[i]);
	return n;
}

static void
report_due(void *arg)
{
	struct report *r = arg;

	r->timer = NULL;
	report_now(r);
}

static void
report_later(struct report *r, unsigned ms)
{
	uint64_t due = loop_now() + ms;

	if (r->timer != NULL && r->due <= due)
		return;
	timer_free(r->timer);
	r->due = due;
	r->timer = loop_timer(r->loop, ms, report_due, r);
}

void
report_now(struct report *r)
{
	uint8_t packet[STATUS_PACKET_MAX];
	struct wire w;
	size_t channels;

	if (r == NULL || r->config.fd == -1)
		return;
	timer_free(r->timer);
	r->timer = NULL;
	r->last = loop_now();
	wire_write_to(&w, packet, sizeof(packet));
	channels = compose(r, &w);
	if (packet_send(r->config.fd, packet, w.len, NULL, 0) == -1 &&
	    errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ENOBUFS)
		r->config.fd = -1; /* the tunnel is gone: told by whoever watches it */
	else if (channels > 0)
		report_later(r, RUNNING_MS);
}

void
report_touch(struct report *r)
{
	uint64_t since;

	if (r == NULL || r->config.fd == -1)
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

	if (r == NULL || r->config.fd == -1)
		return -1;
	n = packet_receive(r->config.fd, packet, sizeof(packet), NULL);
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
