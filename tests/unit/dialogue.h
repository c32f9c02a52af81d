/* An FTP session written down as a script, one step a line:
 *
 *	> PASV                      the client says          >> PASV   the server hears
 *	<< 227 x (127,0,0,1,5,6)    the server says          < 227 ... the client hears
 *	! listen 1 client 4         what the session wants done with channel 1
 *	? listening 1 client 40000  what has happened
 *
 * What is heard and wanted must be all of it, in order, before the next thing is said or
 * happens. Between the lines, whoever plays a script or anything else through here checks
 * what must always hold; a broken rule is text in .broken. */
#ifndef DIALOGUE_H
#define DIALOGUE_H

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy.h"
#include "session.h"
#include "steps.h"

#ifndef DIALOGUE_TEXT
#define DIALOGUE_TEXT (512 * 1024)
#endif
#define DIALOGUE_CHANNELS 64
#define OUTPUT_BOUND (320 * 1024) /* of one side: a full buffer and the largest reply */

/* As the model of the process around the session sees a channel. */
struct model {
	unsigned id; /* 0 = free */
	bool asked[2], listening[2], dialled[2], connected[2], eof_passed[2], ended[2];
	bool failed[2], reset[2], timer, closed;
	uint64_t bytes; /* moved, as far as the session was told */
	struct action next; /* the dial that a listen has promised; channel 0 = none */
};

struct dialogue {
	struct session *s;
	struct session_config config;
	char heard[2][DIALOGUE_TEXT]; /* not looked at yet, CRLF as LF */
	char wanted[DIALOGUE_TEXT];
	char *line[2];   /* the unfinished last line of an output, for the rules */
	size_t line_len[2];
	struct model model[DIALOGUE_CHANNELS];
	uint16_t port[2][DIALOGUE_TEXT / 256]; /* that we were given to listen on */
	size_t ports[2];
	bool hung_up[2], opaque, unread[2]; /* unread: that side does not take its output */
	bool client_ended, mode_b;
	uint32_t said; /* the client's last four letters; Telnet may stand between them */
	bool quit, abor; /* ... were QUIT, or ABOR */
	unsigned dies_ms; /* what the next EOF will say */
	bool costly;      /* what LISTENING says */
	struct steps *steps; /* written down here, if anybody wants it */
	char broken[512];
};

static const char *const side_names[2] = { "client", "server" };

__attribute__((format(printf, 2, 3))) static inline void
dialogue_break(struct dialogue *d, const char *format, ...)
{
	va_list ap;

	if (d->broken[0] != '\0')
		return;
	va_start(ap, format);
	vsnprintf(d->broken, sizeof(d->broken), format, ap);
	va_end(ap);
}

static inline void
dialogue_append(char *text, const char *more, size_t len)
{
	size_t at = strlen(text);

	if (at + len + 1 > DIALOGUE_TEXT)
		len = DIALOGUE_TEXT - 1 - at;
	for (size_t i = 0; i < len; i++)
		if (more[i] != '\r' || i + 1 == len || more[i + 1] != '\n')
			text[at++] = more[i] ? more[i] : '0';
	text[at] = '\0';
}

/* With DIALOGUE_TRACE in the environment all of it goes to stderr as well. */
__attribute__((format(printf, 1, 2))) static inline void
dialogue_trace(const char *format, ...)
{
	va_list ap;

	if (getenv("DIALOGUE_TRACE") == NULL)
		return;
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
}

/* ---- the rules ---- */

static inline bool
dialogue_own_port(const struct dialogue *d, enum side side, uint16_t port)
{
	for (size_t i = 0; i < d->ports[side]; i++)
		if (d->port[side][i] == port)
			return true;
	return false;
}

/* The first size bytes of a line as a client sees them that takes out NULs and Telnet. */
static inline size_t
dialogue_plain(char *plain, size_t size, const char *line, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < size; i++) {
		uint8_t c = (uint8_t)line[i], command = i + 1 < len ? (uint8_t)line[i + 1] : 0;

		if (c == 255)
			i += command >= 251 && command <= 254 ? 2 : 1;
		else if (c != 0)
			plain[n++] = line[i];
	}
	return n;
}

/* A line that a client may take for an address must name our own listener. Clients differ
 * in what they take for a reply: any "227" with no digit behind it counts. */
