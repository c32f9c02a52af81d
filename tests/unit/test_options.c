#include "options/options.h"

#include <ctype.h>
#include <stdio.h>

#include "unit.h"

static struct ftp_options o;
static char why[256];

static int
set(const char *text)
{
	why[0] = '\0';
	return ftp_option_set(&o, text, why, sizeof(why));
}

static void
accepts(const char *text)
{
	ck_assert_msg(set(text) == 0, "%s refused: %s", text, why);
}

/* Refused with a message, and nothing changed. */
static void
refuses(const char *text, const char *message_part)
{
	struct ftp_options before = o;

	ck_assert_msg(set(text) == -1, "%s accepted", text);
	ck_assert_msg(strstr(why, message_part) != NULL, "%s: %s", text, why);
	ck_assert_msg(memcmp(&before, &o, sizeof(o)) == 0, "%s changed something", text);
}

START_TEST(defaults)
{
	memset(&o, 0xff, sizeof(o));
	ftp_options_default(&o);
	ck_assert_int_eq(o.passive_address, PASSIVE_CONTROL);
	ck_assert_int_eq(o.server_mode, MODE_AUTO);
	ck_assert_int_eq(o.forward, METHOD_AUTO);
	ck_assert_str_eq(o.advertise, "");
	ck_assert_str_eq(o.name, "");
	ck_assert_uint_eq(o.data_port_lo + o.data_port_hi, 0);
	ck_assert_uint_eq(o.timeout + o.connections + o.grace, 0);
	ck_assert_uint_eq(o.abort_hold, 300);
	ck_assert_uint_eq(o.masters, 1);
	ck_assert(o.config_forwards && !o.tls_pass && !o.allow_any && !o.connect_first);
}
END_TEST

START_TEST(spellings)
{
	ftp_options_default(&o);
	accepts("FtpServerMode=active");
	ck_assert_int_eq(o.server_mode, MODE_ACTIVE);
	accepts("ftpservermode passive");
	ck_assert_int_eq(o.server_mode, MODE_PASSIVE);
	accepts(" FTPSERVERMODE \t= Same ");
	ck_assert_int_eq(o.server_mode, MODE_SAME);
	refuses("FtpServerMode==auto", "bad value");
	refuses("FtpServerMode", "value missing");
	refuses("FtpServerMode=", "value missing");
	refuses("FtpServerMode=act", "auto|same|passive|active");
	refuses("FtpServerMode=auto|same", "bad value");
	refuses("FtpServerMod=auto", "-o help");
	refuses("FtpServerModes=auto", "-o help");
	refuses("Ftp=1", "-o help");
	ck_assert_int_eq(o.server_mode, MODE_SAME);
}
END_TEST

START_TEST(ours)
{
	ck_assert(ftp_option_ours("FtpName=x"));
	ck_assert(ftp_option_ours("ftpbogus x"));
	ck_assert(ftp_option_ours("  FTPTls=pass"));
	ck_assert(!ftp_option_ours("Port=21"));
	ck_assert(!ftp_option_ours("ft"));
	ck_assert(!ftp_option_ours(""));
	ck_assert(!ftp_option_ours("IdentityFile=ftp"));
}
END_TEST

START_TEST(choices)
{
	ftp_options_default(&o);
	accepts("FtpForward=mux");
	ck_assert_int_eq(o.forward, METHOD_MUX);
	accepts("FtpForward=proxy");
	ck_assert_int_eq(o.forward, METHOD_PROXY);
	accepts("FtpForward=auto");
	ck_assert_int_eq(o.forward, METHOD_AUTO);
	accepts("FtpNotify=/usr/local/bin/tell");
	ck_assert_str_eq(o.notify, "/usr/local/bin/tell");
	refuses("FtpNotify=tell", "expected PROGRAM");
	accepts("FtpNoDelay=no");
	ck_assert_int_eq(o.no_delay, NO_DELAY_NO);
	accepts("FtpTls=pass");
	accepts("FtpAllowUsers=any");
	accepts("FtpConnect=first");
	accepts("FtpConfigForwards=no");
	ck_assert(o.tls_pass && o.allow_any && o.connect_first && !o.config_forwards);
	accepts("FtpTls=refuse");
	accepts("FtpAllowUsers=self");
	accepts("FtpConnect=now");
	accepts("FtpConfigForwards=yes");
	ck_assert(!o.tls_pass && !o.allow_any && !o.connect_first && o.config_forwards);
}
END_TEST

START_TEST(addresses)
{
	ftp_options_default(&o);
	accepts("FtpPassiveAddress=192.0.2.7");
	ck_assert_int_eq(o.passive_address, PASSIVE_ADDR);
	ck_assert_str_eq(o.passive_addr, "192.0.2.7");
	accepts("FtpPassiveAddress=reply");
	ck_assert_int_eq(o.passive_address, PASSIVE_REPLY);
	ck_assert_str_eq(o.passive_addr, "");
	accepts("FtpPassiveAddress=2001:db8::1");
	accepts("FtpAdvertise=198.51.100.1");
	ck_assert_str_eq(o.advertise, "198.51.100.1");
	refuses("FtpPassiveAddress=ADDR", "control|reply|ADDR");
	refuses("FtpPassiveAddress=addr", "control|reply|ADDR");
	refuses("FtpPassiveAddress=ftp.example.org", "bad value");
	refuses("FtpPassiveAddress=192.0.2", "bad value");
	refuses("FtpAdvertise=192.0.2.256", "bad value");
	refuses("FtpAdvertise=localhost", "bad value");
	refuses("FtpAdvertise=[::1]", "bad value");
}
END_TEST

