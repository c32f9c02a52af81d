/* The addresses of this machine, and who may name them. */
#include "broker/broker_private.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "unit.h"

static struct ftp_address
of(const char *text)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;

	ss.ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
	ck_assert_int_eq(inet_pton(ss.ss_family, text, ss.ss_family == AF_INET ? (void *)&in->sin_addr :
	    (void *)&in6->sin6_addr), 1);
	return address_of(&ss);
}

START_TEST(families)
{
	struct ftp_address mapped = of("::ffff:192.0.2.1"), four = of("192.0.2.1");

	ck_assert(of("::1").family == 6 && four.family == 4);
	ck_assert(ftp_address_same_host(&mapped, &four));
	ck_assert_uint_eq(address_of(&(struct sockaddr_storage){ .ss_family = AF_UNIX }).family, 0);
}
END_TEST

START_TEST(loopback_is_ours)
{
	struct own_addresses own;
	struct ftp_address a = of("127.0.0.1");
	bool found = false;

	own_addresses(&own);
	for (size_t i = 0; i < own.count; i++)
		found |= ftp_address_same_host(&own.at[i], &a);
	ck_assert(found);
}
END_TEST

START_TEST(who_may)
{
	const struct own_addresses own = { 2, { of("192.0.2.1"), of("2001:db8::1") } };
	const struct {
		const char *peer; /* NULL: not known */
		bool far;
		const char *named;
		bool allowed;
	} rows[] = {
		{ "127.0.0.1", false, "192.0.2.1", true },
		{ "::1", false, "2001:db8::1", true },
		{ "192.0.2.1", false, "2001:db8::1", true },
		{ NULL, false, "192.0.2.1", true },
		{ "127.0.0.1", false, "192.0.2.2", false },
		{ "10.0.0.9", false, "192.0.2.1", false }, /* a client of another machine */
		{ "127.0.0.1", true, "192.0.2.1", false }, /* its machine is the ssh server's */
	};
	struct ftp_address peer = { 0 }, named = of(rows[_i].named);

	if (rows[_i].peer != NULL)
		peer = of(rows[_i].peer);
	named.port = 5000;
	ck_assert_int_eq(policy_active_allowed(&peer, rows[_i].far ? NULL : &own, &named), rows[_i].allowed);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, families);
	tcase_add_test(t, loopback_is_ours);
	tcase_add_loop_test(t, who_may, 0, 7);
}

int
main(void)
{
	return unit_run("describe", add);
}
