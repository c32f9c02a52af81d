/* An FTP session written down as a script, one step a line:
 *
 *	> PASV                      the client says          >> PASV   the server hears
 *	<< 227 x (127,0,0,1,5,6)    the server says          < 227 ... the client hears
 *	! open 1 client listen 4    what the session wants done with channel 1
 *	? listening 1 client 40000  what has happened
 *
 * What is heard and wanted must be all of it, in order, before the next thing is said or
 * happens. Between the lines, whoever plays a script or anything else through here checks
 * what must always hold; a broken rule is text in .broken. */
#ifndef FTP_DIALOGUE_H
#define FTP_DIALOGUE_H

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ftp/policy.h"
#include "session/session.h"
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
	bool failed[2], reset[2], moved[2], timer, closed, checking, alive;
	enum client_state client;
	uint64_t from[2]; /* moved */
};

struct ftp_dialogue {
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
	bool client_ended, mode_b, timer;
	unsigned early;
	uint32_t said; /* the client's last four letters; Telnet may stand between them */
	bool quit, abor; /* ... were QUIT, or ABOR */
	struct steps *steps; /* written down here, if anybody wants it */
	char broken[512];
};

static const char *const side_names[2] = { "client", "server" };

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

__attribute__((format(printf, 2, 3))) static inline void
dialogue_break(struct ftp_dialogue *d, const char *format, ...)
{
	va_list ap;

	if (d->broken[0] != '\0')
		return;
	va_start(ap, format);
	vsnprintf(d->broken, sizeof(d->broken), format, ap);
	va_end(ap);
	dialogue_trace("BROKEN: %s\n", d->broken);
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

/* ---- the rules ---- */

static inline bool
dialogue_own_port(const struct ftp_dialogue *d, enum side side, uint16_t port)
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

/* ... in canonical form, but for words before it in which there is no number. */
static inline bool
dialogue_same_address(const char *line, size_t len, const char *want)
{
	const char *bracket = memchr(line, '(', len), *tail = strchr(want, '(');
	size_t n = bracket != NULL ? (size_t)(bracket - line) : 0;

	for (size_t i = 4; i < n; i++)
		if (line[i] < ' ' || line[i] > '~' || (line[i] >= '0' && line[i] <= '9'))
			return false;
	return n > 4 && memcmp(line, want, 4) == 0 && strlen(tail) == len - n &&
	    memcmp(bracket, tail, len - n) == 0;
}

/* A line that a client may take for an address must name our own listener. Clients differ
 * in what they take for a reply: any "227" with no digit behind it counts. */
static inline void
dialogue_check_reply(struct ftp_dialogue *d, const char *line, size_t len)
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
				if (n > 0 && dialogue_same_address(line, len, want))
					return;
			}
	dialogue_break(d, "the client hears: %.*s", (int)len, line);
}

static inline void
dialogue_check_command(struct ftp_dialogue *d, const char *line, size_t len)
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
 * of which something has come must have had its final reply, or the link be known to live. */
static inline void
dialogue_check_eof(struct ftp_dialogue *d, const struct model *m, const struct action *a)
{
	bool unseen = d->client_ended || (d->hung_up[CLIENT] && !d->hung_up[SERVER]);
	struct channel_facts facts;

	session_channel(d->s, a->channel, &facts);
	if (d->mode_b || d->unread[SERVER])
		return;
	if (a->end == SERVER && facts.direction == DIR_UP && unseen && !d->quit &&
	    m->client != CLIENT_LIVES && (facts.final == 0 || facts.final == 421))
		dialogue_break(d, "channel %u: a cut upload looks whole", a->channel);
	if (a->end == CLIENT && facts.direction == DIR_DOWN && !m->alive &&
	    m->from[SERVER] > 0 && facts.final == 0)
		dialogue_break(d, "channel %u: EOF without a final reply", a->channel);
}

