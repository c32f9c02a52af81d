/* Status records: what is put comes out again, and nothing else is taken. */
#include <stdio.h>
#include <unistd.h>

#include "base/packet.h"
#include "status/notice.h"
#include "status/status.h"
#include "unit.h"

static const enum status_type types[] = {
	STATUS_ASK, STATUS_DONE, STATUS_TUNNEL, STATUS_LISTENER, STATUS_SESSION, STATUS_CHANNEL
};
#define TYPES (int)(sizeof(types) / sizeof(types[0]))

/* Every field gets the largest value that it takes. */
static void
fill(struct status_record *r, enum status_type type)
{
	memset(r, 0, sizeof(*r));
	r->type = type;
	for (const struct status_field *f = status_fields(type); f->name != NULL; f++) {
		char *at = (char *)&r->u + f->offset;
		uint32_t one = 1;

		if (f->kind == FIELD_TEXT)
			memset(at, 0xc3, f->size - 1);
		else if (f->kind == FIELD_BOOL || f->kind == FIELD_CHOICE)
			memcpy(at, &one, sizeof(one));
		else
			memset(at, 0xfe, f->size);
	}
}

START_TEST(test_round)
{
	struct status_record in, out;
	uint8_t buf[STATUS_RECORD_MAX + 4];
	struct wire w;

	fill(&in, types[_i]);
	wire_write_to(&w, buf, sizeof(buf));
	ck_assert_int_eq(status_put(&w, &in), 0);
	unit_seed("status", buf, w.len);
	ck_assert_int_eq(status_get(&w, &out), STATUS_OK);
	ck_assert_int_eq(memcmp(&in, &out, sizeof(in)), 0);
	ck_assert_int_eq(status_get(&w, &out), STATUS_MORE);
}
END_TEST

/* A helper's session with all its channels, at their longest, is one packet. */
START_TEST(test_packet)
{
	uint8_t buf[STATUS_PACKET_MAX];
	struct status_record r;
	struct wire w;

	wire_write_to(&w, buf, sizeof(buf));
	fill(&r, STATUS_SESSION);
	ck_assert_int_eq(status_put(&w, &r), 0);
	fill(&r, STATUS_CHANNEL);
	for (int i = 0; i < STATUS_CHANNELS; i++)
		ck_assert_int_eq(status_put(&w, &r), 0);
}
END_TEST

/* Cut anywhere, a record is not there yet; what was put before a failure stays whole. */
START_TEST(test_cut)
{
	uint8_t buf[STATUS_RECORD_MAX + 4], other[sizeof(buf)];
	struct status_record r;
	struct wire w, part;

	fill(&r, types[_i]);
	wire_write_to(&w, buf, sizeof(buf));
	ck_assert_int_eq(status_put(&w, &r), 0);
	for (size_t len = 0; len < w.len; len++) {
		wire_read_from(&part, buf, len);
		ck_assert_int_eq(status_get(&part, &r), STATUS_MORE);
		wire_write_to(&part, other, len);
		fill(&r, types[_i]);
		ck_assert_int_eq(status_put(&part, &r), -1);
		ck_assert_uint_eq(part.len, 0);
	}
}
END_TEST

/* A record of our own making, to be spoilt. */
static size_t
ask(uint8_t *buf, size_t size, uint32_t version, uint32_t type, uint32_t op, int extra)
{
	struct wire body, w;
	uint8_t text[256];

	wire_write_to(&body, text, sizeof(text));
	wire_put_u32(&body, version);
	wire_put_u32(&body, type);
	wire_put_u32(&body, op);
	for (int i = 0; i < 2 + extra; i++)
		wire_put_u32(&body, 7);
	wire_write_to(&w, buf, size);
	wire_put_bytes(&w, text, body.len);
	return w.len;
}

