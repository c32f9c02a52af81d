/* A data channel of the broker between two ends that the test plays, over real sockets. */
#include "base/compat.h"
#include "broker/channel.c"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/proxy_private.h"
#include "relay/conn.h"
#include "unit.h"

#define EVENTS 64
#define HOLD_MS 300
#define gone (hooks.all == NULL) /* it has freed itself */

/* What is asked of an end is noted; the test answers. */
static struct played {
	struct end end;
	unsigned uses;
	char asked[8]; /* "l", "d", "c", "t" in a row */
	char host[64];
	bool alive;
} played[2];

static struct loop *loop;
static struct data_channel *ch;
static struct channel_hooks hooks;
static struct event event[EVENTS];
static int events, peer[2];
static char failure[64];

static void
note(struct end *end, char what)
{
	char *asked = ((struct played *)end)->asked;

	asked[strlen(asked)] = what;
}

static bool
play_dial(struct end *end, unsigned channel, const char *host, uint16_t port)
{
	(void)channel;
	note(end, 'd');
	snprintf(((struct played *)end)->host, sizeof(played[0].host), "%s %u", host, port);
	return true;
}

static bool
play_listen(struct end *end, unsigned channel, uint8_t family)
{
	(void)channel;
	(void)family;
	note(end, 'l');
	return true;
}

static void
play_cancel(struct end *end, unsigned channel)
{
	(void)channel;
	note(end, 'c');
}

static bool
play_take(struct end *end, unsigned channel)
{
	(void)channel;
	note(end, 't');
	return false;
}

static void
play_check(struct end *end, const struct stream *stream, unsigned channel)
{
	const struct played *p = (struct played *)end;

	data_channel_result(ch, p == &played[CLIENT] ? CLIENT : SERVER, &(struct end_result){
	    .event = p->alive ? EV_ALIVE : EV_DEAD, .channel = channel, .asked = stream });
}

/* Who has come cannot be had. */
static void
play_look(struct end *end, unsigned channel)
{
	data_channel_result(ch, end == &played[CLIENT].end ? CLIENT : SERVER, &(struct end_result){
	    .event = EV_FAILED, .channel = channel, .reason = "out of memory" });
	ck_assert(!gone); /* somebody is looking */
}

static void
play_look_in_vain(struct end *end, unsigned channel)
{
	(void)end;
	(void)channel;
}

static bool
play_ask(struct end *end, const struct stream *stream, unsigned channel)
{
	(void)channel;
	ck_assert_ptr_null(stream);
	note(end, 'a');
	return true;
}

static const struct end_ops play_ops = { .look = play_look, .dial = play_dial, .listen = play_listen,
	.cancel = play_cancel, .take = play_take, .check = play_check };

static void
hook_event(void *arg, const struct event *e)
{
	(void)arg;
	ck_assert_int_lt(events, EVENTS);
	if (e->reason != NULL)
		snprintf(failure, sizeof(failure), "%s", e->reason);
	event[events++] = *e;
}

static void
setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	loop = loop_new();
	memset(played, 0, sizeof(played));
	hooks = (struct channel_hooks){ .event = hook_event, .loop = loop,
		.far = { false, true }, .abort_hold_ms = HOLD_MS };
	for (int side = CLIENT; side <= SERVER; side++) {
		played[side].end = (struct end){ .ops = &play_ops, .loop = loop };
		played[side].alive = true;
		hooks.end[side] = &played[side].end;
		peer[side] = -1;
	}
	hooks.client_process = memory_new(sizeof(struct client_process));
	ch = data_channel_new(7, &hooks);
	events = 0;
	failure[0] = '\0';
}

static void
teardown(void)
{
	data_channels_each(&hooks, data_channel_free);
	for (int side = CLIENT; side <= SERVER; side++)
		if (peer[side] != -1)
			close(peer[side]);
	free(hooks.client_process);
	loop_free(loop);
}

/* ---- what the test does ---- */

static const struct channel_want nothing = { .verb = END_NONE };
static const struct channel_want listens = { .verb = END_LISTEN };
static const struct channel_want dials = { .verb = END_DIAL, .port = 5000, .host = "server" };