/* Whole lines, however the output came in pieces. */
static inline void
dialogue_check_output(struct ftp_dialogue *d, enum side side, const char *data, size_t len)
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
dialogue_model(struct ftp_dialogue *d, unsigned id, bool create)
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
dialogue_check_dial(struct ftp_dialogue *d, struct model *m, enum side end,
    const struct end_request *want)
{
	if (want->address.port < 1024)
		dialogue_break(d, "port %u is dialled", want->address.port);
	if (end == CLIENT && !policy_active_allowed(&d->config.client_peer, d->config.own, &want->address))
		dialogue_break(d, "somebody else than the client is dialled");
	if (m->dialled[end] || m->connected[end] || m->asked[end])
		dialogue_break(d, "channel %u dials twice", m->id);
	m->dialled[end] = true;
}

static inline void
dialogue_check_open(struct ftp_dialogue *d, struct model *m, const struct action *a)
{
	for (int end = CLIENT; end <= SERVER; end++) {
		if (a->ends[end].verb == END_NONE)
			continue;
		m->failed[end] = false;
		if (a->ends[end].verb == END_DIAL)
			dialogue_check_dial(d, m, (enum side)end, &a->ends[end]);
		else if (m->asked[end] || m->listening[end] || m->dialled[end])
			dialogue_break(d, "channel %u listens twice", m->id);
		else
			m->asked[end] = true;
	}
}

/* Those that concern a control connection, or the session. */
static inline bool
dialogue_check_session_action(struct ftp_dialogue *d, const struct action *a)
{
	if (a->kind == ACT_TIMER && a->channel == 0)
		d->timer = a->ms != 0;
	else if (a->kind == ACT_TIMER && dialogue_model(d, a->channel, false) == NULL)
		d->early = a->ms != 0 ? a->channel : 0; /* of a setup that opens nothing yet */
	else if (a->kind == ACT_HANGUP || a->kind == ACT_CONTROL_EOF) {
		if (d->hung_up[a->end])
			dialogue_break(d, "%s hung up already", side_names[a->end]);
		d->hung_up[a->end] |= a->kind == ACT_HANGUP;
	} else
		return false;
	return true;
}

static inline void
dialogue_check_action(struct ftp_dialogue *d, const struct action *a)
{
	struct model *m;
	unsigned open = 0;

	if (dialogue_check_session_action(d, a))
		return;
	m = dialogue_model(d, a->channel, a->kind == ACT_OPEN);
	if (a->channel == 0 || m == NULL) {
		dialogue_break(d, "action %d for channel %u", a->kind, a->channel);
		return;
	}
	for (int i = 0; i < DIALOGUE_CHANNELS; i++)
		open += d->model[i].id != 0;
	if (open > 16)
		dialogue_break(d, "%u channels are open", open);
	switch (a->kind) {
	case ACT_OPEN:
		dialogue_check_open(d, m, a);
		break;
	case ACT_CANCEL:
		m->asked[a->end] = m->listening[a->end] = false;
		break;
	case ACT_EOF:
		if (m->eof_passed[a->end])
			dialogue_break(d, "channel %u: second EOF", m->id);
		if (!m->connected[a->end])
			dialogue_break(d, "channel %u: EOF to nobody", m->id);
		m->eof_passed[a->end] = true;
		dialogue_check_eof(d, m, a);
		break;
	case ACT_TIMER:
		m->timer = a->ms != 0;
		break;
	case ACT_CHECK:
		m->checking = true;
		break;
	case ACT_TAKE:
	case ACT_BEGIN:
		break;
	default:
		m->id = 0;
	}
}

/* ---- playing ---- */

static inline size_t
dialogue_request(char *text, size_t size, const struct end_request *want, enum side end)
{
	char host[INET6_ADDRSTRLEN] = "";
	const struct ftp_address *a = &want->address;

	if (want->verb == END_NONE)
		return 0;
	if (a->family != 0)
		inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, host, sizeof(host));
	if (want->verb == END_LISTEN)
		return (size_t)snprintf(text, size, " %s listen %u", side_names[end], a->family);
	return (size_t)snprintf(text, size, " %s dial %s:%u", side_names[end], host, a->port);
}

