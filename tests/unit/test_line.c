/* Lines out of control streams: Telnet, line ends, NUL, limits; whatever the pieces. */
#include "ftp/line.h"

#include <stdio.h>

#include "unit.h"

#define CLIENT_SIDE true
#define SERVER_SIDE false
#define TEXT_MAX (80 * 1024)

/* What a reader made of its input, one letter for the status and the text in brackets. */
static char got[4 * TEXT_MAX];

static void
note(char status, const struct line_reader *r)
{
	size_t len = strlen(got);

	for (size_t i = 0; i < r->line.len; i++) /* NUL is shown as 0 */
		got[len + 2 + i] = bytes_data(&r->line)[i] ? bytes_data(&r->line)[i] : '0';
	got[len] = status;
	got[len + 1] = '[';
	got[len + 2 + r->line.len] = ']';
	got[len + 3 + r->line.len] = '\0';
}

static const char *
read_in(bool client, const char *data, size_t len, size_t piece)
{
	static const char letters[] = { [LINE_OK] = '+', [LINE_BAD] = '!', [LINE_LONG] = '>' };
	struct line_reader r;
	enum line_status status;

	r = (struct line_reader){ .client = client };
	got[0] = '\0';
	for (size_t at = 0; at < len;) {
		size_t n = len - at < piece ? len - at : piece, taken = 0;

		while (taken < n) {
			taken += line_feed(&r, data + at + taken, n - taken, &status);
			if (status != LINE_MORE)
				note(letters[status], &r);
		}
		at += n;
	}
	bytes_free(&r.line);
	return got;
}

/* Every size of the pieces gives the same lines. */
static void
reads(bool client, const char *data, size_t len, const char *want)
{
	for (size_t piece = 1; piece <= len + 1; piece++)
		ck_assert_str_eq(read_in(client, data, len, piece), want);
}

#define CLIENT_READS(data, want) reads(CLIENT_SIDE, data, sizeof(data) - 1, want)
#define SERVER_READS(data, want) reads(SERVER_SIDE, data, sizeof(data) - 1, want)

START_TEST(line_ends_of_a_client)
{
	CLIENT_READS("NOOP\r\n", "+[NOOP]");
	CLIENT_READS("NOOP\nQUIT\r\n", "+[NOOP]+[QUIT]");
	CLIENT_READS("\r\n\n", "+[]+[]");
	CLIENT_READS("RETR  a b \t\r\n", "+[RETR  a b \t]");
	CLIENT_READS("NOOP", "");
}
END_TEST

/* RFC 2640: servers do not agree on where CR NUL LF ends a command. */
START_TEST(nul_and_bare_cr_of_a_client_are_bad)
{
	CLIENT_READS("RETR a\0b\r\n", "![RETR ab]");
	CLIENT_READS("RETR a\r\0\nQUIT\r\n", "![RETR a]+[QUIT]");
	CLIENT_READS("NOOP\rPORT 1\r\n", "![NOOPPORT 1]");
	CLIENT_READS("NOOP\r\r\n", "![NOOP]");
	CLIENT_READS("\0\nNOOP\n", "![]+[NOOP]");
}
END_TEST

/* A known way round FTP gateways: Telnet commands in the middle of the verb. */
START_TEST(telnet_hides_no_port_command)
{
	CLIENT_READS("PO\377\361RT 1\r\n", "+[PORT 1]");              /* IAC NOP */
	CLIENT_READS("\377\373\1PO\377\375\1RT 1\r\n", "+[PORT 1]");   /* WILL, DO */
	CLIENT_READS("P\377\374\nORT 1\r\n", "![P]+[ORT 1]");          /* an option LF */
	CLIENT_READS("PO\377\372\1xx\377\360RT 1\r\n", "+[PORT 1]");   /* SB ... IAC SE */
	CLIENT_READS("PO\377\372x\377\377y\377\360RT\r\n", "+[PORT]"); /* SB ... FF FF ... */
	CLIENT_READS("NOOP\r\377\361\n", "+[NOOP]");
}
END_TEST

/* lftp, ncftp and Python break off a transfer like this. */
START_TEST(interrupt_before_abor)
{
	CLIENT_READS("\377\364\377\362ABOR\r\n", "+[ABOR]");
	CLIENT_READS("\377\364\377\377\362ABOR\r\n", "+[ABOR]");
	CLIENT_READS("\377\364\377\364\377\362ABOR\n", "+[ABOR]");
}
END_TEST

/* Urgent data that ssh has carried lacks its last byte. */
START_TEST(abor_that_lost_a_byte)
{
	CLIENT_READS("ABOR\r", "+[ABOR]");
	CLIENT_READS("abor\rNOOP\r\n", "+[abor]+[NOOP]");
	CLIENT_READS("ABOR\r\n\nNOOP\n", "+[ABOR]+[]+[NOOP]");
	CLIENT_READS("\377\364\377ABOR\r\n", "+[ABOR]");
	CLIENT_READS("\364\377\362ABOR\r\n", "+[ABOR]");
	CLIENT_READS("\364\377abor\r\n", "+[abor]"); /* the urgent one came too late */
	CLIENT_READS("\362\377\364abor\r", "+[abor]");
	CLIENT_READS("\377\377PORT 1\r\n", "+[PORT 1]");
	CLIENT_READS("xABOR\rNOOP\r\n", "![xABORNOOP]");
	CLIENT_READS("\0ABOR\rNOOP\r\n", "![ABORNOOP]");
	CLIENT_READS("ABORT\rNOOP\r\n", "![ABORTNOOP]");
}
END_TEST

