/* Mux messages: the bytes that go out, and everything that may come in. */
#include "mux/muxmsg.h"
#include "unit.h"

#define BYTES(s) (const uint8_t *)(s), sizeof(s) - 1

static uint8_t out[MUX_PACKET_MAX];
static struct wire w;

static void
begin(void)
{
	wire_write_to(&w, out, sizeof(out));
}

static void
wrote(const uint8_t *want, size_t len)
{
	ck_assert_uint_eq(w.len, len);
	ck_assert_int_eq(memcmp(out, want, len), 0);
}

START_TEST(test_requests)
{
	struct forward d = { .port = 258, .host = "h" };

	begin();
	ck_assert_int_eq(muxmsg_hello(&w), 0);
	wrote(BYTES("\0\0\0\10" "\0\0\0\1" "\0\0\0\4"));
	begin();
	ck_assert_int_eq(muxmsg_request(&w, MUX_C_ALIVE_CHECK, 7, NULL), 0);
	wrote(BYTES("\0\0\0\10" "\x10\0\0\4" "\0\0\0\7"));
	begin();
	ck_assert_int_eq(muxmsg_request(&w, MUX_C_TERMINATE, 8, NULL), 0);
	wrote(BYTES("\0\0\0\10" "\x10\0\0\5" "\0\0\0\10"));
	begin();
	ck_assert_int_eq(muxmsg_request(&w, MUX_C_NEW_STDIO_FWD, 1, &d), 0);
	wrote(BYTES("\0\0\0\25" "\x10\0\0\10" "\0\0\0\1" "\0\0\0\0" "\0\0\0\1h" "\0\0\1\2"));
}
END_TEST

START_TEST(test_forwards)
{
	struct forward l = { .kind = FORWARD_LOCAL, .port = 2000, .host = "::1", .path = "/p" };
	struct forward r = { .kind = FORWARD_REMOTE, .host = "localhost", .path = "/q" };

	begin();
	ck_assert_int_eq(muxmsg_request(&w, MUX_C_OPEN_FWD, 1, &l), 0);
	wrote(BYTES("\0\0\0\41" "\x10\0\0\6" "\0\0\0\1" "\0\0\0\1" "\0\0\0\2/p"
	    "\xff\xff\xff\xfe" "\0\0\0\3::1" "\0\0\7\xd0"));
	begin();
	ck_assert_int_eq(muxmsg_request(&w, MUX_C_CLOSE_FWD, 2, &r), 0);
	wrote(BYTES("\0\0\0\47" "\x10\0\0\7" "\0\0\0\2" "\0\0\0\2" "\0\0\0\11localhost"
	    "\0\0\0\0" "\0\0\0\2/q" "\xff\xff\xff\xfe"));
	r.host[0] = '\0'; /* every address is written as an asterisk */
	begin();
	ck_assert_int_eq(muxmsg_request(&w, MUX_C_OPEN_FWD, 3, &r), 0);
	wrote(BYTES("\0\0\0\37" "\x10\0\0\6" "\0\0\0\3" "\0\0\0\2" "\0\0\0\1*"
	    "\0\0\0\0" "\0\0\0\2/q" "\xff\xff\xff\xfe"));
}
END_TEST

/* Whatever the room: whole packets or nothing. */
START_TEST(test_no_room)
{
	struct forward f = { .kind = FORWARD_LOCAL, .port = 20, .host = "h", .path = "/p" };
	struct forward d = { .port = 20, .host = "host" };
	size_t whole;

	begin();
	ck_assert_int_eq(muxmsg_request(&w, MUX_C_OPEN_FWD, 1, &f), 0);
	ck_assert_int_eq(muxmsg_request(&w, MUX_C_NEW_STDIO_FWD, 2, &d), 0);
	whole = w.len;
	for (size_t size = 0; size <= whole; size++) {
		size_t first;

		wire_write_to(&w, out, size);
		muxmsg_request(&w, MUX_C_OPEN_FWD, 1, &f);
		first = w.len;
		ck_assert(first == 0 || first == 4 + wire_peek_u32(out));
		ck_assert_int_eq(muxmsg_request(&w, MUX_C_NEW_STDIO_FWD, 2, &d), w.len > first ? 0 : -1);
	}
	ck_assert_uint_eq(w.len, whole);
}
END_TEST

