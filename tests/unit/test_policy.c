/* Who may be connected to whom. */
#include "ftp/policy.h"

#include "unit.h"

static const struct ftp_address peer = { 4, { 10, 0, 0, 1 }, 0 }, loop = { 4, { 127, 0, 0, 1 }, 0 },
			       peer6 = { 6, { 0x20, 1, [15] = 1 }, 0 }, loop6 = { 6, { [15] = 1 }, 0 },
			       unknown = { 0 };

static bool
allowed(const struct ftp_address *control, const struct ftp_address *host, uint16_t port)
{
	struct ftp_address a = *host;

	a.port = port;
	return policy_active_allowed(control, NULL, &a);
}

/* Nobody but the client is connected to. */
START_TEST(bounce_CVE_1999_0017_CVE_2001_0405)
{
	static const struct ftp_address other = { 4, { 10, 0, 0, 2 }, 0 },
					loop2 = { 4, { 127, 0, 0, 2 }, 0 }, any = { 4, { 0 }, 0 },
					longer = { 4, { 10, 0, 0, 1, 9 }, 0 };

	ck_assert(allowed(&peer, &peer, 5000) && allowed(&peer6, &peer6, 5000));
	ck_assert(allowed(&peer, &longer, 5000)); /* four bytes count */
	ck_assert(!allowed(&peer, &other, 5000) && !allowed(&peer, &any, 5000));
	ck_assert(!allowed(&peer, &loop, 5000) && !allowed(&peer, &loop6, 5000));
	ck_assert(!allowed(&peer, &peer6, 5000) && !allowed(&peer6, &peer, 5000));
	ck_assert(!allowed(&peer, &unknown, 5000) && !allowed(&unknown, &unknown, 5000));
	ck_assert(allowed(&loop, &loop, 5000) && allowed(&loop, &loop6, 5000));
	ck_assert(allowed(&loop, &loop2, 5000) && allowed(&loop6, &loop, 5000));
	ck_assert(!allowed(&loop, &peer, 5000));
	ck_assert(allowed(&unknown, &loop, 5000) && !allowed(&unknown, &peer, 5000));
}
END_TEST

START_TEST(active_port)
{
	ck_assert(allowed(&peer, &peer, 1024) && allowed(&peer, &peer, 65535));
	ck_assert(!allowed(&peer, &peer, 1023) && !allowed(&peer, &peer, 0));
	ck_assert(!allowed(&loop, &loop, 22));
}
END_TEST

/* Whom a passive reply makes us dial. */
START_TEST(pasv_redirect_CVE_2020_8284_CVE_2021_4189)
{
	struct ftp_address a = { 4, { 192, 0, 2, 7 }, 5000 }, none = { 0, { 0 }, 5000 },
			   any = { 4, { 0 }, 5000 }, six = { 6, { 0x20, 1, [15] = 7 }, 5000 };
	struct ftp_options o;
	char buf[64];

	ftp_options_default(&o);
	ck_assert_str_eq(policy_passive_host(&o, "ftp", &a, buf, sizeof(buf)), "ftp");
	ck_assert_str_eq(policy_passive_host(&o, "ftp", &none, buf, sizeof(buf)), "ftp");
	o.passive_address = PASSIVE_REPLY;
	ck_assert_str_eq(policy_passive_host(&o, "ftp", &a, buf, sizeof(buf)), "192.0.2.7");
	ck_assert_str_eq(policy_passive_host(&o, "ftp", &six, buf, sizeof(buf)), "2001::7");
	ck_assert_str_eq(policy_passive_host(&o, "ftp", &none, buf, sizeof(buf)), "ftp");
	ck_assert_str_eq(policy_passive_host(&o, "ftp", &any, buf, sizeof(buf)), "ftp");
	ck_assert(policy_passive_host(&o, "ftp", &a, buf, 4) == NULL);
	o.passive_address = PASSIVE_ADDR;
	strcpy(o.passive_addr, "192.0.2.9");
	ck_assert_str_eq(policy_passive_host(&o, "ftp", &a, buf, sizeof(buf)), "192.0.2.9");
	for (int mode = PASSIVE_CONTROL; mode <= PASSIVE_ADDR; mode++) {
		o.passive_address = (enum passive_address)mode;
		a.port = 1023;
		ck_assert(policy_passive_host(&o, "ftp", &a, buf, sizeof(buf)) == NULL);
		a.port = 1024;
		ck_assert(policy_passive_host(&o, "ftp", &a, buf, sizeof(buf)) != NULL);
	}
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, bounce_CVE_1999_0017_CVE_2001_0405);
	tcase_add_test(t, active_port);
	tcase_add_test(t, pasv_redirect_CVE_2020_8284_CVE_2021_4189);
}

int
main(void)
{
	return unit_run("policy", add);
}
