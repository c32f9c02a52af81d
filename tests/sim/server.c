/* The server: reads a command, does what its program for it says, and reads the next. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "peer.h"

#define ACCEPT_PATIENCE (10 * SECOND)
#define DATA_PATIENCE (90 * SECOND)
#define COMMAND_PATIENCE (20 * SECOND)
#define PORTS 64

struct server {
	const struct dialogue *d;
	struct view *view;
	struct deeds *deeds;
	struct listener *entrance, *listener, *fixed;
	struct sock *control, *data;
	struct lines lines;
	const struct op *op;  /* of the program in hand */
	unsigned left;        /* ... what is left of it */
	char verb[16];
	uint16_t told[PORTS], address;
	unsigned ports;
	int transfer;
	uint64_t got, sent, goal;
	bool entered, late, over, deaf, broken, whole;
	struct happening *timer;
};

static void server_run(void *);

static const struct op retr[] = { { .kind = S_SAY, .text = "150 go" }, { .kind = S_DATA },
	{ .kind = S_SEND, .n = 1000 }, { .kind = S_CLOSE }, { .kind = S_SENT, .text = "226 sent" } };
static const struct op stor[] = { { .kind = S_SAY, .text = "150 go" }, { .kind = S_DATA },
	{ .kind = S_RECV }, { .kind = S_CLOSE }, { .kind = S_STORED, .text = "226 stored" } };
static const struct op passive[] = { { .kind = S_PASSIVE } };
static const struct op quit[] = { { .kind = S_SAY, .text = "221 bye" }, { .kind = S_HANGUP } };
static const struct op port[] = { { .kind = S_SAY, .text = "200 PORT ok" } };
static const struct op ok[] = { { .kind = S_SAY, .text = "200 ok" } };
static const struct op user[] = { { .kind = S_SAY, .text = "331 password?" } };
static const struct op pass[] = { { .kind = S_SAY, .text = "230 in" } };
static const struct op pwd[] = { { .kind = S_SAY, .text = "257 \"/\"" } };
static const struct op feat[] = { { .kind = S_SAY, .text = "211-Features" },
	{ .kind = S_SAY, .text = " MDTM" }, { .kind = S_SAY, .text = " AUTH TLS" },
	{ .kind = S_SAY, .text = " PBSZ" }, { .kind = S_SAY, .text = "211 End" } };
static const struct op size[] = { { .kind = S_SAY, .text = "550 no" } };
static const struct op rest[] = { { .kind = S_SAY, .text = "350 from there" } };
static const struct op auth[] = { { .kind = S_SAY, .text = "502 no TLS here" } };
static const struct op greeting[] = { { .kind = S_SAY, .text = "220 ready" } };

#define HAS(verb, ops) { verb, ops, sizeof(ops) / sizeof((ops)[0]) }
static const struct {
	const char *verb;
	const struct op *op;
	unsigned count;
} builtin[] = { HAS("RETR", retr), HAS("LIST", retr), HAS("NLST", retr), HAS("STOR", stor),
	HAS("APPE", stor), HAS("STOU", stor), HAS("PASV", passive), HAS("EPSV", passive),
	HAS("LPSV", passive), HAS("PORT", port), HAS("EPRT", port), HAS("LPRT", port),
	HAS("QUIT", quit), HAS("USER", user), HAS("PASS", pass), HAS("PWD", pwd), HAS("FEAT", feat),
	HAS("SIZE", size), HAS("REST", rest), HAS("AUTH", auth), HAS("*", greeting), HAS("", ok) };

/* ---- the programs' clock ---- */

static void
server_late(void *arg)
{
	struct server *s = arg;

	s->timer = NULL;
	s->late = true;
	server_run(s);
}

static void
wait_at_most(struct server *s, uint64_t us)
{
	if (s->entered)
		return;
	s->entered = true;
	s->timer = world_in(us, server_late, s);
}

/* Something has moved: it begins anew. */
static void
wait_again(struct server *s, uint64_t us)
{
	world_forget(s->timer);
	s->timer = world_in(us, server_late, s);
}

static void
next(struct server *s)
{
	world_forget(s->timer);
	s->timer = NULL;
	s->entered = s->late = false;
	s->op++;
	s->left--;
}

static struct seen *
saw(struct server *s, enum seen_kind kind, enum how how)
{
	struct seen *seen = view_add(s->view, kind, how);

	seen->transfer = s->transfer;
	return seen;
}

static void
command_over(struct server *s)
{
	s->left = 1;
	next(s);
}

/* ---- words ---- */