static const struct {
	const char *name;
	const uint8_t *packet;
	size_t len;
	int result;
	enum mux_answer answer;
	uint32_t id, value;
	const char *reason;
} packets[] = {
	{ "hello", BYTES("\0\0\0\1" "\0\0\0\4"), 0, MUX_S_HELLO, 0, 4, "" },
	{ "hello with extension", BYTES("\0\0\0\1" "\0\0\0\4" "\0\0\0\4info" "\0\0\0\1" "0"), 0,
	    MUX_S_HELLO, 0, 4, "" },
	{ "hello, extension cut", BYTES("\0\0\0\1" "\0\0\0\4" "\0\0\0\4info"), -1, 0, 0, 0, "" },
	{ "hello, version 5", BYTES("\0\0\0\1" "\0\0\0\5" "whatever"), 0, MUX_S_HELLO, 0, 5, "" },
	{ "ok", BYTES("\x80\0\0\1" "\0\0\0\7"), 0, MUX_S_OK, 7, 0, "" },
	{ "denied", BYTES("\x80\0\0\2" "\0\0\0\7" "\0\0\0\2no"), 0, MUX_S_DENIED, 7, 0, "no" },
	{ "failure", BYTES("\x80\0\0\3" "\0\0\0\7" "\0\0\0\5n\r\no\x1b"), 0, MUX_S_FAILURE, 7, 0,
	    "n??o?" },
	{ "failure without reason", BYTES("\x80\0\0\3" "\0\0\0\7"), -1, 0, 0, 0, "" },
	{ "alive", BYTES("\x80\0\0\5" "\0\0\0\1" "\0\0\1\0"), 0, MUX_S_ALIVE, 1, 256, "" },
	{ "session", BYTES("\x80\0\0\6" "\0\0\0\1" "\0\0\0\3"), 0, MUX_S_SESSION_OPENED, 1, 3,
	    "" },
	{ "port", BYTES("\x80\0\0\7" "\0\0\0\1" "\0\0\x80\0"), 0, MUX_S_REMOTE_PORT, 1, 32768,
	    "" },
	{ "port cut", BYTES("\x80\0\0\7" "\0\0\0\1" "\0\0\x80"), -1, 0, 0, 0, "" },
	{ "exit message", BYTES("\x80\0\0\4" "\0\0\0\1" "\0\0\0\0"), -1, 0, 0, 0, "" },
	{ "a request", BYTES("\x10\0\0\4" "\0\0\0\1"), -1, 0, 0, 0, "" },
	{ "empty", BYTES(""), -1, 0, 0, 0, "" },
};
#define PACKETS (sizeof(packets) / sizeof(packets[0]))

START_TEST(test_decode)
{
	struct mux_reply r;

	unit_seed("mux", packets[_i].packet, packets[_i].len);
	ck_assert_msg(muxmsg_decode(&r, packets[_i].packet, packets[_i].len) ==
	    packets[_i].result, "%s", packets[_i].name);
	if (packets[_i].result == -1)
		return;
	ck_assert_uint_eq(r.answer, packets[_i].answer);
	ck_assert_uint_eq(r.id, packets[_i].id);
	ck_assert_uint_eq(r.value, packets[_i].value);
	ck_assert_str_eq(r.reason, packets[_i].reason);
}
END_TEST

START_TEST(test_long_reason)
{
	struct mux_reply r;

	begin();
	wire_put_u32(&w, 0x80000003);
	wire_put_u32(&w, 1);
	memset(out + 12, 'x', 1000);
	wire_poke_u32(out + 8, 1000);
	ck_assert_int_eq(muxmsg_decode(&r, out, 1012), 0);
	ck_assert_uint_eq(strlen(r.reason), sizeof(r.reason) - 1);
}
END_TEST

/* Every packet cut at every byte, and every byte changed: no crash, no read outside
 * (each try is a heap block of its own, for valgrind and ASan). */
START_TEST(test_mutations)
{
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xfe, 0xff };
	struct mux_reply r;

	for (size_t len = 0; len <= packets[_i].len; len++) {
		uint8_t *copy = malloc(len > 0 ? len : 1);

		for (size_t i = 0; i < len; i++) {
			memcpy(copy, packets[_i].packet, len);
			for (size_t v = 0; v < sizeof(values); v++) {
				copy[i] = values[v];
				muxmsg_decode(&r, copy, len);
				ck_assert_uint_lt(strlen(r.reason), sizeof(r.reason));
			}
		}
		free(copy);
	}
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, test_requests);
	tcase_add_test(t, test_forwards);
	tcase_add_test(t, test_no_room);
	tcase_add_loop_test(t, test_decode, 0, PACKETS);
	tcase_add_test(t, test_long_reason);
	tcase_add_loop_test(t, test_mutations, 0, PACKETS);
}

int
main(void)
{
	return unit_run("muxmsg", add);
}
