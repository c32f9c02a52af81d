/* The broker's answers to a session, honest or not, between ends that the test plays. */
#include "base/packet.h"
#include "broker/requests.c"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static struct played {
	struct end end;
	unsigned listens, dials, cancels, asks, count;
	char host[64];
	bool alive;
} played[2];

static struct loop *loop;
static struct broker b;
static struct broker_config config;
static struct ftp_options options;
static struct own_addresses own;
static int session;

static bool
play_dial(struct end *end, unsigned channel, const char *host, uint16_t port)
{
	struct played *p = (struct played *)end;

	(void)channel;
	p->dials++;
	snprintf(p->host, sizeof(p->host), "%s %u", host, port);
	return true;
}

static bool
play_listen(struct end *end, unsigned channel, uint8_t family)
{
	(void)channel;
	(void)family;
	((struct played *)end)->listens++;
	return true;
}

static void
play_cancel(struct end *end, unsigned channel)
{
	(void)channel;
	((struct played *)end)->cancels++;
}

static void
play_check(struct end *end, const struct stream *stream, unsigned channel)
{
	const struct end_result r = { .event = ((struct played *)end)->alive ? EV_ALIVE : EV_DEAD,
		.channel = channel };

	ck_assert_ptr_null(stream);
	requests_checked(&b, &r);
}

static bool
play_ask(struct end *end, const struct stream *stream, unsigned channel)
{
	ck_assert(stream == NULL && channel > CHANNEL_TRIAL);
	((struct played *)end)->asks++;
	return true;
}

static unsigned
play_count(const struct end *end)
{
	return ((const struct played *)end)->count;
}

static const struct end_ops play_ops = { .dial = play_dial, .listen = play_listen,
	.cancel = play_cancel, .check = play_check, .ask = play_ask, .count = play_count };

static void
setup(void)
{
	int pair[2];

	signal(SIGPIPE, SIG_IGN);
	log_open("test", LOG_QUIET, false);
	loop = loop_new();
	memset(&b, 0, sizeof(b));
	memset(played, 0, sizeof(played));
	ftp_options_default(&options);
	config = (struct broker_config){ .options = &options, .own = &own };
	own.count = 1;
	own.at[0] = (struct ftp_address){ 4, { 192, 0, 2, 1 }, 0 };
	b.loop = loop;
	b.config = &config;
	config.counts = counts_new();
	b.client_peer = (struct ftp_address){ 4, { 127, 0, 0, 1 }, 0 };
	snprintf(b.server_host, sizeof(b.server_host), "server");
	b.hooks = (struct channel_hooks){ .event = requests_event, .arg = &b, .loop = loop,
		.far = { false, true }, .counts = config.counts, .client_process = &b.client_process };
	for (int side = CLIENT; side <= SERVER; side++) {
		played[side].end = (struct end){ .ops = &play_ops, .loop = loop };
		played[side].alive = true;
		b.hooks.end[side] = &played[side].end;
	}
	ck_assert_int_eq(packet_pair(pair, true), 0);
	session = pair[1];
	b.out = (struct ask_out){ .fd = pair[0], .size = sizeof(struct answer), .mark = OUT_MARK };
	b.out.watch = loop_watch(loop, pair[0], POLLIN, requests_ready, &b);
	b.serving = true;
}

static void
teardown(void)
{
	data_channels_each(&b.hooks, data_channel_free);
	bytes_free(&b.out.kept);
	close(session);
	close(b.out.fd);
	loop_free(loop);
}

static struct action
open_one(unsigned channel, enum side end, enum end_verb verb, uint16_t port)
{
	struct action a = { .kind = ACT_OPEN, .channel = channel };

	a.ends[end].verb = verb;
	a.ends[end].address = (struct ftp_address){ 4, { 127, 0, 0, 1 }, port };
	a.turn[end] = 1;
	return a;
}

static void
put(const struct action *a)
{
	ck_assert_int_eq(packet_send(session, a, sizeof(*a), NULL, 0), 0);
	ck_assert_int_eq(loop_once(loop, 0), 0);
}

static bool
answered(struct answer *a)
{
	return ask_receive(session, a, sizeof(*a)) == 1;
}

START_TEST(honest)
{
	struct action a = open_one(1, CLIENT, END_LISTEN, 0);
	struct data_channel *ch;
	struct answer got;

	a.ends[SERVER].verb = END_DIAL;
	a.ends[SERVER].address = (struct ftp_address){ 4, { 10, 0, 0, 9 }, 5000 };
	put(&a);
	ck_assert(!b.ended && played[CLIENT].listens == 1 && played[SERVER].dials == 0);
	ch = data_channel_find(&b.hooks, 1);
	data_channel_result(ch, CLIENT, &(struct end_result){ .event = EV_LISTENING, .channel = 1,
	    .port = 4711 });
	ck_assert(answered(&got));
	ck_assert(got.event.kind == EV_LISTENING && got.event.channel == 1 && got.event.port == 4711 && got.event.turn == 1);
	data_channel_result(ch, CLIENT, &(struct end_result){ .event = EV_FAILED, .channel = 1,
	    .reason = "nobody connected" });
	ck_assert(answered(&got));
	ck_assert(got.event.kind == EV_FAILED && got.event.end == CLIENT);
	ck_assert_str_eq(got.reason, "nobody connected");
}
END_TEST