static inline void
dialogue_want(struct ftp_dialogue *d, const struct action *a)
{
	static const char *const names[] = { "open", "cancel", "begin", "take", "eof", "abort", "close",
		"check", "timer", "control-eof", "hangup" };
	char text[192];
	size_t n = (size_t)snprintf(text, sizeof(text), "%s", names[a->kind]);
	size_t size = sizeof(text) - n;

	if (a->kind == ACT_HANGUP || a->kind == ACT_CONTROL_EOF)
		snprintf(text + n, size, " %s\n", side_names[a->end]);
	else if (a->kind == ACT_TIMER)
		snprintf(text + n, size, " %u %u\n", a->channel, a->ms);
	else if (a->kind == ACT_CLOSE || a->kind == ACT_CHECK)
		snprintf(text + n, size, " %u\n", a->channel);
	else if (a->kind == ACT_BEGIN)
		snprintf(text + n, size, " %u %s\n", a->channel, a->upload ? "up" : "down");
	else if (a->kind == ACT_ABORT)
		snprintf(text + n, size, " %u %s\n", a->channel,
		    a->mask == 3 ? "both" : a->mask == 1 ? "client" : a->mask == 2 ? "server" : "none");
	else if (a->kind == ACT_OPEN) {
		n += (size_t)snprintf(text + n, size, " %u", a->channel);
		n += dialogue_request(text + n, sizeof(text) - n, &a->ends[CLIENT], CLIENT);
		n += dialogue_request(text + n, sizeof(text) - n, &a->ends[SERVER], SERVER);
		snprintf(text + n, sizeof(text) - n, "\n");
	} else
		snprintf(text + n, size, " %u %s\n", a->channel, side_names[a->end]);
	dialogue_trace("! %s", text);
	dialogue_append(d->wanted, text, strlen(text));
}

static inline void
dialogue_count(void *arg, unsigned channel, struct session_count *count)
{
	const struct ftp_dialogue *d = arg;

	for (int i = 0; i < DIALOGUE_CHANNELS; i++)
		if (d->model[i].id == channel)
			memcpy(count->from, d->model[i].from, sizeof(count->from));
}

static inline void
dialogue_event(struct ftp_dialogue *d, const struct event *e)
{
	struct model *m = dialogue_model(d, e->channel, false);
	enum side end = e->end;

	dialogue_trace("? event %d of %u %s\n", e->kind, e->channel, side_names[end]);
	if (e->channel == 0)
		d->timer = false;
	else if (e->channel == d->early)
		d->early = 0;
	else if (m != NULL) {
		steps_event(d->steps, e, (int)(m - d->model));
		m->listening[end] |= e->kind == EV_LISTENING;
		m->connected[end] |= e->kind == EV_CONNECTED;
		m->moved[end] |= e->kind == EV_MOVED;
		m->ended[end] |= e->kind == EV_EOF;
		m->reset[end] |= e->kind == EV_RESET;
		m->failed[end] |= e->kind == EV_FAILED;
		if (e->kind == EV_LISTENING || e->kind == EV_FAILED)
			m->asked[end] = false;
		if (e->kind == EV_FAILED)
			m->dialled[end] = false;
		if (e->kind == EV_LISTENING && d->ports[end] < sizeof(d->port[0]) / sizeof(d->port[0][0]))
			d->port[end][d->ports[end]++] = e->port;
		if (e->kind == EV_TIMER)
			m->timer = false;
		if (e->kind == EV_EOF && end == CLIENT)
			m->client = e->client;
		if (e->kind == EV_ALIVE) {
			m->checking = false;
			m->alive = true;
		}
		if (e->kind == EV_MOVED && m->from[end] == 0)
			m->from[end] = 1;
	}
	session_event(d->s, e);
}

/* Take over all that the session says and wants. */
static inline void
dialogue_settle(struct ftp_dialogue *d)
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
			more = true;
		}
	}
}

/* As much as there is room for; returns how much that was. */
static inline size_t
dialogue_push(struct ftp_dialogue *d, enum side side, const void *data, size_t len)
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
dialogue_end(struct ftp_dialogue *d, enum side side)
{
	dialogue_trace("? end %s\n", side_names[side]);
	steps_other(d->steps, STEP_ENDS, side);
	d->client_ended |= side == CLIENT;
	session_eof(d->s, side);
	dialogue_settle(d);
}