static bool
open_ends(struct channel_want client, struct channel_want server)
{
	const struct channel_want want[2] = { client, server };

	return data_channel_open(ch, want);
}

/* A near end: TCP, as near.c makes it. */
static struct stream *
near_stream(enum side side)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;

	ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	peer[side] = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(peer[side], (struct sockaddr *)&at, sizeof(at)), 0);
	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	close(listener);
	conn_break_on_close(fd, true);
	return stream_of(loop, fd, &played[side].uses);
}

static struct stream *
far_stream(enum side side)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	peer[side] = pair[1];
	return stream_of(loop, pair[0], &played[side].uses);
}

static void
connected(enum side side)
{
	data_channel_result(ch, side, &(struct end_result){ .event = EV_CONNECTED, .channel = 7,
	    .stream = hooks.far[side] ? far_stream(side) : near_stream(side) });
}

static void
failed(enum side side, const char *reason)
{
	data_channel_result(ch, side, &(struct end_result){ .event = EV_FAILED, .channel = 7,
	    .reason = reason });
}

static void
act(struct action a)
{
	data_channel_act(ch, &a);
}

#define ACT(kind_, ...) act((struct action){ .kind = (kind_), .channel = 7, __VA_ARGS__ })

static int
told(enum event_kind kind, enum side side)
{
	int n = 0;

	for (int i = 0; i < events; i++)
		n += event[i].kind == kind && event[i].end == side;
	return n;
}

static void
await(enum event_kind kind, enum side side)
{
	while (told(kind, side) == 0)
		ck_assert_int_eq(loop_once(loop, 10000), 0);
}

static void
rounds(int n)
{
	while (n-- > 0)
		ck_assert_int_eq(loop_once(loop, 10), 0);
}

/* The peer of that end hears these bytes; "" = the end, NULL = a reset. */
static void
hears(enum side side, const char *text)
{
	struct pollfd p = { peer[side], POLLIN, 0 };
	char buf[64];
	ssize_t n;

	while (poll(&p, 1, 0) == 0)
		ck_assert_int_eq(loop_once(loop, 10), 0);
	n = read(peer[side], buf, sizeof(buf));
	if (text == NULL) {
		ck_assert_int_eq(n, -1);
		ck_assert_int_eq(errno, ECONNRESET);
		return;
	}
	ck_assert_int_eq(n, (ssize_t)strlen(text));
	ck_assert_int_eq(memcmp(buf, text, strlen(text)), 0);
}

static bool
hears_nothing(enum side side)
{
	rounds(3);
	return poll(&(struct pollfd){ peer[side], POLLIN, 0 }, 1, 0) == 0;
}

static void
says(enum side side, const char *text)
{
	ck_assert_int_eq(write(peer[side], text, strlen(text)), (ssize_t)strlen(text));
}

/* A passive transfer with both ends there. */
static void
running(void)
{
	ck_assert(open_ends(listens, dials));
	connected(CLIENT);
	connected(SERVER);
}

static void
await_over(void)
{
	while (!gone)
		ck_assert_int_eq(loop_once(loop, 10000), 0);
	ck_assert_uint_eq(played[CLIENT].uses + played[SERVER].uses, 0);
}

/* ---- opening ---- */

/* The dial waits for who comes to the listener. */
START_TEST(dial_waits)
{
	ck_assert(open_ends(listens, dials));
	ck_assert_str_eq(played[CLIENT].asked, "l");
	ck_assert_str_eq(played[SERVER].asked, "");
	connected(CLIENT);
	ck_assert_str_eq(played[SERVER].asked, "d");
	ck_assert_str_eq(played[SERVER].host, "server 5000");
}
END_TEST

START_TEST(dial_at_once)
{
	ck_assert(open_ends(dials, nothing));
	ck_assert_str_eq(played[CLIENT].asked, "d");
	ck_assert(open_ends(nothing, dials));
	ck_assert_str_eq(played[SERVER].asked, "d");
}
END_TEST

/* The listener fails: only that is told, and both may be asked for again. */
START_TEST(waiting_dial_dropped)
{
	ck_assert(open_ends(dials, listens));
	failed(SERVER, "nobody connected");
	ck_assert_int_eq(events, 1);
	ck_assert_int_eq(event[0].kind, EV_FAILED);
	ck_assert_str_eq(failure, "nobody connected");
	ck_assert_str_eq(played[CLIENT].asked, "");
	ck_assert(open_ends(dials, listens));
}
END_TEST

