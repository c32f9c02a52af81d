#include "coverage.h"

#include <string.h>

#include "state/session_channel.h"

#define EVENTS 10
#define STATES 16
#define TIMERS 16
#define CODES  8

static const char *const event_names[EVENTS] = { "listening", "connected", "failed", "stranger",
	"moved", "eof", "reset", "drained", "alive", "timer" };
static const char *const code_names[CODES] = { "1xx", "227", "226", "2xx", "3xx", "4xx", "5xx",
	"421" };
static const char *const pending_names[PENDING_KINDS] = { "greeting", "plain", "passive", "active",
	"transfer", "FEAT", "TYPE", "ABOR", "AUTH", "EPSV ALL", "MODE B", "own" };
static unsigned long events[EVENTS][2][STATES], replies[CODES][PENDING_KINDS + 1], holds[TIMERS][4];

/* How far a channel is, in a few words. */
static unsigned
state_of(const struct channel *ch)
{
	if (ch == NULL)
		return 0;
	if (ch->end[CLIENT].passed || ch->end[SERVER].passed)
		return 5 + (ch->dir == DIR_UP);
	if (ch->end[CLIENT].connected && ch->end[SERVER].connected)
		return 3 + (ch->dir == DIR_UP) + (ch->final != 0 ? 4 : 0);
	return 1 + (ch->end[CLIENT].connected || ch->end[SERVER].connected);
}

static const char *const state_names[STATES] = { "closed", "awaited", "half there", "down", "up",
	"down, end passed", "up, end passed", "down, answered", "up, answered" };

void
coverage_event(const struct session *s, const struct event *e)
{
	const struct channel *ch = channel_by_id(s, e->channel);

	if (e->kind == EV_TIMER)
		holds[ch != NULL ? (unsigned)ch->timer : 0]
		     [e->channel == 0 ? 1 + (s->timer > 1) + (s->timer > 2) : 0]++;
	else
		events[e->kind][e->end][state_of(ch)]++;
}

static unsigned
code_of(const char *line)
{
	if (strncmp(line, "421", 3) == 0)
		return 7;
	if (strncmp(line, "227", 3) == 0 || strncmp(line, "228", 3) == 0 ||
	    strncmp(line, "229", 3) == 0)
		return 1;
	if (strncmp(line, "226", 3) == 0 || strncmp(line, "225", 3) == 0 ||
	    strncmp(line, "426", 3) == 0)
		return 2;
	return line[0] == '1' ? 0 : (unsigned)(line[0] - '0') + 1;
}

/* What the server says, and what was the first of the unanswered commands then. */
void
coverage_reply(const struct session *s, const char *line, size_t len)
{
	const struct pending *p = NULL;

	if (len < 4 || line[0] < '1' || line[0] > '5' || line[3] != ' ')
		return;
	for (size_t i = 0; i < s->queue.count && (p == NULL || !p->sent); i++)
		p = queue_at(&s->queue, i);
	replies[code_of(line)][p != NULL && p->sent ? (unsigned)p->kind : PENDING_KINDS]++;
}

static void
print_events(FILE *f)
{
	for (int e = 0; e < EVENTS; e++)
		for (int side = CLIENT; side <= SERVER; side++)
			for (int state = 0; state < STATES; state++)
				if (events[e][side][state] > 0)
					fprintf(f, "  %9lu  %s of the %s's end, channel: %s\n",
					    events[e][side][state], event_names[e],
					    side == CLIENT ? "client" : "server",
					    state_names[state]);
}

static void
print_holds(FILE *f)
{
	static const char *const names[TIMERS] = { "?", "is the client dying", "final reply",
		"stall", "owner", "a setup's answer", "connection", "does ssh dial" };
	static const char *const session[] = { "", "whose reply", "client leaves", "session gone" };

	for (int t = 0; t < TIMERS; t++)
		if (holds[t][0] > 0)
			fprintf(f, "  %9lu  hold at its bound: %s\n", holds[t][0],
			    names[t] ? names[t] : "another");
	for (int t = 1; t < 4; t++)
		fprintf(f, "  %9lu  hold at its bound: %s\n", holds[0][t], session[t]);
}

void
coverage_print(FILE *f)
{
	fprintf(f, "events and the state of the channel:\n");
	print_events(f);
	fprintf(f, "replies and the first unanswered command:\n");
	for (int code = 0; code < CODES; code++)
		for (unsigned kind = 0; kind <= PENDING_KINDS; kind++)
			if (replies[code][kind] > 0)
				fprintf(f, "  %9lu  %s, %s\n", replies[code][kind],
				    code_names[code],
				    kind < PENDING_KINDS ? pending_names[kind] : "none");
	print_holds(f);
}