static inline void
dialogue_fail(struct ftp_dialogue *d, const char *why)
{
	steps_other(d->steps, STEP_FAILS, CLIENT);
	session_fail(d->s, why);
}

static inline struct ftp_dialogue *
dialogue_new(const struct session_config *config)
{
	struct ftp_dialogue *d = calloc(1, sizeof(*d));

	d->config = *config;
	if (d->config.count == NULL) {
		d->config.count = dialogue_count;
		d->config.arg = d;
	}
	d->s = session_new(&d->config);
	d->line[CLIENT] = malloc(DIALOGUE_TEXT);
	d->line[SERVER] = malloc(DIALOGUE_TEXT);
	return d;
}

static inline void
dialogue_free(struct ftp_dialogue *d)
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
	return (struct session_config){ .mode = mode, .active_possible = true, .dials = true,
		.client_peer = { 4, { 10, 0, 0, 1 }, 0 }, .family = { 4, 4 }, .far = { false, true },
		.listen4 = { { 4, { 10, 0, 0, 2 }, 0 }, { 4, { 10, 0, 0, 3 }, 0 } },
		.server_name = "ftp.example.org" };
}

/* ---- scripts ---- */

static inline enum side
dialogue_side(const char *name)
{
	return name[0] == 's' ? SERVER : CLIENT;
}

/* "failed 1 server Connection refused" */
static inline void
dialogue_happen_to(struct ftp_dialogue *d, const char *text)
{
	static const char *const names[] = { "listening", "connected", "failed", "stranger", "moved",
		"eof", "reset", "drained", "alive", "timer" };
	char word[32] = "", end[32] = "", more[64] = "";
	struct event e = { 0 };
	struct model *m;

	sscanf(text, "%31s %u %31s %63[^\n]", word, &e.channel, end, more);
	while ((unsigned)e.kind < 10 && strcmp(word, names[e.kind]) != 0)
		e.kind++;
	if ((unsigned)e.kind == 10)
		dialogue_break(d, "not an event: %s", text);
	e.end = dialogue_side(end);
	e.port = (uint16_t)atoi(more);
	e.client = strcmp(more, "lives") == 0 ? CLIENT_LIVES : strcmp(more, "dies") == 0 ? CLIENT_DIES :
												CLIENT_UNKNOWN;
	e.reason = e.kind == EV_FAILED && more[0] != '\0' ? more : NULL;
	e.refusal = strstr(more, "prohibited") != NULL ? REFUSED_FORBIDDEN :
	    strstr(more, "reset") != NULL ? REFUSED_LATER : REFUSED;
	if ((m = dialogue_model(d, e.channel, false)) != NULL && e.channel != 0 && e.kind == EV_EOF &&
	    atoi(more) > 0) {
		m->from[e.end] = (uint64_t)atoi(more);
		if (!m->moved[e.end])
			dialogue_event(d, &(struct event){ .kind = EV_MOVED, .channel = e.channel, .end = e.end });
	}
	dialogue_event(d, &e);
}

/* "count 1 server 42": so much has moved; "end client", "fail why", and what happens to channels. */
static inline void
dialogue_happen(struct ftp_dialogue *d, const char *text)
{
	unsigned channel;
	char end[32];
	unsigned long long n;
	struct model *m;

	if (strncmp(text, "fail ", 5) == 0)
		dialogue_fail(d, text + 5);
	else if (strncmp(text, "end ", 4) == 0)
		dialogue_end(d, dialogue_side(text + 4));
	else if (sscanf(text, "count %u %31s %llu", &channel, end, &n) == 3) {
		if ((m = dialogue_model(d, channel, false)) != NULL)
			m->from[dialogue_side(end)] = n;
	} else
		dialogue_happen_to(d, text);
	dialogue_settle(d);
}

/* Take the first line of what was heard or wanted; false when it is another one. */
static inline bool
dialogue_take(struct ftp_dialogue *d, char *text, const char *line, size_t len, const char *what)
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
dialogue_quiet(struct ftp_dialogue *d, const char *before, size_t len)
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
dialogue_step(struct ftp_dialogue *d, const char *line, size_t len)
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
dialogue_play(struct ftp_dialogue *d, const char *script)
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