static inline void
dialogue_check_reply(struct dialogue *d, const char *line, size_t len)
{
	struct ftp_address a, *ours = &d->config.listen4[CLIENT];
	char want[256], code[4];
	size_t n = dialogue_plain(code, sizeof(code), line, len);

	d->opaque |= d->config.tls_pass && len >= 3 && memcmp(line, "234", 3) == 0;
	if (n < 3 || memcmp(code, "22", 2) != 0 || code[2] < '7' || code[2] > '9' ||
	    (n > 3 && code[3] >= '0' && code[3] <= '9'))
		return;
	for (size_t i = 0; i < d->ports[CLIENT]; i++)
		for (enum ftp_verb v = FTP_PASV; v <= FTP_LPSV; v++)
			for (int six = 0; six < 2; six++) {
				a = six ? d->config.listen6[CLIENT] : *ours;
				a.port = d->port[CLIENT][i];
				n = ftp_format_passive(want, sizeof(want), v, &a);
				if (n == len && memcmp(want, line, n) == 0)
					return;
			}
	dialogue_break(d, "the client hears: %.*s", (int)len, line);
}

static inline void
dialogue_check_command(struct dialogue *d, const char *line, size_t len)
{
	static const char *const names[] = { "PORT", "EPRT", "LPRT" };
	struct ftp_address a;
	int i;

	d->mode_b |= len >= 6 && strncasecmp(line, "MODE", 4) == 0;
	for (i = 0; i < 3; i++)
		if (len >= 4 && strncasecmp(line, names[i], 4) == 0 && (len == 4 || line[4] == ' '))
			break;
	if (i == 3)
		return;
	if (len < 5 || ftp_parse_active((enum ftp_verb)(FTP_PORT + i), line + 5, len - 5, &a) != 0 ||
	    (!ftp_address_same_host(&a, &d->config.listen4[SERVER]) &&
	    !ftp_address_same_host(&a, &d->config.listen6[SERVER])) ||
	    !dialogue_own_port(d, SERVER, a.port))
		dialogue_break(d, "the server hears: %.*s", (int)len, line);
}

/* No end of file on a guess: an upload's client must be there or have said QUIT, a download
 * must have had its final reply, and a good one, unless nothing came or it was to be aborted. */
static inline void
dialogue_check_eof(struct dialogue *d, const struct model *m, const struct action *a)
{
	const char *direction = session_direction(d->s, a->channel);

	if (d->mode_b || d->unread[SERVER])
		return;
	if (a->end == SERVER && strcmp(direction, "up") == 0 && d->client_ended && !d->quit)
		dialogue_break(d, "channel %u: a cut upload looks whole", a->channel);
	if (a->end == CLIENT && strcmp(direction, "down") == 0) {
		int final = session_final(d->s, a->channel);

		if (final == 0)
			dialogue_break(d, "channel %u: EOF without a final reply", a->channel);
		if (final >= 300 && m->bytes > 0 && !d->abor)
			dialogue_break(d, "channel %u: EOF behind a %d", a->channel, final);
	}
}

/* Whole lines, however the output came in pieces. */
static inline void
dialogue_check_output(struct dialogue *d, enum side side, const char *data, size_t len)
{
	for (size_t i = 0; i < len && !d->opaque; i++) {
		char *line = d->line[side];
		size_t n = d->line_len[side];

		if (data[i] != '\n') {
			if (n < DIALOGUE_TEXT)
				line[d->line_len[side]++] = data[i];
			continue;
		}
		d->line_len[side] = 0;
		if (n == 0 || line[n - 1] != '\r')
			dialogue_break(d, "the %s hears a line without CR: %.*s", side_names[side], (int)n, line);
		else if (side == CLIENT)
			dialogue_check_reply(d, line, n - 1);
		else
			dialogue_check_command(d, line, n - 1);
	}
}

static inline struct model *
dialogue_model(struct dialogue *d, unsigned id, bool create)
{
	struct model *free_one = NULL;

	for (int i = 0; i < DIALOGUE_CHANNELS; i++) {
		if (d->model[i].id == id)
			return &d->model[i];
		if (d->model[i].id == 0 && free_one == NULL)
			free_one = &d->model[i];
	}
	if (!create || free_one == NULL)
		return NULL;
	*free_one = (struct model){ .id = id };
	return free_one;
}

static inline void
dialogue_check_dial(struct dialogue *d, const struct model *m, const struct action *a)
{
	if (a->address.port < 1024)
		dialogue_break(d, "port %u is dialled", a->address.port);
	if (a->end == CLIENT && !policy_active_allowed(&d->config.client_peer, &a->address))
		dialogue_break(d, "somebody else than the client is dialled");
	if (m->next.channel == a->channel && m->next.end == a->end &&
	    (m->next.address.port != a->address.port ||
	    m->next.address.family != a->address.family ||
	    memcmp(m->next.address.bytes, a->address.bytes, sizeof(a->address.bytes)) != 0))
		dialogue_break(d, "channel %u: another dial than was told", m->id);
}