/* What is there is not asked for again by an honest session. */
START_TEST(twice)
{
	ck_assert(open_ends(listens, nothing));
	ck_assert(!open_ends(listens, nothing));
	connected(CLIENT);
	ck_assert(!open_ends(dials, nothing));
	ACT(ACT_CANCEL, .end = CLIENT);
	ck_assert(open_ends(dials, nothing));
	ACT(ACT_CLOSE);
	ck_assert(gone);
}
END_TEST

/* ---- bytes ---- */

START_TEST(client_waits_for_its_command)
{
	running();
	says(CLIENT, "file");
	ck_assert(hears_nothing(SERVER));
	ck_assert_int_eq(told(EV_MOVED, CLIENT), 0);
	ACT(ACT_BEGIN, .upload = true);
	hears(SERVER, "file");
	ck_assert_int_eq(told(EV_MOVED, CLIENT), 1);
}
END_TEST

/* A second at most: with FXP the command may be another client's. */
START_TEST(client_waits_not_for_ever)
{
	running();
	says(CLIENT, "file");
	hears(SERVER, "file");
}
END_TEST

START_TEST(download)
{
	running();
	ACT(ACT_BEGIN);
	says(SERVER, "file");
	hears(CLIENT, "file");
	shutdown(peer[SERVER], SHUT_WR);
	await(EV_EOF, SERVER);
	ck_assert(hears_nothing(CLIENT)); /* the machine decides */
	ACT(ACT_EOF, .end = CLIENT);
	hears(CLIENT, "");
	await(EV_DRAINED, CLIENT);
	ACT(ACT_CLOSE);
	hears(SERVER, "");
	close(peer[SERVER]);
	peer[SERVER] = -1;
	await_over();
}
END_TEST

/* What the server has sent before its reply goes to the client before the end of file that follows that. */
START_TEST(bytes_before_the_end)
{
	running();
	ACT(ACT_BEGIN);
	says(SERVER, "late");
	ACT(ACT_EOF, .end = CLIENT);
	hears(CLIENT, "late");
	hears(CLIENT, "");
}
END_TEST

/* What a far peer shuts down is an end of file; where it closed all, the master is asked. */
START_TEST(far_end_is_checked)
{
	played[SERVER].alive = _i == 1;
	running();
	says(SERVER, "file");
	hears(CLIENT, "file");
	close(peer[SERVER]);
	peer[SERVER] = -1;
	await(played[SERVER].alive ? EV_EOF : EV_RESET, SERVER);
	ck_assert_int_eq(told(EV_EOF, SERVER), _i);
	ck_assert_int_eq(told(EV_RESET, SERVER), !_i);
}
END_TEST

/* Nothing ever came, and all is closed: the far side could not connect. */
START_TEST(far_dial_refused)
{
	running();
	close(peer[SERVER]);
	peer[SERVER] = -1;
	await(EV_FAILED, SERVER);
	ck_assert_int_eq(told(EV_EOF, SERVER) + told(EV_RESET, SERVER), 0);
	ck_assert(open_ends(nothing, dials));
}
END_TEST

/* ... unless it was an upload that is over. */
START_TEST(far_end_after_upload)
{
	running();
	ACT(ACT_BEGIN, .upload = true);
	says(CLIENT, "file");
	hears(SERVER, "file");
	shutdown(peer[CLIENT], SHUT_WR);
	await(EV_EOF, CLIENT);
	ACT(ACT_EOF, .end = SERVER);
	hears(SERVER, "");
	close(peer[SERVER]);
	peer[SERVER] = -1;
	await(EV_EOF, SERVER);
	ck_assert_int_eq(told(EV_FAILED, SERVER), 0);
}
END_TEST

/* An upload's bytes, and perhaps its end, are in a socket that nobody reads: the far side has not
 * connected yet, and cannot. */