START_TEST(ports)
{
	ftp_options_default(&o);
	accepts("FtpDataPorts=1024-65535");
	ck_assert_uint_eq(o.data_port_lo, 1024);
	ck_assert_uint_eq(o.data_port_hi, 65535);
	accepts("FtpDataPorts=5000-5000");
	refuses("FtpDataPorts=1023-5000", "LO-HI");
	refuses("FtpDataPorts=5001-5000", "LO-HI");
	refuses("FtpDataPorts=5000-65536", "LO-HI");
	refuses("FtpDataPorts=5000", "LO-HI");
	refuses("FtpDataPorts=5000-", "LO-HI");
	refuses("FtpDataPorts=-5000", "LO-HI");
	refuses("FtpDataPorts=+5000-6000", "LO-HI");
	refuses("FtpDataPorts=5000--6000", "LO-HI");
	refuses("FtpDataPorts=5000- 6000", "LO-HI");
	refuses("FtpDataPorts=5000-6000-7000", "LO-HI");
	refuses("FtpDataPorts=0005000-00000000006000", "LO-HI");
}
END_TEST

START_TEST(numbers)
{
	ftp_options_default(&o);
	accepts("FtpTimeout=900");
	ck_assert_uint_eq(o.timeout, 900);
	accepts("FtpConnections=12");
	ck_assert_uint_eq(o.connections, 12);
	accepts("FtpAbortHold=0");
	ck_assert_uint_eq(o.abort_hold, 0);
	accepts("FtpGrace=30");
	ck_assert_uint_eq(o.grace, 30);
	accepts("FtpMasters=4");
	ck_assert_uint_eq(o.masters, 4);
	refuses("FtpMasters=0", "bad value");
	refuses("FtpMasters=65", "bad value");
	refuses("FtpTimeout=-1", "bad value");
	refuses("FtpTimeout=+1", "bad value");
	refuses("FtpTimeout=0x10", "bad value");
	refuses("FtpTimeout=10s", "bad value");
	refuses("FtpTimeout=1000001", "bad value");
	refuses("FtpTimeout=99999999999999999999999999999999", "bad value");
}
END_TEST

START_TEST(names)
{
	char longest[128] = "FtpName=";

	ftp_options_default(&o);
	accepts("FtpName=printer-7");
	ck_assert_str_eq(o.name, "printer-7");
	refuses("FtpName=a/b", "bad value");
	refuses("FtpName=a b", "bad value");
	refuses("FtpName=a\tb", "bad value");
	refuses("FtpName=a\033b", "bad value");
	refuses("FtpName=-a", "bad value");
	memset(longest + 8, 'n', 63);
	accepts(longest);
	ck_assert_uint_eq(strlen(o.name), 63);
	longest[71] = 'n';
	refuses(longest, "bad value");
}
END_TEST

/* Every row says something, its words in small letters are accepted, nothing comes twice. */
START_TEST(table_is_sound)
{
	char text[128];

	for (const struct option_info *i = ftp_option_table; i->name != NULL; i++) {
		ck_assert(ftp_option_ours(i->name));
		ck_assert(*i->help != '\0' && strchr(i->help, '\n') == NULL);
		for (const struct option_info *j = i + 1; j->name != NULL; j++)
			ck_assert_str_ne(i->name, j->name);
		for (const char *p = i->values; *p != '\0'; p += strspn(p, "|")) {
			size_t len = strcspn(p, "|");

			snprintf(text, sizeof(text), "%s=%.*s", i->name, (int)len, p);
			ftp_options_default(&o);
			if (islower((unsigned char)*p))
				accepts(text);
			p += len;
		}
	}
}
END_TEST

/* What was given is quoted in part only: what is expected must still be in the message. */
START_TEST(long_values)
{
	char text[142] = "FtpServerMode=", why[256];

	memset(text + strlen(text), 'y', sizeof(text) - strlen(text) - 1);
	ftp_options_default(&o);
	ck_assert_int_eq(ftp_option_set(&o, text, why, sizeof(why)), -1);
	ck_assert_msg(why[strlen(why) - 1] == ')', "%s", why);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, defaults);
	tcase_add_test(t, long_values);
	tcase_add_test(t, spellings);
	tcase_add_test(t, ours);
	tcase_add_test(t, choices);
	tcase_add_test(t, addresses);
	tcase_add_test(t, ports);
	tcase_add_test(t, numbers);
	tcase_add_test(t, names);
	tcase_add_test(t, table_is_sound);
}

int
main(void)
{
	return unit_run("options", add);
}