/* What a listen tells of the dial behind it may be carried out at once. */
static inline void
dialogue_foresee(struct dialogue *d, struct model *m, const struct action *listen)
{
	struct action next;

	m->next.channel = 0;
	if (!session_dials_next(d->s, listen, &next))
		return;
	if (next.kind != ACT_DIAL || next.channel != m->id || next.end == listen->end)
		dialogue_break(d, "channel %u: a dial that is none is told", m->id);
	dialogue_check_dial(d, m, &next);
	m->next = next;
}

static inline void
dialogue_check_action(struct dialogue *d, const struct action *a)
{
	struct model *m;
	unsigned open = 0;

	if (a->kind == ACT_HANGUP || (a->kind == ACT_EOF && a->channel == 0)) {
		if (d->hung_up[a->end])
			dialogue_break(d, "%s hung up already", side_names[a->end]);
		d->hung_up[a->end] |= a->kind == ACT_HANGUP;
		return;
	}
	m = dialogue_model(d, a->channel, a->kind != ACT_EOF);
	if (a->channel == 0 || m == NULL) {
		dialogue_break(d, "action %d for channel %u", a->kind, a->channel);
		return;
	}
	for (int i = 0; i < DIALOGUE_CHANNELS; i++)
		open += d->model[i].id != 0;
	if (open > 16)
		dialogue_break(d, "%u channels are open", open);
	if (m->closed)
		dialogue_break(d, "action %d for channel %u, which is closed", a->kind, m->id);
	if (a->kind == ACT_LISTEN || a->kind == ACT_DIAL)
		m->failed[a->end] = false;
	switch (a->kind) {
	case ACT_LISTEN:
		if (m->asked[a->end] || m->listening[a->end] || m->dialled[a->end])
			dialogue_break(d, "channel %u listens twice", m->id);
		m->asked[a->end] = true;
		dialogue_foresee(d, m, a);
		break;
	case ACT_DIAL:
		dialogue_check_dial(d, m, a);
		if (m->dialled[a->end] || m->connected[a->end] || m->asked[a->end])
			dialogue_break(d, "channel %u dials twice", m->id);
		m->dialled[a->end] = true;
		break;
	case ACT_CANCEL:
		m->asked[a->end] = m->listening[a->end] = false;
		break;
	case ACT_EOF:
		if (m->eof_passed[a->end])
			dialogue_break(d, "channel %u: second EOF", m->id);
		m->eof_passed[a->end] = true;
		dialogue_check_eof(d, m, a);
		break;
	case ACT_TIMER:
		m->timer = a->ms != 0;
		break;
	default:
		m->closed = true;
	}
}

/* ---- playing ---- */

static inline void
dialogue_want(struct dialogue *d, const struct action *a)
{
	static const char *const names[] = { "listen", "dial", "cancel", "eof", "abort", "close",
		"timer", "hangup" };
	char text[128], host[INET6_ADDRSTRLEN] = "";
	int n = snprintf(text, sizeof(text), "%s", names[a->kind]);
	size_t size = sizeof(text) - (size_t)n;

	if (a->address.family != 0)
		inet_ntop(a->address.family == 4 ? AF_INET : AF_INET6, a->address.bytes, host,
		    sizeof(host));
	if (a->kind == ACT_HANGUP)
		snprintf(text + n, size, " %s\n", side_names[a->end]);
	else if (a->kind == ACT_TIMER)
		snprintf(text + n, size, " %u %u\n", a->channel, a->ms);
	else if (a->kind == ACT_CLOSE)
		snprintf(text + n, size, " %u\n", a->channel);
	else if (a->kind == ACT_ABORT)
		snprintf(text + n, size, " %u %s\n", a->channel,
		    a->mask == 3 ? "both" : a->mask == 1 ? "client" : a->mask == 2 ? "server" : "none");
	else if (a->kind == ACT_LISTEN)
		snprintf(text + n, size, " %u %s %u%s\n", a->channel, side_names[a->end],
		    a->address.family, a->bulk ? " bulk" : "");
	else if (a->kind == ACT_DIAL)
		snprintf(text + n, size, " %u %s %s:%u%s\n", a->channel, side_names[a->end], host,
		    a->address.port, a->bulk ? " bulk" : "");
	else
		snprintf(text + n, size, " %u %s\n", a->channel, side_names[a->end]);
	dialogue_trace("! %s", text);
	dialogue_append(d->wanted, text, strlen(text));
}