START_TEST(upload_refused)
{
	running();
	ACT(ACT_BEGIN, .upload = true);
	says(CLIENT, "file");
	await(EV_MOVED, CLIENT);
	if (_i == 1) {
		shutdown(peer[CLIENT], SHUT_WR);
		await(EV_EOF, CLIENT);
		ACT(ACT_EOF, .end = SERVER);
	}
	ck_assert(data_channel_check(ch));
	rounds(5);
	ck_assert_int_eq(told(EV_ALIVE, SERVER), 0);
	close(peer[SERVER]);
	peer[SERVER] = -1;
	await(EV_FAILED, SERVER);
	ck_assert_int_eq(told(EV_ALIVE, SERVER) + told(EV_EOF, SERVER) + told(EV_RESET, SERVER), 0);
}
END_TEST

/* What was taken shows that it was not refused, whatever comes then; what was taken with its end, too. */
START_TEST(upload_taken)
{
	running();
	ACT(ACT_BEGIN, .upload = true);
	says(CLIENT, "file");
	await(EV_MOVED, CLIENT);
	if (_i == 1)
		ACT(ACT_EOF, .end = SERVER);
	ck_assert(data_channel_check(ch));
	ck_assert_int_eq(told(EV_ALIVE, SERVER), 0);
	hears(SERVER, "file");
	await(EV_ALIVE, SERVER);
	ck_assert(data_channel_check(ch));
	ck_assert_int_eq(told(EV_ALIVE, SERVER), 2);
}
END_TEST

/* ... and a server that then closes, whatever it has not read, has ended it; or its master is dead. So
 * has one that came to a listener. */
START_TEST(server_had_enough)
{
	played[SERVER].alive = _i > 0;
	running();
	ch->leg[SERVER].dialled = _i < 2;
	ACT(ACT_BEGIN, .upload = true);
	says(CLIENT, "file");
	hears(SERVER, "file");
	says(CLIENT, "more");
	while (ch->leg[CLIENT].relay.bytes < 8)
		ck_assert_int_eq(loop_once(loop, 10), 0);
	close(peer[SERVER]);
	peer[SERVER] = -1;
	await(EV_RESET, SERVER);
	ck_assert_int_eq(told(EV_FAILED, SERVER) + told(EV_EOF, SERVER), 0);
	ck_assert_int_eq(event[events - 1].refusal, _i > 0 ? REFUSED_LATER : REFUSED);
}
END_TEST

/* Who comes to a listener on sshd's side is asked of sshd, whichever side that is. */
START_TEST(listener_asked)
{
	struct end_ops asks = play_ops, looks = play_ops;

	asks.ask = play_ask;
	asks.look = looks.look = play_look_in_vain;
	played[_i].end.ops = &asks;
	played[!_i].end.ops = &looks;
	ck_assert(open_ends(_i == CLIENT ? listens : dials, _i == SERVER ? listens : dials));
	ck_assert(data_channel_check(ch));
	ck_assert_str_eq(played[_i].asked, "la");
	played[CLIENT].end.ops = played[SERVER].end.ops = &play_ops;
}
END_TEST

/* Of no bytes nothing is lost; and with another way to dial the master is asked. */
START_TEST(upload_check_at_once)
{
	running();
	ck_assert(!data_channel_check(ch));
	ACT(ACT_BEGIN, .upload = true);
	ck_assert(data_channel_check(ch));
	rounds(3);
	ck_assert_int_eq(told(EV_ALIVE, SERVER), 0);
	shutdown(peer[CLIENT], SHUT_WR);
	await(EV_ALIVE, SERVER);
}
END_TEST

START_TEST(reset_by_client)
{
	running();
	ACT(ACT_BEGIN, .upload = true);
	conn_break_on_close(peer[CLIENT], true);
	close(peer[CLIENT]);
	peer[CLIENT] = -1;
	await(EV_RESET, CLIENT);
	says(SERVER, "x");
	rounds(3);
	ck_assert_int_eq(told(EV_RESET, CLIENT), 1);
	ck_assert_int_eq(told(EV_EOF, CLIENT), 0);
}
END_TEST

/* The server ends an upload's connection while much of it is on its way: seen at once. */
START_TEST(server_ends_upload)
{
	static char much[1 << 20];

	running();
	ACT(ACT_BEGIN, .upload = true);
	ck_assert_int_gt(send(peer[CLIENT], much, sizeof(much), MSG_DONTWAIT), 0);
	rounds(5);
	shutdown(peer[SERVER], SHUT_WR);
	await(EV_EOF, SERVER);
}
END_TEST