START_TEST(test_refused)
{
	static const struct {
		uint32_t version, type, op;
		int extra;
		enum status_result result;
	} rows[] = {
		{ STATUS_VERSION, STATUS_ASK, 0, 0, STATUS_OK },
		{ STATUS_VERSION, STATUS_ASK, STATUS_ASK_STOP, 0, STATUS_OK },
		{ STATUS_VERSION, STATUS_ASK, STATUS_ASK_STOP + 1, 0, STATUS_BAD },
		{ STATUS_VERSION, STATUS_ASK, UINT32_MAX, 0, STATUS_BAD },
		{ STATUS_VERSION, STATUS_ASK, 0, 1, STATUS_BAD },
		{ STATUS_VERSION, STATUS_ASK, 0, -1, STATUS_BAD },
		{ STATUS_VERSION, 0, 0, 0, STATUS_BAD },
		{ STATUS_VERSION, STATUS_CHANNEL + 1, 0, 0, STATUS_BAD },
		{ STATUS_VERSION, UINT32_MAX, 0, 0, STATUS_BAD },
		{ STATUS_VERSION + 1, STATUS_ASK, 0, 0, STATUS_OTHER_VERSION },
		{ STATUS_VERSION + 1, 99, 99, 20, STATUS_OTHER_VERSION },
	};
	uint8_t buf[512];
	struct status_record r;
	struct wire w;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		wire_read_from(&w, buf, ask(buf, sizeof(buf), rows[i].version, rows[i].type,
		    rows[i].op, rows[i].extra));
		ck_assert_msg(status_get(&w, &r) == rows[i].result, "row %zu", i);
	}
}
END_TEST

/* Texts: one byte too long, or with a NUL. */
START_TEST(test_texts)
{
	struct status_record r;
	uint8_t text[STATUS_RECORD_MAX], buf[STATUS_RECORD_MAX + 4];
	size_t room = sizeof(r.u.done.text);
	struct wire body, w;

	for (int row = 0; row < 3; row++) {
		char bytes[sizeof(r.u.done.text)];

		memset(bytes, 'x', sizeof(bytes));
		if (row == 1)
			bytes[5] = '\0';
		wire_write_to(&body, text, sizeof(text));
		wire_put_u32(&body, STATUS_VERSION);
		wire_put_u32(&body, STATUS_DONE);
		wire_put_u32(&body, 1);
		wire_put_bytes(&body, bytes, row == 2 ? room : room - 1);
		wire_write_to(&w, buf, sizeof(buf));
		wire_put_bytes(&w, text, body.len);
		ck_assert_int_eq(status_get(&w, &r), row == 0 ? STATUS_OK : STATUS_BAD);
	}
	ck_assert_uint_eq(r.type, STATUS_DONE);
}
END_TEST

START_TEST(test_too_long)
{
	static const uint8_t head[] = { 0xff, 0xff, 0xff, 0xff };
	struct status_record r;
	struct wire w;

	wire_read_from(&w, head, sizeof(head)); /* nobody shall wait for 4 GB */
	ck_assert_int_eq(status_get(&w, &r), STATUS_BAD);
}
END_TEST

/* What a session process wants the user to be told may be an attacker's words. */
START_TEST(notices)
{
	char packet[STATUS_RECORD_MAX], why[NOTICE_MAX];
	enum notice notice;
	int pair[2];
	ssize_t n;

	ck_assert_int_eq(packet_pair(pair, true), 0);
	ck_assert_int_eq(notice_send(pair[0], NOTICE_TLS, "a\033[2Jb", -1), 0);
	n = packet_receive(pair[1], packet, sizeof(packet), NULL);
	ck_assert_int_gt(n, 0);
	ck_assert(notice_get(packet, (size_t)n, &notice, why) && notice == NOTICE_TLS);
	ck_assert_str_eq(why, "a\\033[2Jb");
	ck_assert(!notice_get(packet, (size_t)n - 1, &notice, why));
	packet[n] = 'x';
	ck_assert(!notice_get(packet, (size_t)n + 1, &notice, why));
	close(pair[0]);
	close(pair[1]);
}
END_TEST

static void
add(TCase *tests)
{
	tcase_add_loop_test(tests, test_round, 0, TYPES);
	tcase_add_test(tests, notices);
	tcase_add_test(tests, test_packet);
	tcase_add_loop_test(tests, test_cut, 0, TYPES);
	tcase_add_test(tests, test_refused);
	tcase_add_test(tests, test_texts);
	tcase_add_test(tests, test_too_long);
}

int
main(void)
{
	return unit_run("status", add);
}
