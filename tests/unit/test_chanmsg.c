/* Channel messages: the bytes that go out, and everything that may come in. */
#include "proxy/chanmsg.h"
#include "unit.h"

#define BYTES(s) (const uint8_t *)(s), sizeof(s) - 1

static uint8_t out[512];
static struct wire w;

static void
begin(size_t room)
{
	wire_write_to(&w, out, room);
}

static void
wrote(const uint8_t *want, size_t len)
{
	ck_assert_uint_eq(w.len, len);
	ck_assert_int_eq(memcmp(out, want, len), 0);
}

static int
numbers(enum chanmsg_type type, size_t count, uint32_t one, uint32_t other)
{
	return chanmsg_numbers(&w, type, (const uint32_t[]){ one, other }, count);
}

#define OPEN "\0\0\0\70" "\0\x5a" "\0\0\0\14direct-tcpip" "\0\0\0\3" "\0\40\0\0" "\0\0\200\0" \
	"\0\0\0\1h" "\0\0\0\25" "\0\0\0\11" "127.0.0.1" "\0\0\0\0"

START_TEST(test_out)
{
	begin(sizeof(out));
	ck_assert_int_eq(chanmsg_open(&w, 3, 2097152, 32768, "h", 21), 0);
	wrote(BYTES(OPEN));
	begin(sizeof(out));
	ck_assert_int_eq(numbers(CHANMSG_WINDOW_ADJUST, 2, 7, 258), 0);
	wrote(BYTES("\0\0\0\12" "\0\x5d" "\0\0\0\7" "\0\0\1\2"));
	begin(sizeof(out));
	ck_assert_int_eq(numbers(CHANMSG_EOF, 1, 7, 0), 0);
	ck_assert_int_eq(numbers(CHANMSG_CLOSE, 1, 8, 0), 0);
	wrote(BYTES("\0\0\0\6" "\0\x60" "\0\0\0\7" "\0\0\0\6" "\0\x61" "\0\0\0\10"));
	begin(sizeof(out));
	ck_assert_int_eq(numbers(CHANMSG_REQUEST_FAILURE, 0, 0, 0), 0);
	wrote(BYTES("\0\0\0\2" "\0\x52"));
	chanmsg_data(out, 5, 3);
	ck_assert_int_eq(memcmp(out, "\0\0\0\15" "\0\x5e" "\0\0\0\5" "\0\0\0\3", 14), 0);
}
END_TEST

/* Where there is no room nothing is written. */
START_TEST(test_room)
{
	for (size_t room = 0; room < sizeof(OPEN) - 1; room++) {
		begin(room);
		ck_assert_int_eq(chanmsg_open(&w, 3, 2097152, 32768, "h", 21), -1);
		ck_assert_uint_eq(w.len, 0);
	}
	for (size_t room = 0; room < 14; room++) {
		begin(room);
		ck_assert_int_eq(numbers(CHANMSG_WINDOW_ADJUST, 2, 7, 258), -1);
		ck_assert_int_eq(numbers(CHANMSG_EOF, 1, 7, 0), room < 10 ? -1 : 0);
		ck_assert_uint_eq(w.len, room < 10 ? 0 : 10);
		begin(room);
		ck_assert_int_eq(numbers(CHANMSG_REQUEST_FAILURE, 0, 0, 0), room < 6 ? -1 : 0);
	}
}
END_TEST

static const struct {
	const char *name, *frame;
	size_t len;
	struct chanmsg want;
	const char *data;
} good[] = {
#define GOOD(name, frame, data, ...) { name, frame, sizeof(frame) - 1, { __VA_ARGS__ }, data }
	GOOD("confirmation", "\0\x5b" "\0\0\0\1" "\0\0\0\2" "\0\40\0\0" "\0\0\200\0", NULL,
	    .type = CHANMSG_OPEN_CONFIRMATION, .channel = 1, .sender = 2, .window = 2097152,
	    .max_packet = 32768),
	GOOD("refused", "\0\x5c" "\0\0\0\1" "\0\0\0\2" "\0\0\0\22" "Connection refused" "\0\0\0\0",
	    NULL, .type = CHANMSG_OPEN_FAILURE, .channel = 1, .reason = "Connection refused"),
	GOOD("prohibited", "\0\x5c" "\0\0\0\1" "\0\0\0\1" "\0\0\0\13" "open failed" "\0\0\0\0",
	    NULL,
	    .type = CHANMSG_OPEN_FAILURE, .channel = 1,
	    .reason = "administratively prohibited: open failed"),
	GOOD("not connected", "\0\x5c" "\0\0\0\1" "\0\0\0\2" "\0\0\0\13" "open failed", NULL,
	    .type = CHANMSG_OPEN_FAILURE, .channel = 1, .reason = "connect failed: open failed"),
	GOOD("unknown code", "\0\x5c" "\0\0\0\1" "\1\0\0\1" "\0\0\0\3" "a\nb", NULL,
	    .type = CHANMSG_OPEN_FAILURE, .channel = 1, .reason = "open failed: a?b"),
	GOOD("no words", "\0\x5c" "\0\0\0\1" "\0\0\0\4" "\0\0\0\0", NULL,
	    .type = CHANMSG_OPEN_FAILURE, .channel = 1, .reason = "resource shortage"),
	GOOD("adjust", "\0\x5d" "\0\0\0\1" "\377\377\377\377", NULL, .type = CHANMSG_WINDOW_ADJUST,
	    .channel = 1, .window = UINT32_MAX),
	GOOD("data", "\0\x5e" "\0\0\0\1" "\0\0\0\3abc", "abc", .type = CHANMSG_DATA, .channel = 1,
	    .len = 3),
	GOOD("no data", "\0\x5e" "\0\0\0\1" "\0\0\0\0", "", .type = CHANMSG_DATA, .channel = 1),
	GOOD("stderr", "\0\x5f" "\0\0\0\1" "\0\0\0\1" "\0\0\0\3abc", "abc",
	    .type = CHANMSG_EXTENDED_DATA, .channel = 1, .len = 3),
	GOOD("eof", "\0\x60" "\0\0\0\1", NULL, .type = CHANMSG_EOF, .channel = 1),
	GOOD("close", "\0\x61" "\0\0\0\1", NULL, .type = CHANMSG_CLOSE, .channel = 1),
	GOOD("request", "\0\x62" "\0\0\0\1" "\0\0\0\1x" "\1", NULL, .type = CHANMSG_REQUEST,
	    .channel = 1, .want_reply = true),
	GOOD("keepalive", "\0\x50" "\0\0\0\1x" "\1", NULL, .type = CHANMSG_GLOBAL_REQUEST,
	    .want_reply = true),
	GOOD("hostkeys", "\0\x50" "\0\0\0\1x" "\0" "rest", NULL, .type = CHANMSG_GLOBAL_REQUEST),
	GOOD("open", "\0\x5a" "\0\0\0\3x11" "\0\0\0\7" "rest", NULL, .type = CHANMSG_OPEN,
	    .channel = 7),
	GOOD("ignore", "\0\2" "rest", NULL, .type = CHANMSG_IGNORE),
	GOOD("debug", "\0\4", NULL, .type = CHANMSG_DEBUG),
};

