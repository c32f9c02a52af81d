/* A proxy connection against a master that does as it is told: right answers, wrong ones, too
 * many bytes, none, and the end at any moment. The real proxy.c, which waits for less. */
#define FREE_MS 100
#include "proxy/proxy.c"

#include <sys/un.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>

#include "unit.h"

#define BYTES(s) (s), sizeof(s) - 1
#define HELLO "\0\0\0\10" "\0\0\0\1" "\0\0\0\4"
#define YES   "\0\0\0\10" "\x80\0\0\17" "\0\0\0\1"
#define CONFIRM(n) "\0\0\0\22" "\0\x5b" "\0\0\0" n "\0\0\1" n "\0\0\x10\0" "\0\0\4\0"
#define REFUSE(n) "\0\0\0\40" "\0\x5c" "\0\0\0" n "\0\0\0\2" "\0\0\0\22" "Connection refused"
#define DATA(n, len, data) "\0\0\0" len "\0\x5e" "\0\0\0" n data
#define EOF_(n) "\0\0\0\6" "\0\x60" "\0\0\0" n
#define CLOSE(n) "\0\0\0\6" "\0\x61" "\0\0\0" n

struct seen {
	struct proxy_channel *channel;
	unsigned opened, refused, readable, writable, closed;
	bool take, free_at_once;
	char reason[128];
	uint8_t got[65536];
	size_t len;
};

static char dir[64], path[96], gone[200];
static struct loop *loop;
static struct proxy *proxy;
static int listener, peer;
static unsigned gone_count;
static bool free_when_gone;
static struct seen one, two;

static void
take(struct seen *s)
{
	struct iovec piece;

	while (s->take && proxy_pieces(s->channel, &piece, 1) > 0) {
		ck_assert_uint_le(s->len + piece.iov_len, sizeof(s->got));
		memcpy(s->got + s->len, piece.iov_base, piece.iov_len);
		s->len += piece.iov_len;
		proxy_take(s->channel, piece.iov_len);
	}
}

static void
told(void *arg, enum proxy_event e, const char *reason)
{
	struct seen *s = arg;

	s->opened += e == PROXY_OPENED;
	s->refused += e == PROXY_REFUSED;
	s->readable += e == PROXY_READABLE;
	s->writable += e == PROXY_WRITABLE;
	s->closed += e == PROXY_CLOSED;
	if (e == PROXY_REFUSED)
		snprintf(s->reason, sizeof(s->reason), "%s", reason);
	else
		take(s);
	if (s->free_at_once)
		proxy_channel_free(s->channel);
}

static void
is_gone(void *arg, const char *reason)
{
	(void)arg;
	gone_count++;
	snprintf(gone, sizeof(gone), "%s", reason);
	if (free_when_gone) {
		proxy_free(proxy);
		proxy = NULL;
	}
}

static void
setup(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	snprintf(dir, sizeof(dir), "/tmp/ftproxy.XXXXXX");
	ck_assert_ptr_ne(mkdtemp(dir), NULL);
	snprintf(path, sizeof(path), "%s/m", dir);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(listen(listener, 4), 0);
	loop = loop_new();
	ck_assert_ptr_ne(proxy = proxy_new(loop, path, is_gone, NULL), NULL);
	peer = accept(listener, NULL, NULL);
	ck_assert_int_ne(peer, -1);
	one.take = two.take = true;
}

static void
teardown(void)
{
	if (peer != -1)
		close(peer);
	proxy_free(proxy);
	loop_free(loop);
	close(listener);
	unlink(path);
	rmdir(dir);
}

