/* The tunnels as JSON, in ASCII: other characters as \u escapes, bytes that are no UTF-8 as U+FFFD. The
 * schema is in ftp-over-ssh-ctl(1). */
#include "monitor/show.h"

#include <inttypes.h>
#include <string.h>

#include "status/status.h"
#include "base/utf8.h"

static void
json_string(FILE *f, const char *text)
{
	char string[UTF8_JSON(512)]; /* no text is longer, see status_records.h */

	utf8_json(string, sizeof(string), text);
	fputs(string, f);
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

/* An array's records, one on each line. */
static void
put_records(FILE *f, int indent, enum status_type type, const void *records, size_t count, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		fprintf(f, "%s\n%*s{", i == 0 ? "" : ",", indent, "");
		put_record(f, type, (const char *)records + i * size);
		fputc('}', f);
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
	put_records(f, 6, STATUS_LISTENER, v->listener, v->listeners, sizeof(*v->listener));
	fputs("],\n    \"sessions\": [", f);
	for (size_t i = 0; i < v->sessions; i++) {
		const struct session_view *s = &v->session[i];

		fputs(i == 0 ? "\n      {" : ",\n      {", f);
		put_record(f, STATUS_SESSION, &s->session);
		fputs(", \"channels\": [", f);
		put_records(f, 8, STATUS_CHANNEL, s->channel, s->channels, sizeof(*s->channel));
		fputs("]}", f);
	}
	fputs("]}", f);
}

static void
put_name(FILE *f, const struct tunnel_view *v)
{
	fprintf(f, "{\"pid\": %ld, \"name\": ", v->pid);
	json_string(f, v->trouble == NULL ? v->tunnel.name : "");
	fputs(", \"destination\": ", f);
	json_string(f, v->trouble == NULL ? v->tunnel.destination : "");
	fputs(", \"error\": ", f);
	if (v->trouble != NULL)
		json_string(f, v->trouble);
	else
		fputs("null", f);
	fputc('}', f);
}

static void
put_all(FILE *f, const struct tunnels *all, void (*put)(FILE *, const struct tunnel_view *))
{
	fprintf(f, "{\"version\": %d, \"tunnels\": [", STATUS_VERSION);
	for (size_t i = 0; i < all->count; i++) {
		fputs(i == 0 ? "\n  " : ",\n  ", f);
		put(f, &all->tunnel[i]);
	}
	fputs("]}\n", f);
}

void
show_names_json(FILE *f, const struct tunnels *all)
{
	put_all(f, all, put_name);
}

void
show_status_json(FILE *f, const struct tunnels *all)
{
	put_all(f, all, put_tunnel);
}
