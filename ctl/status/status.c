#include "status/status.h"

#include <stdbool.h>
#include <string.h>

const char *const status_directions[] = { "none", "down", "up", NULL };
const char *const status_methods[] = { "proxy", "mux", NULL };
const char *const status_masters[] = { "down", "starting", "up", NULL };
static const char *const ops[] = { "status", "close", "stop", NULL };

#define SIZE(record, member) sizeof(((struct status_##record *)0)->member)
#define FIELD(record, member, name, kind, choice) \
	{ name, kind, offsetof(struct status_##record, member), SIZE(record, member), choice }
#define NUMBER(record, member) FIELD(record, member, #member, FIELD_NUMBER, NULL)
#define LONG(record, member) FIELD(record, member, #member, FIELD_LONG, NULL)
#define BOOL(record, member) FIELD(record, member, #member, FIELD_BOOL, NULL)
#define TEXT(record, member) FIELD(record, member, #member, FIELD_TEXT, NULL)
#define CHOICE(record, member, words) FIELD(record, member, #member, FIELD_CHOICE, words)
#define TOTAL(member) FIELD(tunnel, member, "total_" #member, FIELD_LONG, NULL)
#define END { NULL, FIELD_NUMBER, 0, 0, NULL }

static const struct status_field ask_fields[] = {
	CHOICE(ask, op, ops), NUMBER(ask, session), NUMBER(ask, channel), END
};

static const struct status_field done_fields[] = { BOOL(done, ok), TEXT(done, text), END };

static const struct status_field tunnel_fields[] = {
	TEXT(tunnel, name), TEXT(tunnel, destination), NUMBER(tunnel, pid), NUMBER(tunnel, age),
	CHOICE(tunnel, master, status_masters), NUMBER(tunnel, master_pid),
	BOOL(tunnel, master_ours), TEXT(tunnel, control_path),
	CHOICE(tunnel, method, status_methods), TOTAL(sessions), TOTAL(transfers),
	TOTAL(failed), TOTAL(bytes_up), TOTAL(bytes_down), TOTAL(refused),
	NUMBER(tunnel, options), BOOL(tunnel, stopping), TEXT(tunnel, last_error), NUMBER(tunnel, error_age),
	NUMBER(tunnel, next_attempt), END
};

static const struct status_field listener_fields[] = {
	TEXT(listener, address), TEXT(listener, target), BOOL(listener, remote), END
};

static const struct status_field session_fields[] = {
	NUMBER(session, number), NUMBER(session, pid), TEXT(session, peer), TEXT(session, user),
	TEXT(session, server), BOOL(session, remote), NUMBER(session, age),
	NUMBER(session, commands), TEXT(session, command), BOOL(session, busy),
	LONG(session, transfers), LONG(session, failed), LONG(session, bytes_up),
	LONG(session, bytes_down), END
};

static const struct status_field channel_fields[] = {
	NUMBER(channel, number), CHOICE(channel, direction, status_directions),
	TEXT(channel, client_verb), TEXT(channel, server_verb),
	CHOICE(channel, method, status_methods), TEXT(channel, transfer), LONG(channel, bytes),
	LONG(channel, total), LONG(channel, rate), NUMBER(channel, age), END
};

static const struct status_field notice_fields[] = {
	NUMBER(notice, kind), TEXT(notice, why), END
};

static const struct status_field *const tables[] = {
	[STATUS_ASK] = ask_fields, [STATUS_DONE] = done_fields, [STATUS_TUNNEL] = tunnel_fields,
	[STATUS_LISTENER] = listener_fields, [STATUS_SESSION] = session_fields,
	[STATUS_CHANNEL] = channel_fields, [STATUS_NOTICE] = notice_fields
};

const struct status_field *
status_fields(enum status_type type)
{
	return (size_t)type < sizeof(tables) / sizeof(tables[0]) ? tables[type] : NULL;
}

const char *
status_choice(const struct status_field *f, uint32_t value)
{
	uint32_t i;

	for (i = 0; f->choice[i] != NULL && i < value; i++)
		;
	return f->choice[i];
}

int
status_put(struct wire *w, const struct status_record *r)
{
	size_t record = wire_begin(w);
	uint32_t number;
	uint64_t n;

	wire_put_u32(w, STATUS_VERSION);
	wire_put_u32(w, (uint32_t)r->type);
	for (const struct status_field *f = status_fields(r->type); f->name != NULL; f++) {
		const char *at = (const char *)&r->u + f->offset;

		if (f->kind == FIELD_TEXT) {
			wire_put_bytes(w, at, strnlen(at, f->size - 1));
		} else if (f->kind == FIELD_LONG) {
			memcpy(&n, at, sizeof(n));
			wire_put_u32(w, (uint32_t)(n >> 32));
			wire_put_u32(w, (uint32_t)n);
		} else {
			memcpy(&number, at, sizeof(number));
			wire_put_u32(w, number);
		}
	}
	return wire_end(w, record);
}

static bool
get_field(struct wire *w, const struct status_field *f, char *to)
{
	uint32_t number, low;
	const uint8_t *text;
	uint64_t n;
	size_t len;

	if (f->kind == FIELD_TEXT) {
		if (wire_get_bytes(w, &text, &len) == -1 || len >= f->size || memchr(text, '\0', len) != NULL)
			return false;
		memcpy(to, text, len);
		to[len] = '\0';
		return true;
	}
	if (wire_get_u32(w, &number) == -1)
		return false;
	if (f->kind == FIELD_LONG) {
		wire_get_u32(w, &low);
		n = (uint64_t)number << 32 | low;
		memcpy(to, &n, sizeof(n));
		return !w->bad;
	}
	memcpy(to, &number, sizeof(number));
	return (f->kind != FIELD_BOOL || number <= 1) &&
	    (f->kind != FIELD_CHOICE || status_choice(f, number) != NULL);
}

/* The whole record must be there and must be understood to its last byte. */
enum status_result
status_get(struct wire *w, struct status_record *r)
{
	const struct status_field *f;
	uint32_t version, type;
	const uint8_t *data;
	struct wire body;
	size_t len;

	if (wire_left(w) < 4)
		return STATUS_MORE;
	if (wire_peek_u32(w->data + w->pos) > STATUS_RECORD_MAX)
		return STATUS_BAD;
	if (wire_get_bytes(w, &data, &len) == -1)
		return STATUS_MORE;
	wire_read_from(&body, data, len);
	if (wire_get_u32(&body, &version) == -1)
		return STATUS_BAD;
	if (version != STATUS_VERSION)
		return STATUS_OTHER_VERSION;
	if (wire_get_u32(&body, &type) == -1 || (f = status_fields((enum status_type)type)) == NULL)
		return STATUS_BAD;
	memset(r, 0, sizeof(*r));
	r->type = (enum status_type)type;
	for (; f->name != NULL; f++)
		if (!get_field(&body, f, (char *)&r->u + f->offset))
			return STATUS_BAD;
	return wire_left(&body) == 0 ? STATUS_OK : STATUS_BAD;
}
