#include "dialogue.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum argument { NONE, NUMBER, TEXT };

static const struct {
	const char *name;
	enum argument argument;
} names[OP_KINDS] = {
	[C_SEND] = { "send", TEXT },
	[C_MORE] = { "more", TEXT },
	[C_RAW] = { "raw", TEXT },
	[C_REPLY] = { "reply", NONE },
	[C_FINAL] = { "final", NONE },
	[C_BEGIN] = { "begin", NONE },
	[C_PATIENT] = { "patient", NUMBER },
	[C_ASK] = { "ask", TEXT },
	[C_ANSWER] = { "answer", NONE },
	[C_DIAL] = { "dial", NONE },
	[C_DATA] = { "data", NONE },
	[C_PUT] = { "put", NUMBER },
	[C_GET] = { "get", NUMBER },
	[C_FIN] = { "fin", NONE },
	[C_CLOSE] = { "close", NONE },
	[C_RESET] = { "reset", NONE },
	[C_ENDED] = { "ended", NONE },
	[C_STATE] = { "state", NONE },
	[C_ABOR] = { "abor", NONE },
	[C_SLEEP] = { "sleep", NUMBER },
	[C_HALF] = { "half", NONE },
	[C_BYE] = { "bye", NONE },
	[C_EOF] = { "eof", NONE },
	[C_DIE] = { "die", NONE },
	[C_LOOSE] = { "loose", NONE },
	[C_TIGHT] = { "tight", NONE },
	[C_LABEL] = { ENDS, NONE },
	[C_STRANGER] = { "stranger", TEXT },
	[C_UNTIL] = { "until", TEXT },
	[S_SAY] = { "say", TEXT },
	[S_RAW] = { "raw", TEXT },
	[S_PASSIVE] = { "passive", NONE },
	[S_PORT] = { "port", TEXT },
	[S_FIXED] = { "fixed", NONE },
	[S_DEAD] = { "dead", NONE },
	[S_ACCEPT] = { "accept", NONE },
	[S_STRANGER] = { "stranger", TEXT },
	[S_DATA] = { "data", NONE },
	[S_SEND] = { "send", NUMBER },
	[S_RECV] = { "recv", NUMBER },
	[S_SENT] = { "sent", TEXT },
	[S_STORED] = { "stored", TEXT },
	[S_FIN] = { "fin", NONE },
	[S_CLOSE] = { "close", NONE },
	[S_RESET] = { "reset", NONE },
	[S_CMD] = { "cmd", TEXT },
	[S_SLEEP] = { "sleep", NUMBER },
	[S_DIE] = { "die", NONE },
	[S_HANGUP] = { "hangup", NONE },
	[S_LEAVE] = { "leave", NONE },
	[S_DEAF] = { "deaf", NONE },
};

static const char *const knob_names[KNOBS] = { "far-client", "mode", "owner", "closed-owner",
	"near-lo", "near-hi", "ssh-lo", "ssh-hi", "broker-hi", "direct-lo", "direct-hi",
	"no-listen", "forbids", "window", "buffer", "split", "one-command", "ipv6" };
const int dialogue_knobs[KNOBS] = { 0, 0, 1, 1, 20, 60, 500, 1500, 100, 200, 600, 0, 0, 65536,
	65536, 0, 0, 0 };

void
dialogue_clear(struct dialogue *d)
{
	d->seed = 0;
	d->groups = d->ops = d->client_ops = d->programs = 0;
	memcpy(d->knob, dialogue_knobs, sizeof(d->knob));
}

void
dialogue_program(struct dialogue *d, const char *key)
{
	struct program *p = &d->program[d->programs++];

	if (d->programs > PROGRAMS_MAX)
		abort();
	snprintf(p->key, sizeof(p->key), "%s", key);
	p->first = d->ops;
	p->count = 0;
}