/* ---- ending ---- */

/* Near: a reset. Far: nothing at all, for as long as the hold lasts. */
START_TEST(aborted)
{
	running();
	ACT(ACT_BEGIN, .upload = true);
	says(CLIENT, "fi");
	hears(SERVER, "fi");
	ACT(ACT_ABORT, .mask = 1U << CLIENT | 1U << SERVER);
	hears(CLIENT, NULL);
	ck_assert(!gone && hears_nothing(SERVER));
	says(SERVER, "says nothing");
	ck_assert(hears_nothing(SERVER));
	await_over();
	hears(SERVER, "");
}
END_TEST

/* A server that has shut down its own side still reads. */
START_TEST(aborted_half_closed)
{
	running();
	ACT(ACT_BEGIN, .upload = true);
	shutdown(peer[SERVER], SHUT_WR);
	await(EV_EOF, SERVER);
	ACT(ACT_ABORT, .mask = 1U << CLIENT | 1U << SERVER);
	ck_assert(!gone && hears_nothing(SERVER) && hears_nothing(SERVER));
	await_over();
}
END_TEST

/* One that ends its side now has given up. */
START_TEST(aborted_given_up)
{
	hooks.abort_hold_ms = 60000;
	running();
	ACT(ACT_BEGIN, .upload = true);
	says(CLIENT, "fi");
	hears(SERVER, "fi");
	ACT(ACT_ABORT, .mask = 1U << CLIENT | 1U << SERVER);
	ck_assert(hears_nothing(SERVER));
	shutdown(peer[SERVER], SHUT_WR);
	await_over();
}
END_TEST

/* The session is no more, and had not seen which way it goes: who has a part may not have all. */
START_TEST(broken_off)
{
	running();
	ACT(ACT_BEGIN);
	says(CLIENT, "fi");
	hears(SERVER, "fi");
	data_channel_break_off(ch);
	hears(CLIENT, NULL);
	ck_assert(!gone && hears_nothing(SERVER));
	await_over();
}
END_TEST

/* Who has had the end of file cannot be kept from taking it: nothing is held. */
START_TEST(aborted_after_the_end)
{
	running();
	ACT(ACT_BEGIN, .upload = true);
	says(CLIENT, "file");
	hears(SERVER, "file");
	ACT(ACT_EOF, .end = SERVER);
	ACT(ACT_ABORT, .mask = 1U << CLIENT | 1U << SERVER);
	hears(CLIENT, NULL);
	hears(SERVER, "");
	ck_assert(gone);
}
END_TEST

/* What is not in the mask is closed in good order. */
START_TEST(aborted_one)
{
	running();
	ACT(ACT_ABORT, .mask = 1U << CLIENT);
	hears(CLIENT, NULL);
	hears(SERVER, "");
	ck_assert(gone);
}
END_TEST

/* The upload is broken off while its connection to the server is on its way. */
START_TEST(aborted_before_server)
{
	ck_assert(open_ends(listens, dials));
	connected(CLIENT);
	ACT(ACT_BEGIN, .upload = _i == 1);
	ACT(ACT_ABORT, .mask = 1U << CLIENT | 1U << SERVER);
	hears(CLIENT, NULL);
	ck_assert_int_eq(gone, _i == 0);
	ck_assert_str_eq(played[SERVER].asked, _i == 0 ? "dc" : "d");
	if (gone)
		return;
	connected(SERVER);
	ck_assert(hears_nothing(SERVER));
	await_over();
}
END_TEST

START_TEST(aborted_before_server_fails)
{
	ck_assert(open_ends(listens, dials));
	connected(CLIENT);
	ACT(ACT_BEGIN, .upload = true);
	ACT(ACT_ABORT, .mask = 1U << CLIENT | 1U << SERVER);
	failed(SERVER, "refused");
	await_over();
}
END_TEST

START_TEST(aborted_and_looked_at)
{
	ck_assert(open_ends(dials, listens));
	ACT(ACT_BEGIN, .upload = true);
	ACT(ACT_ABORT, .mask = 1U << CLIENT | 1U << SERVER);
	data_channel_look(ch);
	await_over();
}
END_TEST

