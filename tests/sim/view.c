#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "world.h"

static const char *const kind_names[] = { "reply", "command", "setup", "connection", "received",
	"sent", "data connection", "control connection", "waited in vain" };
const char *const how_names[] = { "ok", "EOF", "reset", "refused", "silence", "open",
	"WRONG BYTES" };

struct seen *
view_add(struct view *v, enum seen_kind kind, enum how how)
{
	struct seen *s = &v->seen[v->count++];

	if (v->count > VIEW_MAX)
		abort();
	*s = (struct seen){ .kind = kind,
		.how = how,
		.transfer = -1,
		.loose = v->loose,
		.at = world_now(),
		.text = "" };
	return s;
}

bool seen_brief;

static void
seen_print_brief(const struct seen *s, FILE *f)
{
	fprintf(f, "%s", kind_names[s->kind]);
	if (s->kind == SEEN_REPLY || s->kind == SEEN_SETUP)
		fprintf(f, " %d%s", s->code,
		    s->kind == SEEN_REPLY && s->ended ? " behind the end" : "");
	else if (s->kind == SEEN_COMMAND)
		fprintf(f, " %.4s", s->text);
	else
		fprintf(f, " %s", how_names[s->how]);
	fprintf(f, "; ");
}

void
seen_print(const struct seen *s, FILE *f)
{
	if (seen_brief) {
		seen_print_brief(s, f);
		return;
	}
	fprintf(f, "%10.3f ms  %s", (double)s->at / (double)MS, kind_names[s->kind]);
	if (s->kind == SEEN_REPLY || (s->kind == SEEN_SETUP && s->code != 0))
		fprintf(f, " %d", s->code);
	if (s->text[0] != '\0')
		fprintf(f, " \"%s\"", s->text);
	if (s->kind == SEEN_RECEIVED)
		fprintf(f, " %u bytes", s->n);
	if (s->kind >= SEEN_DIALLED && s->kind != SEEN_SILENCE)
		fprintf(f, ", %s", how_names[s->how]);
	if (s->kind == SEEN_REPLY && s->transfer >= 0)
		fprintf(f, " (%llu bytes%s)", (unsigned long long)s->arrived,
		    s->ended ? ", ended" : "");
	if (s->transfer >= 0)
		fprintf(f, " [%d]", s->transfer);
	fprintf(f, "%s\n", s->loose ? " (loose)" : "");
}

void
view_print(const struct view *v, FILE *f)
{
	for (unsigned i = 0; i < v->count; i++)
		seen_print(&v->seen[i], f);
}

const struct seen *
view_dialled(const struct view *v, int transfer)
{
	for (unsigned i = 0; i < v->count; i++)
		if (v->seen[i].kind == SEEN_DIALLED && v->seen[i].transfer == transfer &&
		    v->seen[i].how == HOW_OK)
			return &v->seen[i];
	return NULL;
}

/* The reply with which the server has said that all is well. */
const struct seen *
view_success(const struct view *v, int transfer, const struct deeds *deeds)
{
	for (unsigned i = 0; i < v->count; i++) {
		const struct seen *s = &v->seen[i];

		if (s->kind == SEEN_REPLY && s->transfer == transfer && s->code / 100 == 2 &&
		    deeds->final / 100 == 2 && strstr(s->text, deeds->words) != NULL)
			return s;
	}
	return NULL;
}

/* Of a transfer: its data, and the final reply that came behind them. */
const struct seen *
view_received(const struct view *v, int transfer)
{
	for (unsigned i = 0; i < v->count; i++)
		if (v->seen[i].kind == SEEN_RECEIVED && v->seen[i].transfer == transfer)
			return &v->seen[i];
	return NULL;
}