START_TEST(literal_ff_stays_doubled)
{
	CLIENT_READS("RETR a\377\377b\r\n", "+[RETR a\377\377b]");
	CLIENT_READS("RETR \377\377\r\n", "+[RETR \377\377]");
	CLIENT_READS("RETR a\377b\r\n", "+[RETR a\377b]"); /* forgot to double it */
	CLIENT_READS("RETR a\377\r\n", "+[RETR a\377]");
}
END_TEST

/* The next command must not be glued to the one with the broken sequence. */
START_TEST(line_feed_within_telnet_ends_the_line)
{
	CLIENT_READS("NOOP\377\nPORT 1\r\n", "![NOOP]+[PORT 1]");
	CLIENT_READS("NOOP\377\372\1\nPORT 1\r\n", "![NOOP]+[PORT 1]");
	CLIENT_READS("NOOP\377\372\1\377\nPORT 1\r\n", "![NOOP]+[PORT 1]");
	CLIENT_READS("NOOP\377\375\r\n", "+[NOOP]"); /* the option is CR; LF alone ends */
	CLIENT_READS("NOOP\377\373\nPORT 1\r\n", "![NOOP]+[PORT 1]");
}
END_TEST

START_TEST(replies_keep_every_byte)
{
	SERVER_READS("220 a\r\n230 b\n", "+[220 a]+[230 b]");
	SERVER_READS("257 \"a\0b\"\r\n", "+[257 \"a0b\"]"); /* vsftpd: LF in a name */
	SERVER_READS("257 \377\377\377\361\r\n", "+[257 \377\377\377\361]");
	SERVER_READS("257 a\rb\r\r\n", "+[257 a\rb\r]");
	SERVER_READS("\n", "+[]");
}
END_TEST

static char long_line[TEXT_MAX];

/* len bytes and a line end, then a short line; the piece is a likely read size. */
static const char *
read_long(bool client, size_t len, const char *end)
{
	memset(long_line, 'x', len);
	snprintf(long_line + len, sizeof(long_line) - len, "%sNOOP\r\n", end);
	return read_in(client, long_line, len + strlen(long_line + len), 1000);
}

START_TEST(limits)
{
	static const struct {
		bool client;
		size_t max;
	} side[] = { { true, LINE_COMMAND_MAX }, { false, LINE_REPLY_MAX } };
	size_t max = side[_i].max;

	ck_assert_uint_eq(LINE_COMMAND_MAX, 16 * 1024);
	ck_assert_uint_eq(LINE_REPLY_MAX, 64 * 1024);
	read_long(side[_i].client, max, "\r\n");
	ck_assert(got[0] == '+' && strlen(got) == max + 3 + 7);
	read_long(side[_i].client, max + 1, "\n");
	if (!side[_i].client) { /* at once: the session ends by it */
		ck_assert(got[0] == '>' && strlen(got) == max + 3 + 3 + 7);
		return;
	}
	ck_assert(got[0] == '>' && strlen(got) == max + 3 + 7);
	ck_assert_str_eq(got + max + 3, "+[NOOP]"); /* the next one is whole again */
	read_long(side[_i].client, max + 12345, "\r\n");
	ck_assert(got[0] == '>' && strlen(got) == max + 3 + 7);
}
END_TEST

/* Memory stays within the limit however long the line. */
START_TEST(endless_line)
{
	struct line_reader r;
	enum line_status status;

	memset(long_line, 'x', sizeof(long_line));
	r = (struct line_reader){ .client = CLIENT_SIDE };
	for (int i = 0; i < 1000; i++) {
		ck_assert_uint_eq(line_feed(&r, long_line, sizeof(long_line), &status),
		    sizeof(long_line));
		ck_assert_int_eq(status, LINE_MORE);
	}
	ck_assert_uint_le(r.line.size, LINE_COMMAND_MAX);
	line_feed(&r, "\n", 1, &status);
	ck_assert_int_eq(status, LINE_LONG);
	bytes_free(&r.line);
	bytes_free(&r.line);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, line_ends_of_a_client);
	tcase_add_test(t, nul_and_bare_cr_of_a_client_are_bad);
	tcase_add_test(t, telnet_hides_no_port_command);
	tcase_add_test(t, interrupt_before_abor);
	tcase_add_test(t, abor_that_lost_a_byte);
	tcase_add_test(t, literal_ff_stays_doubled);
	tcase_add_test(t, line_feed_within_telnet_ends_the_line);
	tcase_add_test(t, replies_keep_every_byte);
	tcase_add_loop_test(t, limits, 0, 2);
	tcase_add_test(t, endless_line);
}

int
main(void)
{
	return unit_run("line", add);
}
