#include "options/spec.h"

#include "unit.h"

static const char config[] =
    "host x\n"
    "localforward 1234 [localhost]:21\n"
    "localforward 8080 [localhost]:80\n"
    "localforward [::1]:1235 [2001:db8::1]:21\n"
    "localforward /run/socket [h]:21\n"
    "localforward []:98 [h]:21\n"
    "localforward [*]:99 [h]:21\n"
    "localforward 97\n"
    "remoteforward 4444 [socks]:0\n"
    "remoteforward [localhost]:0 [ftp.example]:21\n"
    "remoteforward 2121 [h]:2121\n";

static const char *
expect(const char *at, const char *keyword, const char *bind, int port, const char *target)
{
	struct tunnel_spec spec;

	ck_assert_ptr_nonnull(at = config_forwards_next(at, keyword, &spec));
	ck_assert_str_eq(spec.listen.host, bind);
	ck_assert_int_eq(spec.listen.port, port);
	ck_assert_str_eq(spec.target.host, target);
	ck_assert_int_eq(spec.target.port, 21);
	return at;
}

START_TEST(only_ftp)
{
	struct tunnel_spec spec;
	const char *at = config;

	at = expect(at, "localforward", "", 1234, "localhost");
	at = expect(at, "localforward", "::1", 1235, "2001:db8::1");
	at = expect(at, "localforward", "*", 98, "h");
	at = expect(at, "localforward", "*", 99, "h");
	ck_assert_ptr_null(config_forwards_next(at, "localforward", &spec));
	at = expect(config, "remoteforward", "localhost", 0, "ftp.example");
	ck_assert_ptr_null(config_forwards_next(at, "remoteforward", &spec));
}
END_TEST

START_TEST(nothing_there)
{
	struct tunnel_spec spec;

	ck_assert_ptr_null(config_forwards_next("", "localforward", &spec));
	ck_assert_ptr_null(config_forwards_next("host x\nlocalforward\n", "localforward", &spec));
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_test(t, only_ftp);
	tcase_add_test(t, nothing_there);
}

int
main(void)
{
	return unit_run("config_forwards", add);
}