static void
say(const void *data, size_t len)
{
	ck_assert_int_eq(send(peer, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void
turns(void)
{
	for (int i = 0; i < 5; i++)
		loop_once(loop, 0);
}

static void
until(const unsigned *what, unsigned count)
{
	uint64_t end = loop_now() + 5000;

	while (*what < count && loop_now() < end)
		loop_once(loop, 100);
	ck_assert_uint_eq(*what, count);
}

/* What we have sent begins with that. */
static void
hears(const void *want, size_t len)
{
	uint8_t got[4096];

	turns();
	ck_assert_int_eq(recv(peer, got, len, MSG_DONTWAIT), (ssize_t)len);
	ck_assert_int_eq(memcmp(got, want, len), 0);
}

static void
hears_nothing(void)
{
	uint8_t got[16];

	turns();
	ck_assert_int_eq(recv(peer, got, sizeof(got), MSG_DONTWAIT), -1);
}

/* Swallow what we have sent. */
static size_t
swallow(void)
{
	uint8_t got[65536];
	size_t all = 0;
	ssize_t n;

	for (turns(); (n = recv(peer, got, sizeof(got), MSG_DONTWAIT)) > 0; turns())
		all += (size_t)n;
	return all;
}

static void
dial(struct seen *s)
{
	ck_assert_ptr_ne(s->channel = proxy_dial(proxy, "h", 21, told, s), NULL);
}

static void
has_no_channels(void)
{
	for (size_t i = 0; i < proxy->channel_room; i++)
		ck_assert_ptr_eq(proxy->channels[i], NULL);
}

/* Two open channels, ours 0 and 1, theirs 256 and 257; windows of 4096, packets of 1024. */
static void
both_open(void)
{
	dial(&one);
	dial(&two);
	say(BYTES(HELLO YES CONFIRM("\0") CONFIRM("\1")));
	until(&one.opened, 1);
	until(&two.opened, 1);
	swallow();
}

START_TEST(test_open)
{
	dial(&one);
	dial(&two);
	ck_assert_uint_eq(proxy_unanswered(proxy), 2);
	hears(BYTES(HELLO "\0\0\0\10" "\x10\0\0\17" "\0\0\0\1"));
	hears(BYTES("\0\0\0\70" "\0\x5a" "\0\0\0\14direct-tcpip" "\0\0\0\0" "\0\40\0\0"
	    "\0\0\x80\0" "\0\0\0\1h" "\0\0\0\25" "\0\0\0\11" "127.0.0.1" "\0\0\0\0"));
	hears(BYTES("\0\0\0\70" "\0\x5a"));
	say(BYTES(HELLO YES REFUSE("\1") CONFIRM("\0")));
	until(&two.refused, 1);
	until(&one.opened, 1);
	ck_assert_str_eq(two.reason, "Connection refused");
	ck_assert_uint_eq(proxy_unanswered(proxy), 0);
	ck_assert(!proxy_closed(one.channel) && !proxy_ended(one.channel));
	swallow();
	dial(&two); /* the number is free again */
	hears(BYTES("\0\0\0\70" "\0\x5a" "\0\0\0\14direct-tcpip" "\0\0\0\1"));
}
END_TEST

static const char talk[] = HELLO YES CONFIRM("\0") CONFIRM("\1") DATA("\1", "\15", "\0\0\0\3xyz")
    DATA("\0", "\15", "\0\0\0\3abc") DATA("\0", "\14", "\0\0\0\2de") EOF_("\0") EOF_("\1")
    CLOSE("\0") CLOSE("\1");

static void
talked(void)
{
	until(&one.closed, 1);
	until(&two.closed, 1);
	ck_assert_uint_eq(one.len, 5);
	ck_assert_int_eq(memcmp(one.got, "abcde", 5), 0);
	ck_assert_uint_eq(two.len, 3);
	ck_assert(proxy_ended(one.channel) && proxy_closed(one.channel));
	proxy_channel_free(one.channel);
	proxy_channel_free(two.channel);
	ck_assert_uint_eq(gone_count, 0);
}

/* In two parts, cut at every byte. */
START_TEST(test_split)
{
	dial(&one);
	dial(&two);
	say(talk, (size_t)_i);
	turns();
	swallow();
	say(talk + _i, sizeof(talk) - 1 - (size_t)_i);
	talked();
	swallow();
}
END_TEST

START_TEST(test_byte_by_byte)
{
	dial(&one);
	dial(&two);
	for (size_t i = 0; i < sizeof(talk) - 1; i++) {
		say(talk + i, 1);
		turns();
	}
	talked();
}
END_TEST

/* The master hangs up behind every byte: that is its end, and never an end of file. */
START_TEST(test_hangup)
{
	free_when_gone = _i % 2;
	dial(&one);
	dial(&two);
	swallow();
	say(talk, (size_t)_i);
	close(peer);
	peer = -1;
	until(&gone_count, 1);
	ck_assert_str_eq(gone, "the ControlMaster is gone");
	if (proxy == NULL)
		return;
	ck_assert_uint_eq(proxy_unanswered(proxy), 0);
	ck_assert_ptr_eq(proxy_dial(proxy, "h", 1, told, &one), NULL);
	if (two.refused == 0)
		ck_assert(proxy_closed(two.channel));
	turns();
	ck_assert_uint_eq(gone_count, 1);
}
END_TEST

static const struct {
	const char *name, *data;
	size_t len;
	const char *reason;
} nonsense[] = {
	{ "greeting of an ssh server", BYTES("SSH-2.0-OpenSSH_9.2p1\r\n"), "too long" },
	{ "HTTP", BYTES("HTTP/1.0 400 Bad Request\r\n"), "too long" },
	{ "too long", BYTES(HELLO YES "\0\4\0\1" "\0\x5e"), "too long" },
	{ "too short", BYTES(HELLO YES "\0\0\0\1" "\0"), "unexpected" },
	{ "no hello", BYTES(YES), "unexpected" },
	{ "two hellos", BYTES(HELLO HELLO), "unexpected" },
	{ "version 5", BYTES("\0\0\0\10" "\0\0\0\1" "\0\0\0\5"), "another version" },
	{ "too old", BYTES(HELLO "\0\0\0\20" "\x80\0\0\3" "\0\0\0\1" "\0\0\0\4nope"), "nope" },
	{ "an unknown channel", BYTES(HELLO YES EOF_("\7")), "unexpected" },
	{ "confirmed twice", BYTES(HELLO YES CONFIRM("\0") CONFIRM("\0")), "unexpected" },
	{ "refused when open", BYTES(HELLO YES CONFIRM("\0") REFUSE("\0")), "unexpected" },
	{ "data before the answer", BYTES(HELLO YES DATA("\0", "\15", "\0\0\0\3abc")),
	    "unexpected" },
	{ "EOF before the answer", BYTES(HELLO YES EOF_("\0")), "unexpected" },
	{ "data behind EOF", BYTES(HELLO YES CONFIRM("\0") EOF_("\0") DATA("\0", "\15",
	    "\0\0\0\3abc")), "unexpected" },
	{ "closed twice", BYTES(HELLO YES CONFIRM("\0") CLOSE("\0") CLOSE("\0")), "unexpected" },
	{ "a window too large", BYTES(HELLO YES CONFIRM("\0") "\0\0\0\12" "\0\x5d" "\0\0\0\0"
	    "\xff\xff\xff\xff"), "unexpected" },
};

START_TEST(test_nonsense)
{
	free_when_gone = true;
	dial(&one);
	say(nonsense[_i].data, nonsense[_i].len);
	until(&gone_count, 1);
	ck_assert_msg(strstr(gone, nonsense[_i].reason) != NULL, "%s: %s", nonsense[_i].name, gone);
	ck_assert_uint_eq(one.readable, 0);
}
END_TEST

/* What is asked of us is refused, what is only said is taken. */
START_TEST(test_requests)
{
	both_open();
	say(BYTES("\0\0\0\10" "\0\x50" "\0\0\0\1x" "\1" "\0\0\0\10" "\0\x50" "\0\0\0\1x" "\0"
	    "\0\0\0\2" "\0\4" "\0\0\0\2" "\0\2" "\0\0\0\2" "\0\x51"));
	hears(BYTES("\0\0\0\2" "\0\x52"));
	say(BYTES("\0\0\0\14" "\0\x62" "\0\0\0\1" "\0\0\0\1x" "\1" "\0\0\0\14" "\0\x62" "\0\0\0\1"
	    "\0\0\0\1x" "\0"));
	hears(BYTES("\0\0\0\6" "\0\x64" "\0\0\1\1"));
	say(BYTES("\0\0\0\15" "\0\x5a" "\0\0\0\3x11" "\0\0\0\7"));
	hears(BYTES("\0\0\0\22" "\0\x5c" "\0\0\0\7" "\0\0\0\1" "\0\0\0\0" "\0\0\0\0"));
	say(BYTES("\0\0\0\21" "\0\x5f" "\0\0\0\1" "\0\0\0\1" "\0\0\0\3err"));
	hears_nothing();
	ck_assert_uint_eq(two.len, 0);
	ck_assert_uint_eq(gone_count, 0);
}
END_TEST

/* --- sending ---------------------------------------------------------------------------- */

static size_t
put(struct seen *s, size_t want)
{
	size_t all = 0, n;
	uint8_t *buf;

	while (all < want && (n = proxy_room(s->channel, &buf)) > 0) {
		if (n > want - all)
			n = want - all;
		memset(buf, 'p', n);
		proxy_commit(s->channel, n);
		all += n;
	}
	return all;
}

START_TEST(test_put)
{
	uint8_t *buf;

	both_open();
	ck_assert_uint_eq(proxy_room(one.channel, &buf), 1024);
	memcpy(buf, "abc", 3);
	proxy_commit(one.channel, 3);
	ck_assert_uint_eq(proxy_unsent(one.channel), 3);
	ck_assert_uint_eq(proxy_unsent(two.channel), 0);
	proxy_eof(one.channel);
	ck_assert_uint_eq(proxy_room(one.channel, &buf), 0);
	hears(BYTES("\0\0\0\15" "\0\x5e" "\0\0\1\0" "\0\0\0\3abc" "\0\0\0\6" "\0\x60" "\0\0\1\0"));
	ck_assert_uint_eq(proxy_unsent(one.channel), 0);
	proxy_eof(one.channel);
	proxy_channel_free(one.channel);
	hears(BYTES("\0\0\0\6" "\0\x61" "\0\0\1\0"));
	hears_nothing();
}
END_TEST

/* The far side's window and packets are kept to, and whoever wants more is told when. */
START_TEST(test_put_window)
{
	both_open();
	ck_assert_uint_eq(put(&one, 10000), 4096);
	ck_assert_uint_eq(swallow(), 4096 + 4 * CHANMSG_DATA_HEADER);
	ck_assert_uint_eq(one.writable, 0);
	ck_assert_uint_eq(put(&two, 10), 10); /* that one has its own */
	say(BYTES("\0\0\0\12" "\0\x5d" "\0\0\0\0" "\0\0\0\12"));
	until(&one.writable, 1);
	ck_assert_uint_eq(put(&one, 10000), 10);
	say(BYTES("\0\0\0\12" "\0\x5d" "\0\0\0\1" "\0\0\0\12")); /* it did not wait */
	turns();
	ck_assert_uint_eq(two.writable, 0);
}
END_TEST

/* A master that does not read: what waits here is bounded, and its readers are told. */
START_TEST(test_put_stalled)
{
	both_open();
	say(BYTES("\0\0\0\12" "\0\x5d" "\0\0\0\0" "\x7f\0\0\0"));
	turns();
	while (put(&one, SIZE_MAX) > 0)
		turns();
	ck_assert_uint_gt(proxy_unsent(one.channel), 0);
	ck_assert_uint_lt(proxy->out.size, 1024 * 1024);
	ck_assert_uint_eq(one.writable, 0);
	swallow();
	until(&one.writable, 1);
	ck_assert_uint_eq(proxy_unsent(one.channel), 0);
}
END_TEST

/* --- receiving -------------------------------------------------------------------------- */

static uint8_t big[4 + 10 + 32768];

static void
say_data(uint8_t channel, size_t len)
{
	chanmsg_data(big, channel, (uint32_t)len);
	memset(big + CHANMSG_DATA_HEADER, 'd', len);
	say(big, CHANMSG_DATA_HEADER + len);
	turns();
}

static uint32_t
credit(void)
{
	uint8_t m[14];

	turns();
	if (recv(peer, m, sizeof(m), MSG_DONTWAIT) != (ssize_t)sizeof(m))
		return 0;
	ck_assert_uint_eq(m[5], CHANMSG_WINDOW_ADJUST);
	return wire_peek_u32(m + 10);
}

/* One who does not read stops nobody else, costs no more than his window, and is believed no
 * credit that was not given. */
START_TEST(test_stalled_reader)
{
	size_t sent = 0;

	one.take = false;
	both_open();
	for (; sent < WINDOW_FIRST; sent += 32768)
		say_data(0, 32768);
	ck_assert_uint_eq(one.channel->waiting, WINDOW_FIRST);
	ck_assert_uint_eq(credit(), 0);
	say_data(1, 100);
	ck_assert_uint_eq(two.len, 100);
	ck_assert_uint_eq(gone_count, 0);
	say_data(0, 1);
	ck_assert_uint_eq(gone_count, 1);
}
END_TEST

START_TEST(test_credit)
{
	size_t sent = 0;
	uint32_t n = 0;

	both_open();
	proxy->pool.rtt_us = 1; /* how fast this machine is changes nothing then */
	for (; n == 0 && sent < WINDOW_FIRST; sent += 32768) {
		say_data(0, 32768);
		one.len = 0;
		n = credit();
	}
	ck_assert_uint_eq(n, WINDOW_FIRST / 4);
	ck_assert_uint_eq(sent, WINDOW_FIRST / 4);
}
END_TEST

/* --- ends ------------------------------------------------------------------------------- */

/* A channel that nobody wants any more: closed when its answer is there, its bytes discarded. */
START_TEST(test_abandon)
{
	dial(&one);
	dial(&two);
	swallow();
	proxy_channel_free(one.channel);
	proxy_channel_free(two.channel);
	hears_nothing();
	say(BYTES(HELLO YES CONFIRM("\0") DATA("\0", "\15", "\0\0\0\3abc") REFUSE("\1")));
	hears(BYTES("\0\0\0\6" "\0\x61" "\0\0\1\0"));
	ck_assert_uint_eq(proxy->pool.count, 1);
	say(BYTES(DATA("\0", "\15", "\0\0\0\3abc") EOF_("\0") CLOSE("\0")));
	hears_nothing();
	ck_assert_uint_eq(proxy->pool.sum, 0);
	has_no_channels();
	ck_assert_uint_eq(one.opened + two.refused + one.readable + gone_count, 0);
}
END_TEST

START_TEST(test_free_inside)
{
	one.take = two.take = false;
	one.free_at_once = two.free_at_once = true;
	dial(&one);
	dial(&two);
	say(BYTES(HELLO YES CONFIRM("\0") DATA("\0", "\15", "\0\0\0\3abc") EOF_("\0") CLOSE("\0")
	    CONFIRM("\1")));
	until(&two.opened, 1);
	ck_assert_uint_eq(one.opened, 1);
	ck_assert_uint_eq(one.readable + one.closed, 0);
	say(BYTES(CLOSE("\1")));
	turns();
	has_no_channels();
}
END_TEST

/* proxy_free() with opens that are unanswered: the answers are there in time. */
START_TEST(test_free_waits)
{
	uint8_t in[4096];
	pid_t child;
	int status;

	dial(&one);
	dial(&two);
	if ((child = fork()) == 0) {
		close(proxy->fd);
		while (recv(peer, in, sizeof(in), 0) < 100)
			;
		say(BYTES(HELLO YES CONFIRM("\1")));
		if (recv(peer, in, sizeof(in), 0) != 10)
			_exit(1);
		say(BYTES(CONFIRM("\0")));
		/* the close of the last, and then the end */
		_exit(recv(peer, in, sizeof(in), 0) != 10 || recv(peer, in, sizeof(in), 0) != 0);
	}
	close(peer);
	peer = -1;
	proxy_free(proxy);
	proxy = NULL;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* A master that has something to say yet must not find the connection closed. */
START_TEST(test_free_hears_the_end)
{
	static const char more[] = DATA("\0", "\15", "\0\0\0\3abc");
	uint8_t in[4096];
	pid_t child;
	int status;

	both_open();
	if ((child = fork()) == 0) {
		close(proxy->fd);
		while (recv(peer, in, sizeof(in), 0) > 0)
			;
		for (int i = 0; i < 3; i++)
			if (send(peer, more, sizeof(more) - 1, MSG_NOSIGNAL) == -1)
				_exit(1);
		_exit(0);
	}
	close(peer);
	peer = -1;
	proxy_free(proxy);
	proxy = NULL;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* They are not: the connection stays all the same, until they are. Sent in parts, or broken off
 * in the middle of a message. */
START_TEST(test_free_leaves_a_reader)
{
	static const char answers[] = HELLO YES DATA("\0", "\15", "\0\0\0\3abc");
	static const char last[] = CONFIRM("\1") CONFIRM("\0");
	size_t cut = (size_t)_i;

	dial(&one);
	dial(&two);
	if (_i % 2)
		swallow();
	say(answers, 24);
	say(last, cut);
	proxy_free(proxy);
	proxy = NULL;
	fcntl(peer, F_SETFL, fcntl(peer, F_GETFL) & ~O_NONBLOCK);
	while (recv(peer, big, sizeof(big), MSG_DONTWAIT) > 0)
		;
	ck_assert_int_eq(errno, EAGAIN); /* and not the end */
	say(last + cut, sizeof(last) - 1 - cut);
	while (recv(peer, big, sizeof(big), 0) > 0)
		;
}
END_TEST

static bool
keeps(void *arg)
{
	return *(bool *)arg;
}

static void
stays(void)
{
	while (recv(peer, big, sizeof(big), MSG_DONTWAIT) > 0)
		;
	ck_assert_int_eq(errno, EAGAIN);
}

/* A master would end with a connection on which it refused something, so it stays; its reader
 * takes all, and is gone with the master. */
START_TEST(test_refused_stays)
{
	bool no = false;
	uint8_t byte;

	dial(&one);
	dial(&two);
	say(BYTES(HELLO YES CONFIRM("\1") REFUSE("\0")));
	if (_i == 0)
		until(&one.refused, 1);
	if (_i == 2) { /* by one that has ended since */
		close(proxy_trace(proxy));
		proxy_kept(proxy, keeps, &no);
	}
	proxy_free(proxy);
	proxy = NULL;
	for (int i = 0; i < 64; i++) {
		stays();
		fcntl(peer, F_SETFL, fcntl(peer, F_GETFL) & ~O_NONBLOCK);
		memset(big, 0, sizeof(big));
		ck_assert_int_eq(send(peer, big, sizeof(big), MSG_NOSIGNAL), sizeof(big));
	}
	stays();
	shutdown(peer, SHUT_WR);
	ck_assert_int_eq(recv(peer, &byte, 1, 0), 0);
}
END_TEST

/* --- copies ----------------------------------------------------------------------------- */

static struct proxy_trace trace;

static void
traced(int file, uint32_t unanswered, uint32_t refused, uint32_t channels, uint32_t rest)
{
	ck_assert(proxy_trace_read(&trace, file));
	ck_assert_uint_eq(trace.drain.unanswered, unanswered);
	ck_assert_uint_eq(trace.refused, refused);
	ck_assert_uint_eq(trace.channels, channels);
	ck_assert_uint_eq(trace.rest, rest);
}

START_TEST(test_trace)
{
	int file = proxy_trace(proxy);

	ck_assert_int_ne(file, -1);
	traced(file, 0, 0, 0, 0);
	turns();
	dial(&one);
	dial(&two);
	traced(file, 0, 0, 0, 0); /* nothing was sent yet */
	swallow();
	traced(file, 2, 0, 2, 0);
	say(BYTES(HELLO YES CONFIRM("\1") "\0\0\0"));
	until(&two.opened, 1);
	traced(file, 1, 0, 2, 0);
	ck_assert_uint_eq(trace.drain.have, 3);
	say(BYTES("\40" "\0\x5c" "\0\0\0\0" "\0\0\0\2" "\0\0\0\22" "Connection refused"));
	until(&one.refused, 1);
	traced(file, 0, 1, 1, 0);
	proxy_no_file(two.channel);
	proxy_channel_free(two.channel);
	swallow();
	traced(file, 0, 1, 0, 0);
	say(BYTES(CLOSE("\1")));
	turns();
	traced(file, 0, 1, 0, 1);
	proxy->trace->flux = 1;
	ck_assert(!proxy_trace_read(&trace, file));
	ck_assert_int_eq(ftruncate(file, 4), 0);
	ck_assert(!proxy_trace_read(&trace, file));
	close(file);
}
END_TEST

/* One that others keep is put to rest, and taken over with the next channels. */
START_TEST(test_adopt)
{
	uint8_t in[4096];
	int file, copy;
	pid_t child;

	dial(&one);
	say(BYTES(HELLO YES REFUSE("\0")));
	until(&one.refused, 1);
	dial(&two);
	say(BYTES(CONFIRM("\0")));
	until(&two.opened, 1);
	swallow();
	file = proxy_trace(proxy);
	copy = dup(proxy_fd(proxy));
	proxy_kept(proxy, keeps, &(bool){ true });
	if ((child = fork()) == 0) {
		if (recv(peer, in, sizeof(in), 0) != 10)
			_exit(1);
		say(BYTES(CLOSE("\0")));
		_exit(0);
	}
	proxy_free(proxy);
	waitpid(child, NULL, 0);
	traced(file, 0, 1, 0, 1);
	stays();
	ck_assert_ptr_ne(proxy = proxy_adopt(loop, path, copy, is_gone, NULL), NULL);
	dial(&one);
	say(BYTES(CONFIRM("\0")));
	until(&one.opened, 1);
	close(file);
}
END_TEST

/* A master whose backlog is full is waited for; one that goes meanwhile is gone. */
START_TEST(test_backlog)
{
	struct proxy *late;
	int more[8], n = 0, fd;
	char hello[64];

	while (n < 8 && (more[n] = unixsock_connect(path)) != -1)
		n++;
	ck_assert_int_lt(n, 8);
	ck_assert_ptr_nonnull(late = proxy_new(loop, path, is_gone, NULL));
	ck_assert_int_eq(proxy_fd(late), -1);
	if (_i == 0) {
		close(listener);
		listener = -1;
		until(&gone_count, 1);
		ck_assert_str_eq(gone, mux_gone);
	} else {
		for (int i = 0; i < n; i++)
			close(accept(listener, NULL, NULL));
		while (proxy_fd(late) == -1)
			loop_once(loop, -1);
		fd = accept(listener, NULL, NULL);
		turns();
		ck_assert_int_gt(recv(fd, hello, sizeof(hello), 0), (ssize_t)sizeof(HELLO));
		ck_assert_mem_eq(hello, HELLO, sizeof(HELLO) - 1);
		close(fd);
	}
	proxy_free(late);
	while (n-- > 0)
		close(more[n]);
}
END_TEST

START_TEST(test_silent)
{
	ck_assert_ptr_nonnull(proxy->silence.loop);
	proxy->silence.due = 0; /* it is time */
	until(&gone_count, 1);
	ck_assert_str_eq(gone, "the ControlMaster does not answer");
}
END_TEST

START_TEST(test_connect)
{
	char longer[200];

	ck_assert_ptr_eq(proxy_new(loop, "/nonexistent/m", is_gone, NULL), NULL);
	ck_assert_int_eq(errno, ENOENT);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_ptr_eq(proxy_new(loop, longer, is_gone, NULL), NULL);
	ck_assert_int_eq(errno, ENAMETOOLONG);
	close(listener);
	ck_assert_ptr_eq(proxy_new(loop, path, is_gone, NULL), NULL);
	ck_assert_int_eq(errno, ECONNREFUSED);
	ck_assert_int_ne(fcntl(proxy_fd(proxy), F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(proxy_fd(proxy), F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

static void
tests(TCase *t)
{
	int whole = (int)sizeof(talk) - 1;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_open);
	tcase_add_loop_test(t, test_split, 0, whole);
	tcase_add_test(t, test_byte_by_byte);
	tcase_add_loop_test(t, test_hangup, 0, whole);
	tcase_add_loop_test(t, test_nonsense, 0, sizeof(nonsense) / sizeof(nonsense[0]));
	tcase_add_test(t, test_requests);
	tcase_add_test(t, test_put);
	tcase_add_test(t, test_put_window);
	tcase_add_test(t, test_put_stalled);
	tcase_add_test(t, test_stalled_reader);
	tcase_add_test(t, test_credit);
	tcase_add_test(t, test_abandon);
	tcase_add_test(t, test_free_inside);
	tcase_add_test(t, test_free_waits);
	tcase_add_test(t, test_free_hears_the_end);
	tcase_add_loop_test(t, test_free_leaves_a_reader, 0, 28);
	tcase_add_loop_test(t, test_refused_stays, 0, 3);
	tcase_add_test(t, test_trace);
	tcase_add_test(t, test_adopt);
	tcase_add_loop_test(t, test_backlog, 0, 2);
	tcase_add_test(t, test_silent);
	tcase_add_test(t, test_connect);
}

int
main(void)
{
	return unit_run("proxy", tests);
}