START_TEST(test_in)
{
	const struct chanmsg *want = &good[_i].want;
	struct chanmsg m;

	unit_seed("chanmsg", good[_i].frame, good[_i].len);
	ck_assert_msg(chanmsg_decode(&m, (const uint8_t *)good[_i].frame, good[_i].len) == 0,
	    "%s", good[_i].name);
	ck_assert_uint_eq(m.type, want->type);
	ck_assert_uint_eq(m.channel, want->channel);
	ck_assert_uint_eq(m.sender, want->sender);
	ck_assert_uint_eq(m.window, want->window);
	ck_assert_uint_eq(m.max_packet, want->max_packet);
	ck_assert_uint_eq(m.want_reply, want->want_reply);
	ck_assert_str_eq(m.reason, want->reason);
	ck_assert_uint_eq(m.len, want->len);
	if (good[_i].data != NULL)
		ck_assert_int_eq(memcmp(m.data, good[_i].data, m.len), 0);
}
END_TEST

/* Cut short anywhere, what matters is missing, or else the message is what it was. */
START_TEST(test_cut)
{
	static const unsigned least[] = { [CHANMSG_OPEN_FAILURE] = 10, [CHANMSG_IGNORE] = 2 };
	const uint8_t *frame = (const uint8_t *)good[_i].frame;
	struct chanmsg whole, m;
	uint8_t copy[64];

	chanmsg_decode(&whole, frame, good[_i].len);
	for (size_t n = 0; n < good[_i].len; n++) {
		uint8_t *end = copy + sizeof(copy) - n;

		memcpy(end, frame, n);
		if (chanmsg_decode(&m, end, n) == -1)
			continue;
		ck_assert_uint_ge(n, least[whole.type]);
		ck_assert_uint_eq(m.channel, whole.channel);
		ck_assert_uint_eq(m.window, whole.window);
		ck_assert_uint_eq(m.len, whole.len);
		ck_assert_str_eq(m.reason, whole.reason);
	}
}
END_TEST

static const struct {
	const char *frame;
	size_t len;
} bad[] = {
#define BAD(frame) { frame, sizeof(frame) - 1 }
	BAD(""), BAD("\0"), BAD("\0\x5e"), BAD("\0\x5e" "\0\0\0\1" "\0\0\0\4abc"),
	BAD("\0\x5e" "\0\0\0\1" "\377\377\377\377abc"), BAD("\0\1" "\0\0\0\1"), BAD("\0\24"),
	BAD("\0\x5b" "\0\0\0\1" "\0\0\0\2" "\0\0\0\3"), BAD("\0\x65" "\0\0\0\1"),
	BAD("\0\x50" "\0\0\0\1x"), BAD("\0\x61" "\0\0\0"), BAD("\0\377" "\0\0\0\1"),
	BAD("\0\x5a" "\0\0\0\3x11" "\0\0\0"),
};

START_TEST(test_bad)
{
	struct chanmsg m;

	ck_assert_int_eq(chanmsg_decode(&m, (const uint8_t *)bad[_i].frame, bad[_i].len), -1);
}
END_TEST

static void
tests(TCase *t)
{
	tcase_add_test(t, test_out);
	tcase_add_test(t, test_room);
	tcase_add_loop_test(t, test_in, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(t, test_cut, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(t, test_bad, 0, sizeof(bad) / sizeof(bad[0]));
}

int
main(void)
{
	return unit_run("chanmsg", tests);
}