/* Through ssh a close is an end of file, too: one that follows at once, to a server that was sent
 * nothing, needs no message of its own. */
START_TEST(close_says_it_all)
{
	struct proxy p = { .fd = -1 };
	struct proxy_channel c = { .proxy = &p, .state = CHANNEL_OPEN, .freed = true };
	struct leg *server = &ch->leg[SERVER];

	running();
	stream_free(server->stream);
	server->stream = memory_make(struct stream, .fd = -1, .channel = &c,
	    .uses = &played[SERVER].uses);
	played[SERVER].uses++;
	server->ended = true;
	ch->leg[CLIENT].relay.bytes = (uint64_t)_i;
	ACT(ACT_CLOSE);
	ck_assert_int_eq(c.eof_sent, _i);
	bytes_free(&p.out);
}
END_TEST

/* After a failure no end looks like a good one, whatever the machine thinks. */
START_TEST(no_end_of_file_after_a_failure)
{
	running();
	conn_break_on_close(peer[CLIENT], true);
	says(CLIENT, "x"); /* unread over here */
	ACT(ACT_BEGIN);
	hears(SERVER, "x");
	stream_free(ch->leg[CLIENT].stream);
	ch->leg[CLIENT].stream = near_stream(CLIENT);
	ch->leg[CLIENT].reset = true;
	ACT(ACT_CLOSE);
	hears(CLIENT, NULL);
}
END_TEST

/* A client that has sent something may close in its own time: no reset for it. */
START_TEST(lingers)
{
	running();
	ACT(ACT_BEGIN, .upload = true);
	says(CLIENT, "file");
	hears(SERVER, "file");
	ACT(ACT_CLOSE);
	hears(CLIENT, "");
	hears(SERVER, "");
	ck_assert(!gone);
	close(peer[SERVER]);
	says(CLIENT, "late");
	rounds(3);
	ck_assert(!gone);
	shutdown(peer[CLIENT], SHUT_WR);
	peer[SERVER] = -1;
	await_over();
	ck_assert_int_eq(read(peer[CLIENT], &(char){ 0 }, 1), 0);
}
END_TEST

START_TEST(no_stranger)
{
	ck_assert(open_ends(listens, nothing));
	ACT(ACT_TAKE, .end = CLIENT);
	ck_assert_str_eq(played[CLIENT].asked, "ltc");
	ck_assert_int_eq(told(EV_FAILED, CLIENT), 1);
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, dial_waits);
	tcase_add_test(t, dial_at_once);
	tcase_add_test(t, waiting_dial_dropped);
	tcase_add_test(t, twice);
	tcase_add_test(t, client_waits_for_its_command);
	tcase_add_test(t, client_waits_not_for_ever);
	tcase_add_test(t, download);
	tcase_add_test(t, bytes_before_the_end);
	tcase_add_loop_test(t, far_end_is_checked, 0, 2);
	tcase_add_test(t, far_dial_refused);
	tcase_add_test(t, far_end_after_upload);
	tcase_add_loop_test(t, upload_refused, 0, 2);
	tcase_add_loop_test(t, upload_taken, 0, 2);
	tcase_add_loop_test(t, server_had_enough, 0, 3);
	tcase_add_loop_test(t, listener_asked, CLIENT, SERVER + 1);
	tcase_add_test(t, upload_check_at_once);
	tcase_add_test(t, reset_by_client);
	tcase_add_test(t, server_ends_upload);
	tcase_add_test(t, aborted_half_closed);
	tcase_add_test(t, aborted);
	tcase_add_test(t, aborted_given_up);
	tcase_add_test(t, broken_off);
	tcase_add_test(t, aborted_after_the_end);
	tcase_add_test(t, aborted_one);
	tcase_add_loop_test(t, aborted_before_server, 0, 2);
	tcase_add_test(t, aborted_before_server_fails);
	tcase_add_test(t, aborted_and_looked_at);
	tcase_add_loop_test(t, close_says_it_all, 0, 2);
	tcase_add_test(t, no_end_of_file_after_a_failure);
	tcase_add_test(t, lingers);
	tcase_add_test(t, no_stranger);
}

int
main(void)
{
	return unit_run("channel", add);
}