static void
note_final(struct server *s, int code, const char *text)
{
	struct deeds *deeds = s->transfer >= 0 ? &s->deeds[s->transfer] : NULL;

	if (deeds == NULL)
		return;
	if (code >= 200 && text[3] == ' ') {
		deeds->final = code;
		deeds->words = world_text(text, strlen(text));
	}
	if (code / 100 == 1 && strstr(text, " bytes)") != NULL && strrchr(text, '(') != NULL)
		deeds->announced = (unsigned)atoi(strrchr(text, '(') + 1);
}

static void
say(struct server *s, const char *text)
{
	char line[256];
	int len = snprintf(line, sizeof(line), "%s\r\n", text);

	note_final(s, atoi(text), text);
	sock_write(s->control, line, (size_t)len);
}

static void
forget_listener(struct server *s)
{
	if (s->listener != s->fixed)
		listener_close(s->listener);
	s->listener = NULL;
	sock_close(s->data);
	s->data = NULL;
}

static void
tell_port(struct server *s, uint16_t p, const char *text)
{
	char line[128];
	const char *mark = strchr(text, '%');

	s->told[s->ports++ % PORTS] = p;
	s->address = 0;
	if (mark == NULL || mark[1] == 'n')
		snprintf(line, sizeof(line), "%.*s%u%s", (int)(mark - text), text, p, mark + 2);
	else
		snprintf(line, sizeof(line), "%.*s%u,%u%s", (int)(mark - text), text, p >> 8, p & 255,
		    mark + 2);
	say(s, line);
}

static const char *
passive_text(const struct server *s)
{
	if (strcmp(s->verb, "EPSV") == 0)
		return "229 Entering Extended Passive Mode (|||%n|)";
	if (strcmp(s->verb, "LPSV") == 0)
		return "228 Entering Long Passive Mode (4,4,127,0,0,1,2,%p)";
	return "227 Entering Passive Mode (127,0,0,1,%p).";
}

static void
op_passive(struct server *s, const char *text, bool dead)
{
	forget_listener(s);
	if (!dead)
		s->listener = net_listen(net.direct ? HOST_CLIENT : HOST_OURS, false, server_run, s);
	tell_port(s, dead ? net_dead_port() : s->listener->port, text);
}

static void
op_fixed(struct server *s)
{
	if (s->fixed == NULL)
		s->fixed = net_listen(net.direct ? HOST_CLIENT : HOST_OURS, false, server_run, s);
	forget_listener(s);
	s->listener = s->fixed;
	tell_port(s, s->fixed->port, passive_text(s));
}

/* ---- data ---- */

static bool
data_is_there(struct server *s)
{
	if (s->data == NULL)
		s->data = listener_accept(s->listener, server_run, s);
	if (s->data == NULL && s->listener == NULL && s->address != 0)
		s->data = net_dial(HOST_SERVER, s->address, false, server_run, s);
	return s->data != NULL && s->data->connected;
}

/* quiet: no transfer wants it yet. */
static bool
op_data(struct server *s, bool quiet)
{
	bool there = data_is_there(s), none = s->data == NULL && s->listener == NULL;
	bool refused = s->data != NULL && s->data->refused;

	wait_at_most(s, ACCEPT_PATIENCE);
	if (!there && !none && !refused && !s->late)
		return false;
	s->got = s->sent = 0;
	s->broken = s->whole = false;
	if (!quiet)
		saw(s, SEEN_DIALLED, there ? HOW_OK : refused ? HOW_REFUSED : HOW_SILENCE);
	if (there || quiet) {
		next(s);
		return true;
	}
	s->data = NULL;
	say(s, "425 no data connection");
	command_over(s);
	return true;
}

static bool
op_send(struct server *s, const struct op *op)
{
	uint8_t bytes[512];
	size_t taken = 1;

	if (!s->entered)
		s->goal = s->sent + (uint64_t)op->n;
	wait_at_most(s, DATA_PATIENCE);
	while (s->data != NULL && s->sent < s->goal && taken > 0) {
		uint64_t n = s->goal - s->sent < sizeof(bytes) ? s->goal - s->sent : sizeof(bytes);

		for (uint64_t i = 0; i < n; i++)
			bytes[i] = pattern_at(s->transfer, s->sent + i);
		taken = sock_write(s->data, bytes, n);
		s->sent += taken;
	}
	if (s->data != NULL && s->sent < s->goal && !s->data->dead && !s->late)
		return false;
	if (s->data == NULL || s->sent < s->goal)
		s->broken = true;
	if (s->transfer >= 0)
		s->deeds[s->transfer].sent = (unsigned)s->sent;
	next(s);
	return true;
}