struct op *
dialogue_op(struct dialogue *d, enum op_kind kind, int n, const char *text)
{
	bool client = kind < S_SAY;
	struct op *op = client ? &d->client[d->client_ops++] : &d->op[d->ops++];

	if (d->ops > OPS_MAX || d->client_ops > OPS_MAX)
		abort();
	op->kind = kind;
	op->n = n;
	op->group = d->groups;
	op->off = false;
	snprintf(op->text, sizeof(op->text), "%s", text ? text : "");
	if (!client)
		d->program[d->programs - 1].count++;
	return op;
}

const struct program *
dialogue_on(const struct dialogue *d, const char *line)
{
	size_t verb = strcspn(line, " ");
	const struct program *found = NULL;

	for (unsigned i = 0; i < d->programs; i++) {
		const struct program *p = &d->program[i];

		if (strcasecmp(p->key, line) == 0)
			return p;
		if (strlen(p->key) == verb && strncasecmp(p->key, line, verb) == 0)
			found = p;
	}
	return found;
}

/* ---- text ---- */

static void
ops_print(const struct op *op, unsigned count, FILE *f)
{
	for (unsigned i = 0; i < count; i++, op++) {
		if (op->off)
			continue;
		fprintf(f, "\t%s", names[op->kind].name);
		if (names[op->kind].argument == NUMBER)
			fprintf(f, " %d", op->n);
		else if (names[op->kind].argument == TEXT)
			fprintf(f, " %s", op->text);
		fputc('\n', f);
	}
}

void
dialogue_print(const struct dialogue *d, FILE *f)
{
	fprintf(f, "seed %llu\n", (unsigned long long)d->seed);
	for (int k = 0; k < KNOBS; k++)
		if (d->knob[k] != dialogue_knobs[k])
			fprintf(f, "%s %d\n", knob_names[k], d->knob[k]);
	fprintf(f, "client\n");
	ops_print(d->client, d->client_ops, f);
	for (unsigned i = 0; i < d->programs; i++) {
		fprintf(f, "on %s\n", d->program[i].key);
		ops_print(d->op + d->program[i].first, d->program[i].count, f);
	}
}

static bool
op_read(struct dialogue *d, bool server, const char *word, const char *rest)
{
	for (int k = server ? S_SAY : 0; k < (server ? (int)OP_KINDS : (int)S_SAY); k++) {
		if (strcmp(names[k].name, word) != 0)
			continue;
		dialogue_op(d, (enum op_kind)k, atoi(rest), rest);
		return true;
	}
	return false;
}

static bool
knob_read(struct dialogue *d, const char *word, const char *rest)
{
	if (strcmp(word, "seed") == 0) {
		d->seed = strtoull(rest, NULL, 10);
		return true;
	}
	for (int k = 0; k < KNOBS; k++) {
		if (strcmp(knob_names[k], word) != 0)
			continue;
		d->knob[k] = atoi(rest);
		return true;
	}
	return false;
}

static bool
line_read(struct dialogue *d, char *line, bool *server)
{
	char *word, *rest;
	bool inside = line[0] == '\t';

	line[strcspn(line, "\r\n")] = '\0';
	word = line + (inside ? 1 : 0);
	if (word[0] == '\0' || word[0] == '#')
		return true;
	rest = word + strcspn(word, " ");
	if (*rest != '\0')
		*rest++ = '\0';
	if (inside)
		return op_read(d, *server, word, rest);
	d->groups++;
	*server = strcmp(word, "on") == 0;
	if (*server)
		dialogue_program(d, rest);
	return *server || strcmp(word, "client") == 0 || knob_read(d, word, rest);
}

const char *
dialogue_read(struct dialogue *d, FILE *f)
{
	static char line[512], copy[512];
	bool server = false;

	dialogue_clear(d);
	while (fgets(line, sizeof(line), f) != NULL) {
		memcpy(copy, line, sizeof(copy));
		if (!line_read(d, line, &server))
			return copy;
	}
	return d->client_ops > 0 ? NULL : "no client";
}
