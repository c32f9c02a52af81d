/* The few words of FTP that we speak ourselves. */
#include "client/ftp_dialogue.h"

#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static struct ftp_dialogue d;
static int server;

static void
setup(void)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	d = (struct ftp_dialogue){ .fd = pair[0] };
	server = pair[1];
}

static void
teardown(void)
{
	close(d.fd);
	close(server);
}

/* The code of the next reply, when that has come. */
static int
says(const char *text)
{
	ck_assert_int_eq(write(server, text, strlen(text)), strlen(text));
	return ftp_dialogue_next(&d);
}

START_TEST(one_line)
{
	ck_assert_int_eq(says("220 hel"), DIALOGUE_MORE);
	ck_assert_int_eq(says("lo\r\n"), 220);
	ck_assert_str_eq(d.reply, "220 hello");
	ck_assert_int_eq(says("\r\n\xff\xfb\x01" "331 and?\n"), 331);
	ck_assert_str_eq(d.reply, "331 and?");
}
END_TEST

/* A line in the middle may begin with the code, or with another. */
START_TEST(many_lines)
{
	ck_assert_int_eq(says("220-hello\r\n220-who\r\n 220 not yet\r\n230 nor this\r\n"), DIALOGUE_MORE);
	ck_assert_int_eq(says("220 are you\r\n331 next\r\n"), 220);
	ck_assert_str_eq(d.reply, "220-hello");
	ck_assert_int_eq(ftp_dialogue_read(&d, 0), 331);
}
END_TEST

START_TEST(no_reply)
{
	ck_assert_int_eq(says("SSH-2.0-OpenSSH\r\n"), DIALOGUE_JUNK);
	ck_assert_str_eq(d.reply, "SSH-2.0-OpenSSH");
	ck_assert_int_eq(ftp_dialogue_read(&d, 0), DIALOGUE_SILENT);
	ck_assert_int_eq(says("never en"), DIALOGUE_MORE);
	shutdown(server, SHUT_WR);
	ck_assert_int_eq(ftp_dialogue_read(&d, 1000), DIALOGUE_ENDED);
	ck_assert_str_eq(d.reply, "never en");
}
END_TEST

START_TEST(ports)
{
	ck_assert_uint_eq(ftp_dialogue_port(227, "227 Entering (127,0,0,1,4,1)."), 1025);
	ck_assert_uint_eq(ftp_dialogue_port(227, "227 at 127,0,0,1,255,255"), 65535);
	ck_assert_uint_eq(ftp_dialogue_port(227, "227 (127,0,0,1,256,1)"), 0);
	ck_assert_uint_eq(ftp_dialogue_port(229, "229 (|||65535|)"), 65535);
	ck_assert_uint_eq(ftp_dialogue_port(229, "229 (|||65536|)"), 0);
	ck_assert_uint_eq(ftp_dialogue_port(226, "226 (127,0,0,1,4,1)"), 0);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, one_line);
	tcase_add_test(t, many_lines);
	tcase_add_test(t, no_reply);
	tcase_add_test(t, ports);
}

int
main(void)
{
	return unit_run("ftp_dialogue", add);
}