START_TEST(forbidden)
{
	const struct {
		enum side end;
		struct ftp_address at;
		bool allowed;
	} rows[] = {
		{ SERVER, { 4, { 127, 0, 0, 1 }, 5000 }, true },
		{ SERVER, { 4, { 127, 0, 0, 1 }, 1023 }, false },
		{ SERVER, { 4, { 127, 0, 0, 1 }, 0 }, false },
		{ CLIENT, { 4, { 127, 0, 0, 1 }, 5000 }, true },
		{ CLIENT, { 4, { 127, 0, 0, 1 }, 22 }, false },
		{ CLIENT, { 4, { 192, 0, 2, 1 }, 5000 }, true }, /* of this machine, as the client is */
		{ CLIENT, { 4, { 192, 0, 2, 1 }, 22 }, false },
		{ CLIENT, { 4, { 192, 0, 2, 2 }, 5000 }, false },
		{ CLIENT, { 0, { 0 }, 5000 }, false },
	};
	struct action a = open_one(1, rows[_i].end, END_DIAL, 0);

	a.ends[rows[_i].end].address = rows[_i].at;
	put(&a);
	ck_assert_int_eq(b.broke, !rows[_i].allowed);
	ck_assert_uint_eq(played[CLIENT].dials + played[SERVER].dials, rows[_i].allowed);
	if (rows[_i].allowed && rows[_i].end == SERVER)
		ck_assert_str_eq(played[SERVER].host, "server 5000");
}
END_TEST

/* A client of another machine has one address. */
START_TEST(forbidden_from_afar)
{
	struct action a = open_one(1, CLIENT, END_DIAL, 5000);

	b.client_peer = (struct ftp_address){ 4, { 10, 0, 0, 9 }, 0 };
	a.ends[CLIENT].address = (struct ftp_address){ 4, { 192, 0, 2, 1 }, 5000 };
	put(&a);
	ck_assert(b.broke);
}
END_TEST

START_TEST(malformed)
{
	struct action a = open_one(1, CLIENT, END_LISTEN, 0);

	switch (_i) {
	case 0: a.kind = 77; break;
	case 1: a.kind = ACT_TIMER; break;
	case 2: a.end = 2; break;
	case 3: a.channel = 0; break;
	case 4: a.channel = UINT32_MAX; break;
	case 5: a.mask = 4; break;
	case 6: a.upload = 2; break;
	case 7: a.ends[SERVER].verb = 3; break;
	case 8: a.ends[SERVER].address.family = 5; break;
	}
	put(&a);
	ck_assert(b.broke && b.ended);
	ck_assert_uint_eq(played[CLIENT].listens, 0);
}
END_TEST

START_TEST(again)
{
	struct action a = open_one(7, CLIENT, END_LISTEN, 0);

	put(&a);
	a.kind = ACT_CLOSE;
	put(&a);
	ck_assert(!b.broke && played[CLIENT].cancels == 1);
	a.kind = ACT_EOF; /* what is late is not wrong */
	put(&a);
	ck_assert(!b.broke);
}
END_TEST

START_TEST(twice)
{
	struct action a = open_one(7, CLIENT, END_LISTEN, 0);

	put(&a);
	ck_assert(!b.broke);
	put(&a);
	ck_assert(b.broke);
}
END_TEST

/* A PASV waits for its reply, the PORT behind it needs none to begin. */
START_TEST(later_one_first)
{
	struct action a = open_one(2, CLIENT, END_LISTEN, 0);
	struct answer got;

	put(&a);
	a = open_one(1, CLIENT, END_LISTEN, 0);
	put(&a);
	ck_assert(!b.broke && played[CLIENT].listens == 2);
	played[CLIENT].count = THINGS_MAX; /* nor where they are refused */
	a = open_one(4, CLIENT, END_LISTEN, 0);
	put(&a);
	ck_assert(answered(&got) && got.event.kind == EV_FAILED && got.event.channel == 4);
	a = open_one(3, CLIENT, END_LISTEN, 0);
	put(&a);
	ck_assert(answered(&got) && got.event.kind == EV_FAILED && got.event.channel == 3);
	ck_assert(!b.broke);
}
END_TEST

START_TEST(too_many_channels)
{
	for (unsigned i = 1; i <= COUNTS_MAX + 1; i++) {
		struct action a = open_one(i, CLIENT, END_LISTEN, 0);

		ck_assert(!b.broke);
		put(&a);
	}
	ck_assert(b.broke);
}
END_TEST

