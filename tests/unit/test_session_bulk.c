/* Which downloads are large, and when the server is dialled for them. */
#include "script.h"

#define LISTEN(n, how) PASV_SAID "! listen " n " client 4" how "\n? listening " n " client 40000\n" \
	PASV_OURS
#define SIZE(name, n) "> SIZE " name "\n>> SIZE " name "\n<< 213 " n "\n< 213 " n "\n"
#define HERE(n) "? connected " n " client\n"
#define DIAL(n, how) "! dial " n " server 10.0.0.9:1286" how "\n"
#define RETR(name) "> RETR " name "\n>> RETR " name "\n"
/* from the server's connection to the end of a download of so many bytes */
#define FETCHED(n, bytes) "? connected " n " server\n" BEGUN "? eof " n " server " bytes "\n" \
	"! eof " n " server\n! timer " n " 10000\n<< 226 done\n! timer " n " 5000\n" \
	"! eof " n " client\n? drained " n " client\n! close " n "\n< 226 done\n? closed " n "\n"

static const char *const scripts[] = {
	/* the first is dialled when it is known what it is for: much */
	GREETING LISTEN("1", " bulk") HERE("1") SIZE("f", "1048576") RETR("f") DIAL("1", " bulk"),
	/* ... little, something else, or unknown */
	GREETING LISTEN("1", " bulk") HERE("1") SIZE("f", "1048575") RETR("f") DIAL("1", ""),
	GREETING LISTEN("1", " bulk") HERE("1") SIZE("f", "1048576") RETR("g") DIAL("1", ""),
	GREETING LISTEN("1", " bulk") HERE("1") RETR("f") DIAL("1", ""),
	GREETING LISTEN("1", " bulk") HERE("1") SIZE("f", "9999999") "> STOR f\n>> STOR f\n"
	    DIAL("1", ""),
	GREETING LISTEN("1", " bulk") HERE("1") "> SIZE f\n>> SIZE f\n<< 550 no\n< 550 no\n"
	    RETR("f") DIAL("1", ""),
	GREETING LISTEN("1", " bulk") HERE("1") SIZE("f", "99999999999999999999999999") RETR("f")
	    DIAL("1", " bulk"),
	/* a client that comes after its command */
	GREETING LISTEN("1", " bulk") SIZE("f", "1048576") RETR("f") HERE("1") DIAL("1", " bulk"),
	/* SIZE before PASV */
	GREETING SIZE("f", "1048576") LISTEN("1", " bulk") HERE("1") RETR("f") DIAL("1", " bulk"),
	/* pipelined: which file was it? */
	GREETING "> SIZE a\n>> SIZE a\n> SIZE f\n>> SIZE f\n<< 213 1048576\n< 213 1048576\n"
	    "<< 550 no\n< 550 no\n" LISTEN("1", " bulk") HERE("1") RETR("f") DIAL("1", ""),
	/* after a small one the next is dialled as soon as the client is there */
	GREETING LISTEN("1", " bulk") HERE("1") RETR("f") DIAL("1", "") FETCHED("1", "100")
	    LISTEN("2", "") HERE("2") DIAL("2", "") RETR("f") FETCHED("2", "1048576")
	    LISTEN("3", " bulk") HERE("3"),
	/* ... unless it is known to be large */
	GREETING LISTEN("1", " bulk") HERE("1") RETR("f") DIAL("1", "") FETCHED("1", "100")
	    SIZE("g", "1048576") LISTEN("2", " bulk") HERE("2") RETR("g") DIAL("2", " bulk")
	    FETCHED("2", "1048576") LISTEN("3", " bulk"),
	/* who never sends a command has nobody dialled */
	GREETING LISTEN("1", " bulk") HERE("1") "? end client\n! close 1\n! eof 0 server\n",
};

START_TEST(bulk)
{
	struct session_config config = dialogue_config(MODE_AUTO);

	config.bulk = true;
	begin_with(&config);
	play(scripts[_i]);
}
END_TEST

/* What the broker may do without being asked again. */
START_TEST(dials_next)
{
	struct session_config config = dialogue_config(MODE_AUTO);
	struct action listen = { .kind = ACT_LISTEN, .channel = 1, .end = CLIENT }, dial;

	config.bulk = _i != 0;
	begin_with(&config);
	play(_i == 0 ? GREETING PASV_SAID "! listen 1 client 4\n" :
		  GREETING PASV_SAID "! listen 1 client 4 bulk\n");
	ck_assert_int_eq(session_dials_next(d->s, &listen, &dial), !config.bulk);
	if (!config.bulk)
		ck_assert(dial.kind == ACT_DIAL && dial.end == SERVER && dial.address.port == 1286);
	listen.channel = 2;
	ck_assert(!session_dials_next(d->s, &listen, &dial));
}
END_TEST

START_TEST(dials_next_active)
{
	struct action listen = { .kind = ACT_LISTEN, .channel = 1, .end = SERVER }, dial;

	begin(MODE_AUTO);
	play(GREETING "> PORT 10,0,0,1,19,136\n! listen 1 server 4\n");
	ck_assert(session_dials_next(d->s, &listen, &dial));
	ck_assert(dial.end == CLIENT && dial.address.port == 5000);
}
END_TEST

START_TEST(size)
{
	begin(MODE_AUTO);
	play(GREETING SIZE("f", "5000000000") PASV_READY RETR("f"));
	ck_assert(session_size(d->s, 1) == 5000000000);
	ck_assert(session_size(d->s, 2) == 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, NULL, finish);
	tcase_add_loop_test(tc, bulk, 0, sizeof(scripts) / sizeof(scripts[0]));
	tcase_add_loop_test(tc, dials_next, 0, 2);
	tcase_add_test(tc, dials_next_active);
	tcase_add_test(tc, size);
}

int
main(void)
{
	return unit_run("session_bulk", add);
}
