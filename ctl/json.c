#include "json.h"

#include <inttypes.h>
#include <string.h>

#include "status.h"

#define REPLACEMENT 0xfffd

/* The character at *text, which moves on; what is not well-formed counts byte by byte. */
static uint32_t
decode(const unsigned char **text)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = { { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };
	const unsigned char *p = *text;

	++*text;
	if (*p < 0x80)
		return *p;
	for (size_t more = 1; more <= 3; more++) {
		uint32_t c = *p & (unsigned char)~forms[more - 1].mask;
		size_t i;

		if ((*p & forms[more - 1].mask) != forms[more - 1].lead)
			continue;
		for (i = 1; i <= more && (p[i] & 0xc0) == 0x80; i++)
			c = c << 6 | (p[i] & 0x3f);
		if (i <= more || c < forms[more - 1].least || c > 0x10ffff ||
		    (c >= 0xd800 && c < 0xe000))
			break;
		*text = p + more + 1;
		return c;
	}
	return REPLACEMENT;
}

static void
put_character(FILE *f, uint32_t c)
{
	if (c == '"' || c == '\\')
		fprintf(f, "\\%c", (char)c);
	else if (c >= 0x20 && c < 0x7f)
		fputc((int)c, f);
	else if (c < 0x10000)
		fprintf(f, "\\u%04" PRIx32, c);
	else
		fprintf(f, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + ((c - 0x10000) >> 10),
		    0xdc00 + ((c - 0x10000) & 0x3ff));
}

void
json_string(FILE *f, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	fputc('"', f);
	while (*p != '\0')
		put_character(f, decode(&p));
	fputc('"', f);
}

static void
put_value(FILE *f, const struct status_field *field, const char *at)
{
	uint32_t number = 0;
	uint64_t n;

	if (field->kind == FIELD_TEXT) {
		json_string(f, at);
		return;
	}
	if (field->kind == FIELD_LONG) {
		memcpy(&n, at, sizeof(n));
		fprintf(f, "%" PRIu64, n);
		return;
	}
	memcpy(&number, at, sizeof(number));
	if (field->kind == FIELD_BOOL)
		fputs(number ? "true" : "false", f);
	else if (field->kind == FIELD_CHOICE)
		json_string(f, status_choice(field, number));
	else
		fprintf(f, "%" PRIu32, number);
}

/* The members of an object, without its braces. */
static void
put_record(FILE *f, enum status_type type, const void *record)
{
	const struct status_field *fields = status_fields(type);

	for (const struct status_field *field = fields; field->name != NULL; field++) {
		fprintf(f, "%s\"%s\": ", field == fields ? "" : ", ", field->name);
		put_value(f, field, (const char *)record + field->offset);
	}
}

static void
put_sessions(FILE *f, const struct tunnel_view *v)
{
	for (size_t i = 0; i < v->sessions; i++) {
		const struct session_view *s = &v->session[i];

		fputs(i == 0 ? "\n      {" : ",\n      {", f);
		put_record(f, STATUS_SESSION, &s->session);
		fputs(", \"channels\": [", f);
		for (size_t j = 0; j < s->channels; j++) {
			fputs(j == 0 ? "\n        {" : ",\n        {", f);
			put_record(f, STATUS_CHANNEL, &s->channel[j]);
			fputc('}', f);
		}
		fputs("]}", f);
	}
}

static void
put_tunnel(FILE *f, const struct tunnel_view *v)
{
	if (v->trouble != NULL) {
		fprintf(f, "{\"pid\": %ld, \"error\": ", v->pid);
		json_string(f, v->trouble);
		fputc('}', f);
		return;
	}
	fputs("{\"error\": null, ", f);
	put_record(f, STATUS_TUNNEL, &v->tunnel);
	fputs(",\n    \"listeners\": [", f);
	for (size_t i = 0; i < v->listeners; i++) {
		fputs(i == 0 ? "\n      {" : ",\n      {", f);
		put_record(f, STATUS_LISTENER, &v->listener[i]);
		fputc('}', f);
	}
	fputs("],\n    \"sessions\": [", f);
	put_sessions(f, v);
	fputs("]}", f);
}

void
json_tunnels(FILE *f, const struct tunnels *all)
{
	fprintf(f, "{\"version\": %d, \"tunnels\": [", STATUS_VERSION);
	for (size_t i = 0; i < all->count; i++) {
		fputs(i == 0 ? "\n  " : ",\n  ", f);
		put_tunnel(f, &all->tunnel[i]);
	}
	fputs("]}\n", f);
}