static bool
op_recv(struct server *s, const struct op *op)
{
	uint8_t bytes[2048];
	size_t n, want = sizeof(bytes);
	bool wrong = false, ended;

	wait_at_most(s, DATA_PATIENCE);
	while (s->data != NULL && (op->n == 0 || s->got < (uint64_t)op->n)) {
		if (op->n > 0 && (uint64_t)op->n - s->got < want)
			want = (size_t)((uint64_t)op->n - s->got);
		if ((n = sock_read(s->data, bytes, want)) == 0)
			break;
		wait_again(s, DATA_PATIENCE);
		for (size_t i = 0; i < n; i++)
			wrong |= bytes[i] != pattern_at(s->transfer, s->got++);
	}
	if (wrong)
		saw(s, SEEN_RECEIVED, HOW_WRONG)->n = (unsigned)s->got;
	ended = s->data == NULL || sock_ended(s->data) || s->late;
	if (!ended && (op->n == 0 || s->got < (uint64_t)op->n))
		return false;
	if (op->n == 0 || s->got < (uint64_t)op->n) {
		enum how how = s->data == NULL || (s->late && !sock_ended(s->data)) ? HOW_SILENCE :
		    s->data->rst_in ? HOW_RESET : HOW_EOF;

		saw(s, SEEN_RECEIVED, how)->n = (unsigned)s->got;
		s->whole = how == HOW_EOF;
	}
	next(s);
	return true;
}

/* A data connection that is reset, closed, or shut down; a refused dial leaves nothing. */
static void
op_end(struct server *s, enum op_kind kind)
{
	if (kind == S_FIN && s->data != NULL)
		sock_fin(s->data);
	if (kind == S_RESET) {
		if (s->transfer >= 0)
			s->deeds[s->transfer].sent_reset = true;
		sock_reset(s->data);
	}
	if (kind == S_FIN)
		return;
	forget_listener(s);
	s->address = 0;
}

/* ---- commands ---- */

static void
note_command(struct server *s, const char *line)
{
	size_t verb = strcspn(line, " ");
	unsigned n[16], count = 0;

	snprintf(s->verb, sizeof(s->verb), "%.*s", (int)verb, line);
	if (strcasecmp(s->verb, "PORT") != 0 && strcasecmp(s->verb, "EPRT") != 0 &&
	    strcasecmp(s->verb, "LPRT") != 0)
		return;
	for (const char *p = line + verb; *p != '\0' && count < 16;)
		if (*p < '0' || *p > '9')
			p++;
		else
			n[count++] = (unsigned)strtoul(p, (char **)&p, 10);
	if (count < 2)
		return;
	forget_listener(s);
	s->address = (uint16_t)(s->verb[0] == 'E' || s->verb[0] == 'e' ? n[count - 1] :
	    n[count - 2] << 8 | n[count - 1]);
}

static bool
is_setup(const char *verb)
{
	static const char *const verbs[] = { "PASV", "EPSV", "LPSV", "PORT", "EPRT", "LPRT" };

	for (int i = 0; i < 6; i++)
		if (strcasecmp(verb, verbs[i]) == 0)
			return true;
	return false;
}

/* What a Telnet option leaves: servers skip it, in whatever order urgent data have come. */
static const char *
without_telnet(const char *line)
{
	char text[2048];
	size_t n = 0;

	for (const char *p = line; *p != '\0' && n < sizeof(text); p++)
		if ((unsigned char)*p < 0xf0)
			text[n++] = *p;
	return world_text(text, n);
}

static void
saw_command(struct server *s, const char *line)
{
	note_command(s, line);
	if (is_setup(s->verb) && strcasecmp(line, "EPSV ALL") != 0)
		saw(s, SEEN_SETUP, HOW_OK)->text = world_text(s->verb, strlen(s->verb));
	else
		saw(s, SEEN_COMMAND, HOW_OK)->text = line;
}

static void
command_begins(struct server *s, const char *line)
{
	const struct program *p = dialogue_on(s->d, line);

	s->transfer = transfer_of(line);
	if (s->transfer >= 0)
		s->deeds[s->transfer].up = strchr("SA", line[0]) != NULL;
	if (p != NULL) {
		s->op = s->d->op + p->first;
		s->left = p->count;
		return;
	}
	for (size_t i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++)
		if (strcasecmp(builtin[i].verb, s->verb) == 0 || builtin[i].verb[0] == '\0') {
			s->op = builtin[i].op;
			s->left = builtin[i].count;
			return;
		}
}

static bool
control_over(const struct server *s)
{
	return sock_ended(s->control);
}