static inline void
dialogue_event(struct dialogue *d, enum event_kind kind, unsigned channel, enum side end,
    uint16_t port, uint64_t bytes)
{
	struct event e = { .kind = kind, .channel = channel, .end = end, .port = port,
		.bytes = bytes, .dies_ms = kind == EV_EOF ? d->dies_ms : 0,
		.costly = kind == EV_LISTENING && d->costly };
	struct model *m = dialogue_model(d, channel, false);

	dialogue_trace("? event %d of %u %s\n", kind, channel, side_names[end]);
	if (m != NULL) {
		steps_event(d->steps, &e, (int)(m - d->model));
		if (kind == EV_EOF || kind == EV_TIMER)
			m->bytes = bytes;
		m->listening[end] |= kind == EV_LISTENING;
		m->connected[end] |= kind == EV_CONNECTED;
		m->ended[end] |= kind == EV_EOF;
		m->reset[end] |= kind == EV_RESET;
		m->failed[end] |= kind == EV_FAILED;
		if (kind == EV_LISTENING || kind == EV_FAILED)
			m->asked[end] = false;
		if (kind == EV_LISTENING && d->ports[end] < sizeof(d->port[0]) / sizeof(d->port[0][0]))
			d->port[end][d->ports[end]++] = port;
		if (kind == EV_TIMER)
			m->timer = false;
		if (kind == EV_CLOSED)
			m->id = 0;
	}
	session_event(d->s, &e);
}

/* Take over all that the session says and wants; a closed channel is gone at once. */
static inline void
dialogue_settle(struct dialogue *d)
{
	struct action a;
	bool more = true;

	while (more) {
		more = false;
		for (int side = CLIENT; side <= SERVER; side++) {
			size_t len;
			const char *data = session_output(d->s, (enum side)side, &len);

			if (len > OUTPUT_BOUND)
				dialogue_break(d, "%zu bytes wait for the %s", len, side_names[side]);
			if (len == 0 || d->unread[side])
				continue;
			dialogue_check_output(d, (enum side)side, data, len);
			dialogue_trace("%s %.*s", side == CLIENT ? "<" : ">>", (int)len, data);
			dialogue_append(d->heard[side], data, len);
			session_sent(d->s, (enum side)side, len);
			more = true;
		}
		while (session_next(d->s, &a)) {
			dialogue_check_action(d, &a);
			dialogue_want(d, &a);
			if (a.kind == ACT_CLOSE || a.kind == ACT_ABORT)
				dialogue_event(d, EV_CLOSED, a.channel, CLIENT, 0, 0);
			more = true;
		}
	}
}

/* As much as there is room for; returns how much that was. */
static inline size_t
dialogue_push(struct dialogue *d, enum side side, const void *data, size_t len)
{
	size_t room = session_room(d->s, side);

	if (len > room)
		len = room;
	dialogue_trace("%s %.*s", side == CLIENT ? ">" : "<<", (int)len, (const char *)data);
	for (size_t i = 0; side == CLIENT && i < len; i++) {
		uint8_t c = ((const uint8_t *)data)[i] | 32;

		d->said = c >= 'a' && c <= 'z' ? d->said << 8 | c : d->said;
		d->quit |= d->said == ('q' << 24 | 'u' << 16 | 'i' << 8 | 't');
		d->abor |= d->said == ('a' << 24 | 'b' << 16 | 'o' << 8 | 'r');
	}
	steps_said(d->steps, side, data, len);
	if (len > 0)
		session_push(d->s, side, data, len);
	dialogue_settle(d);
	return len;
}

static inline void
dialogue_end(struct dialogue *d, enum side side)
{
	dialogue_trace("? end %s\n", side_names[side]);
	steps_other(d->steps, STEP_ENDS, side);
	d->client_ended |= side == CLIENT;
	session_eof(d->s, side);
	dialogue_settle(d);
}

static inline void
dialogue_fail(struct dialogue *d, const char *why)
{
	steps_other(d->steps, STEP_FAILS, CLIENT);
	session_fail(d->s, why);
}

static inline struct dialogue *
dialogue_new(const struct session_config *config)
{
	struct dialogue *d = calloc(1, sizeof(*d));

	d->config = *config;
	d->s = session_new(&d->config);
	d->line[CLIENT] = malloc(DIALOGUE_TEXT);
	d->line[SERVER] = malloc(DIALOGUE_TEXT);
	return d;
}

static inline void
dialogue_free(struct dialogue *d)
{
	free(d->steps);
	session_free(d->s);
	free(d->line[CLIENT]);
	free(d->line[SERVER]);
	free(d);
}