/* What is held, or not cancelled yet, counts; it is no fault of the session. */
START_TEST(too_many_things)
{
	struct action a = open_one(1, CLIENT, END_LISTEN, 0);
	struct answer got;

	played[SERVER].count = 60;
	played[CLIENT].count = 4;
	put(&a);
	ck_assert(!b.broke && played[CLIENT].listens == 0);
	ck_assert(answered(&got));
	ck_assert(got.event.kind == EV_FAILED && got.event.channel == 1 && got.event.end == CLIENT && got.event.turn == 1);
	played[CLIENT].count = 3;
	put(&a);
	ck_assert_uint_eq(played[CLIENT].listens, 1);
}
END_TEST

START_TEST(link_check)
{
	struct action a = { .kind = ACT_CHECK };
	struct answer got;

	played[SERVER].alive = _i == 1;
	put(&a);
	ck_assert(answered(&got));
	ck_assert_uint_eq(got.event.kind, _i == 1 ? EV_ALIVE : EV_GONE);
}
END_TEST

/* Whether its sshd lives is not asked without end. */
START_TEST(sshd_check)
{
	struct action a = { .kind = ACT_CHECK, .channel = CHANNEL_TRIAL + 2, .end = SERVER };
	struct answer got;

	played[SERVER].count = _i == 0 ? 63 : 64;
	put(&a);
	ck_assert_uint_eq(played[SERVER].asks, _i == 0);
	ck_assert_int_eq(answered(&got), _i);
}
END_TEST

/* A session that does not read its answers is not read, either. */
START_TEST(deaf_session)
{
	struct action a = { .kind = ACT_CHECK };
	struct answer got;
	unsigned sent = 0, heard = 0;

	for (int i = 0; i < 100000; i++) {
		if (packet_send(session, &a, sizeof(a), NULL, 0) == -1)
			break;
		sent++;
		ck_assert_int_eq(loop_once(loop, 0), 0);
	}
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_uint_le(ask_kept(&b.out), OUT_MARK);
	while (heard < sent) {
		if (answered(&got))
			heard++;
		else
			ck_assert_int_eq(loop_once(loop, 10), 0);
	}
	ck_assert(!b.ended);
}
END_TEST

/* The client's process is looked for when an upload begins: it takes long, and nobody else needs it. */
START_TEST(client_is_sought)
{
	struct action a = open_one(1, CLIENT, END_LISTEN, 0);

	b.client_process.client.ss_family = AF_INET;
	put(&a);
	for (int upload = 0; upload <= 1; upload++) {
		a = (struct action){ .kind = ACT_BEGIN, .channel = 1, .upload = upload };
		put(&a);
		ck_assert_int_eq(loop_once(loop, 0), 0);
		ck_assert_int_eq(b.client_process.sought, upload);
	}
}
END_TEST

/* The session process has asked for its last things and is gone before it is told something: they
 * are done all the same. */
START_TEST(last_words)
{
	struct action a = { .kind = ACT_OPEN, .channel = 1,
		.ends[CLIENT].verb = END_LISTEN };

	if (_i == 1) /* it has not read all that it was told */
		requests_event(&b, &(struct event){ .kind = EV_ALIVE });
	ck_assert_int_eq(packet_send(session, &a, sizeof(a), NULL, 0), 0);
	close(session);
	session = -1;
	requests_event(&b, &(struct event){ .kind = EV_ALIVE });
	for (int i = 0; i < 5 && !b.ended; i++)
		loop_once(loop, 0);
	ck_assert_uint_eq(played[CLIENT].listens, 1);
	ck_assert(b.ended);
}
END_TEST

START_TEST(short_one)
{
	ck_assert_int_eq(packet_send(session, "x", 1, NULL, 0), 0);
	ck_assert_int_eq(loop_once(loop, 0), 0);
	ck_assert(b.broke);
}
END_TEST

START_TEST(over)
{
	shutdown(session, SHUT_RDWR);
	ck_assert_int_eq(loop_once(loop, 0), 0);
	ck_assert(b.ended && !b.broke);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, honest);
	tcase_add_loop_test(t, forbidden, 0, 9);
	tcase_add_test(t, forbidden_from_afar);
	tcase_add_loop_test(t, malformed, 0, 9);
	tcase_add_test(t, again);
	tcase_add_test(t, twice);
	tcase_add_test(t, later_one_first);
	tcase_add_test(t, too_many_channels);
	tcase_add_test(t, too_many_things);
	tcase_add_loop_test(t, link_check, 0, 2);
	tcase_add_loop_test(t, sshd_check, 0, 2);
	tcase_add_test(t, deaf_session);
	tcase_add_test(t, client_is_sought);
	tcase_add_loop_test(t, last_words, 0, 2);
	tcase_add_test(t, short_one);
	tcase_add_test(t, over);
}

int
main(void)
{
	return unit_run("requests", add);
}