static bool
op_cmd(struct server *s, const struct op *op)
{
	const char *line = lines_next(&s->lines, s->control);

	wait_at_most(s, COMMAND_PATIENCE);
	if (line == NULL && !s->late && !control_over(s))
		return false;
	if (line != NULL) {
		saw(s, is_setup(line) ? SEEN_SETUP : SEEN_COMMAND, HOW_OK)->text = line;
		if (op->text[0] != '\0') {
			char reply[128];

			snprintf(reply, sizeof(reply), "%s\r\n", op->text);
			sock_write(s->control, reply, strlen(reply));
		}
	}
	next(s);
	return true;
}

static bool
op_sleep(struct server *s, const struct op *op)
{
	wait_at_most(s, (uint64_t)op->n * MS);
	if (!s->late)
		return false;
	next(s);
	return true;
}

/* ---- life ---- */

static void
server_end(struct server *s, bool died)
{
	if (s->over)
		return;
	if (s->left > 0 && s->transfer >= 0 && s->deeds[s->transfer].final == 0)
		s->deeds[s->transfer].left = true;
	s->over = true;
	world_forget(s->timer);
	if (died && dice_chance(&world_dice, 50))
		sock_close(s->control);
	sock_close(s->data);
	listener_close(s->listener);
	listener_close(s->fixed);
	sock_close(s->control);
}

static void
op_words(struct server *s, const struct op *op)
{
	char bytes[sizeof(op->text)];

	switch (op->kind) {
	case S_RAW:
		sock_write(s->control, bytes, (size_t)raw_bytes(op->text, bytes));
		break;
	case S_SENT:
		say(s, s->broken ? "426 broken" : op->text);
		break;
	case S_STORED:
		say(s, s->whole ? op->text : "426 broken");
		break;
	case S_PASSIVE:
		op_passive(s, passive_text(s), false);
		break;
	case S_FIXED:
		op_fixed(s);
		break;
	case S_PORT:
		op_passive(s, op->text, false);
		break;
	case S_DEAD:
		op_passive(s, passive_text(s), true);
		break;
	default:
		say(s, op->text);
	}
	next(s);
}

/* false: it waits, or all is over. */
static bool
server_op(struct server *s, const struct op *op)
{
	switch (op->kind) {
	case S_ACCEPT:
	case S_DATA:
		return op_data(s, op->kind == S_ACCEPT);
	case S_SEND:
		return op_send(s, op);
	case S_RECV:
		return op_recv(s, op);
	case S_FIN:
	case S_CLOSE:
	case S_RESET:
		op_end(s, op->kind);
		next(s);
		return true;
	case S_CMD:
		return op_cmd(s, op);
	case S_SLEEP:
		return op_sleep(s, op);
	case S_DEAF:
		s->deaf = true;
		next(s);
		return true;
	case S_DIE:
	case S_HANGUP:
		server_end(s, op->kind == S_DIE);
		return false;
	default:
		op_words(s, op);
		return true;
	}
}

static void
server_run(void *arg)
{
	struct server *s = arg;
	const char *line;

	while (s->control != NULL && !s->over) {
		while (s->left > 0 && s->op->off)
			next(s);
		if (s->left > 0) {
			if (!server_op(s, s->op))
				return;
			continue;
		}
		if (s->deaf)
			sock_read(s->control, NULL, (size_t)-1);
		line = s->deaf ? NULL : lines_next(&s->lines, s->control);
		if (line != NULL) {
			line = without_telnet(line);
			saw_command(s, line);
			command_begins(s, line);
		} else if (control_over(s)) {
			s->transfer = -1;
			saw(s, SEEN_END, s->control->rst_in ? HOW_RESET : HOW_EOF);
			server_end(s, false);
		} else
			return;
	}
}

static void
server_greets(void *arg)
{
	struct server *s = arg;

	if (s->control != NULL)
		return;
	s->control = listener_accept(s->entrance, server_run, s);
	snprintf(s->verb, sizeof(s->verb), "*");
	command_begins(s, "*");
	server_run(s);
}

struct server *
server_new(const struct dialogue *d, struct view *view, struct deeds *deeds)
{
	struct server *s = world_new(sizeof(*s));

	s->d = d;
	s->view = view;
	s->deeds = deeds;
	s->transfer = -1;
	s->entrance = net_listen(net.direct ? HOST_CLIENT : HOST_OURS, false, server_greets, s);
	return s;
}

uint16_t
server_port(const struct server *s)
{
	return s->entrance->port;
}

void
server_kill(struct server *s)
{
	if (s->control != NULL)
		server_end(s, true);
	listener_close(s->entrance);
}

bool
server_told(const struct server *s, uint16_t p)
{
	for (unsigned i = 0; i < PORTS && i < s->ports; i++)
		if (s->told[i] == p)
			return true;
	return false;
}

bool
server_done(const struct server *s)
{
	return s->over || s->control == NULL;
}