/* The addresses are such that no other can be mistaken for them. */
static inline struct session_config
dialogue_config(enum server_mode mode)
{
	return (struct session_config){ .mode = mode, .active_possible = true,
		.client_peer = { 4, { 10, 0, 0, 1 }, 0 }, .family = { 4, 4 },
		.listen4 = { { 4, { 10, 0, 0, 2 }, 0 }, { 4, { 10, 0, 0, 3 }, 0 } },
		.server_name = "ftp.example.org" };
}

/* ---- scripts ---- */

static inline enum side
dialogue_side(const char *name)
{
	return name[0] == 's' ? SERVER : CLIENT;
}

/* "eof 1 server 42" and its kin; "end client", "fail why"; "dies 500": the next EOF is that of a
 * client that seems to die. */
static inline void
dialogue_happen(struct dialogue *d, const char *text)
{
	static const char *const names[] = { "listening", "connected", "failed", "eof", "reset",
		"drained", "timer", "closed" };
	char word[32] = "", end[32] = "";
	unsigned channel = 0;
	unsigned long long n = 0;

	if (strncmp(text, "fail ", 5) == 0)
		dialogue_fail(d, text + 5);
	else if (strncmp(text, "end ", 4) == 0)
		dialogue_end(d, dialogue_side(text + 4));
	else if (strncmp(text, "dies ", 5) == 0)
		d->dies_ms = (unsigned)atoi(text + 5);
	else if (strncmp(text, "timer ", 6) == 0) {
		sscanf(text + 6, "%u %llu", &channel, &n);
		dialogue_event(d, EV_TIMER, channel, CLIENT, 0, n);
	} else {
		sscanf(text, "%31s %u %31s %llu", word, &channel, end, &n);
		for (int i = 0; i < 8; i++)
			if (strcmp(word, names[i]) == 0)
				dialogue_event(d, (enum event_kind)i, channel, dialogue_side(end),
				    (uint16_t)n, n);
	}
	dialogue_settle(d);
}

/* Take the first line of what was heard or wanted; false when it is another one. */
static inline bool
dialogue_take(struct dialogue *d, char *text, const char *line, size_t len, const char *what)
{
	if (strncmp(text, line, len) != 0 || text[len] != '\n') {
		dialogue_break(d, "%s: %.*s\nbut it was: %.*s", what, (int)len, line,
		    (int)strcspn(text, "\n"), text);
		return false;
	}
	memmove(text, text + len + 1, strlen(text + len + 1) + 1);
	return true;
}

static inline bool
dialogue_quiet(struct dialogue *d, const char *before, size_t len)
{
	const char *text[] = { d->heard[CLIENT], d->heard[SERVER], d->wanted };
	static const char *const names[] = { "<", ">>", "!" };

	for (int i = 0; i < 3; i++)
		if (text[i][0] != '\0')
			dialogue_break(d, "not in the script before \"%.*s\": %s %.*s", (int)len, before,
			    names[i], (int)strcspn(text[i], "\n"), text[i]);
	return d->broken[0] == '\0';
}

static inline void
dialogue_step(struct dialogue *d, const char *line, size_t len)
{
	char text[1024];

	if (strncmp(line, ">> ", 3) == 0)
		dialogue_take(d, d->heard[SERVER], line + 3, len - 3, "the server hears");
	else if (strncmp(line, "< ", 2) == 0)
		dialogue_take(d, d->heard[CLIENT], line + 2, len - 2, "the client hears");
	else if (strncmp(line, "! ", 2) == 0)
		dialogue_take(d, d->wanted, line + 2, len - 2, "the session wants");
	else if (dialogue_quiet(d, line, len) && strncmp(line, "? ", 2) == 0) {
		snprintf(text, sizeof(text), "%.*s", (int)len - 2, line + 2);
		dialogue_happen(d, text);
	} else if (strncmp(line, "> ", 2) == 0 || strncmp(line, "<< ", 3) == 0) {
		size_t skip = line[0] == '>' ? 2 : 3;

		snprintf(text, sizeof(text), "%.*s\r\n", (int)(len - skip), line + skip);
		dialogue_push(d, line[0] == '>' ? CLIENT : SERVER, text, strlen(text));
	} else
		dialogue_break(d, "not a step: %.*s", (int)len, line);
}

/* Play a script; "" when all went by it, else what went wrong. */
static inline const char *
dialogue_play(struct dialogue *d, const char *script)
{
	dialogue_settle(d);
	while (*script != '\0' && d->broken[0] == '\0') {
		size_t len = strcspn(script, "\n");

		dialogue_step(d, script, len);
		script += script[len] ? len + 1 : len;
	}
	dialogue_quiet(d, "the end", 7);
	return d->broken;
}

#endif
