/* The server: reads a command, does what its program for it says, and reads the next. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server_private.h"

static const struct op retr[] = { { .kind = S_SAY, .text = "150 go" }, { .kind = S_DATA },
	{ .kind = S_SEND, .n = 1000 }, { .kind = S_CLOSE },
	{ .kind = S_SENT, .text = "226 sent" } };
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
static const struct op only_four[] = { { .kind = S_SAY, .text = "522 use (1)" } };
static const struct op only_six[] = { { .kind = S_SAY, .text = "522 use (2)" } };
static const struct op greeting[] = { { .kind = S_SAY, .text = "220 ready" } };

#define HAS(verb, ops)                                    \
	{                                                 \
		verb, ops, sizeof(ops) / sizeof((ops)[0]) \
	}
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

void
server_wait(struct server *s, uint64_t us)
{
	if (s->entered)
		return;
	s->entered = true;
	s->timer = world_in(us, server_late, s);
}

/* Something has moved: it begins anew. */
void
server_wait_again(struct server *s, uint64_t us)
{
	world_forget(s->timer);
	s->timer = world_in(us, server_late, s);
}

void
server_next(struct server *s)
{
	world_forget(s->timer);
	s->timer = NULL;
	s->entered = s->late = false;
	s->op++;
	s->left--;
}

struct seen *
server_saw(struct server *s, enum seen_kind kind, enum how how)
{
	struct seen *seen = view_add(s->view, kind, how);

	seen->transfer = s->transfer;
	return seen;
}

void
server_command_over(struct server *s)
{
	s->left = 1;
	server_next(s);
}

/* ---- commands ---- */

static const char *
command_read(struct server *s)
{
	const char *line = lines_next(&s->lines, s->control);

	if (line != NULL && s->d->knob[K_ONE])
		lines_drop(&s->lines);
	return line;
}

static bool
server_knows_family(const struct server *s, const char *line)
{
	if (!server_is_six(s->d))
		return strncasecmp(line, "EPRT |2|", 8) != 0 && strcasecmp(line, "EPSV 2") != 0;
	return strncasecmp(line, "EPRT |2|", 8) == 0 ||
	       (strcasecmp(s->verb, "EPSV") == 0 && strcasecmp(line, "EPSV 1") != 0);
}

static void
command_begins(struct server *s, const char *line)
{
	const struct program *p = dialogue_on(s->d, line);

	s->transfer = transfer_of(line);
	if (s->transfer >= 0)
		s->deeds[s->transfer].up = strchr("SA", line[0]) != NULL;
	if (server_is_setup(s->verb) && !server_knows_family(s, line)) {
		s->op = server_is_six(s->d) ? only_six : only_four;
		s->left = 1;
		return;
	}
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
	const char *line = command_read(s);

	server_wait(s, COMMAND_PATIENCE);
	if (line == NULL && !s->late && !control_over(s))
		return false;
	if (line != NULL) {
		server_saw(s, server_is_setup(line) ? SEEN_SETUP : SEEN_COMMAND, HOW_OK)->text =
		    line;
		if (op->text[0] != '\0') {
			char reply[128];

			snprintf(reply, sizeof(reply), "%s\r\n", op->text);
			sock_write(s->control, reply, strlen(reply));
		}
	}
	server_next(s);
	return true;
}

static bool
op_sleep(struct server *s, const struct op *op)
{
	server_wait(s, (uint64_t)op->n * MS);
	if (!s->late)
		return false;
	server_next(s);
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

/* false: it waits, or all is over. */
static bool
server_op(struct server *s, const struct op *op)
{
	switch (op->kind) {
	case S_ACCEPT:
	case S_DATA:
		return server_op_data(s, op->kind == S_ACCEPT);
	case S_SEND:
		return server_op_send(s, op);
	case S_RECV:
		return server_op_recv(s, op);
	case S_FIN:
	case S_CLOSE:
	case S_RESET:
		server_op_end(s, op->kind);
		server_next(s);
		return true;
	case S_STRANGER:
		server_op_stranger(s, op);
		return true;
	case S_CMD:
		return op_cmd(s, op);
	case S_SLEEP:
		return op_sleep(s, op);
	case S_DEAF:
		s->deaf = true;
		server_next(s);
		return true;
	case S_LEAVE:
		sock_close(s->control);
		server_next(s);
		return true;
	case S_DIE:
	case S_HANGUP:
		server_end(s, op->kind == S_DIE);
		return false;
	default:
		server_op_words(s, op);
		return true;
	}
}

void
server_run(void *arg)
{
	struct server *s = arg;
	const char *line;

	while (s->control != NULL && !s->over) {
		while (s->left > 0 && s->op->off)
			server_next(s);
		if (s->left > 0) {
			if (!server_op(s, s->op))
				return;
			continue;
		}
		if (s->deaf)
			sock_read(s->control, NULL, (size_t)-1);
		line = s->deaf ? NULL : command_read(s);
		if (line != NULL) {
			line = server_without_telnet(line);
			server_saw_command(s, line);
			command_begins(s, line);
		} else if (control_over(s)) {
			s->transfer = -1;
			server_saw(s, SEEN_END, s->control->rst_in ? HOW_RESET : HOW_EOF);
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
