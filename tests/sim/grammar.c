/* Dialogues, and what is in them but transfers (transfers.c). */
#include "grammar.h"

#include <stdarg.h>
#include <string.h>

#include "productions.h"

struct making m;

/* ---- writing ops ---- */

bool
chance(unsigned percent)
{
	return dice_chance(&m.dice, percent);
}

int
pick(const int *from, unsigned count)
{
	return from[dice_below(&m.dice, count)];
}

const char *
word(const char *const *from, unsigned count)
{
	return from[dice_below(&m.dice, count)];
}

void
op(enum op_kind kind, int n)
{
	dialogue_op(m.d, kind, n, NULL);
}

void
say(enum op_kind kind, const char *fmt, ...)
{
	char text[96];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	dialogue_op(m.d, kind, 0, text);
}

void
on(const char *fmt, ...)
{
	char text[96];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	dialogue_program(m.d, text);
}

void
pause_maybe(enum op_kind kind)
{
	if (chance(15))
		op(kind, NUMBER(0, 1, 5, 40, 300, 1200, 3000));
}

/* The server is prepared in other words than the client's. */
bool
translated(void)
{
	return m.d->knob[K_MODE] >= 2 || m.d->knob[K_NO_LISTEN] || m.d->knob[K_FORBIDS] || m.d->knob[K_SIX] > 1;
}

/* ---- commands ---- */

static void
plain(void)
{
	static const char *const lines[] = { "NOOP", "PWD", "TYPE I", "SYST", "FEAT", "SIZE x",
		"MODE S", "CWD pub", "SITE IDLE 900", "STAT", "HELP", "REST 0", "MDTM x", "noop",
		"XYZZY 1 2 3" };

	say(C_SEND, "%s", word(lines, sizeof(lines) / sizeof(lines[0])));
	op(C_FINAL, 0);
}

/* An answer of its own, of one line or several. */
static void
odd_answer(void)
{
	int n = m.serial++, code = NUMBER(200, 202, 211, 213, 214, 250, 257, 350, 450, 500, 502,
				504, 530, 550, 553);

	on("SITE %d", n);
	pause_maybe(S_SLEEP);
	if (chance(30)) {
		say(S_SAY, "%d-first", code);
		say(S_SAY, " 226 in between");
		say(S_SAY, "%s", chance(50) ? "299 looks like one" : " last");
	}
	say(S_SAY, "%d answer %d", code, n);
	say(C_SEND, "SITE %d", n);
	op(C_FINAL, 0);
}

static void
pipelined(void)
{
	static const char *const lines[] = { "NOOP", "PWD", "TYPE I", "SYST", "FEAT", "STAT",
		"CWD x", "AUTH TLS" };
	int count = NUMBER(2, 3, 5, 9);

	for (int i = 0; i < count; i++)
		say(chance(70) && i + 1 < count ? C_MORE : C_SEND, "%s", word(lines, m.doubt ? 7 : 8));
	for (int i = 0; i < count; i++)
		op(C_FINAL, 0);
}

static void
telnet(void)
{
	static const char *const raw[] = { "\\xff\\xf4\\xff\\xf2NOOP\\r\\n", "\\xff\\xf1PWD\\r\\n",
		"NOOP\\n", "NO\\xff\\xf1OP\\r\\n" };

	say(C_RAW, "%s", word(raw, 4));
	op(C_FINAL, 0);
}

/* CWD is answered twice; the second crosses PASV. */
static void
late_second_reply(void)
{
	int n = m.serial++;

	on("CWD %d", n);
	say(S_SAY, "200 first");
	op(S_SLEEP, NUMBER(1, 30, 200));
	say(S_SAY, "250 second");
	say(C_SEND, "CWD %d", n);
	op(C_FINAL, 0);
	if (chance(50)) {
		op(C_FINAL, 0);
		return;
	}
	if (m.verb == NULL)
		m.verb = "PASV";
	if (m.verb[strlen(m.verb) - 1] == 'V' && !translated())
		download_plain();
	else
		op(C_FINAL, 0);
}

static void
goes_away_421(void)
{
	int n = m.serial++;

	on("SITE %d", n);
	say(S_SAY, "421 Timeout.");
	op(S_HANGUP, 0);
	say(C_SEND, "SITE %d", n);
	op(C_EOF, 0);
	m.over = true;
}

static void
server_dies(void)
{
	int n = m.serial++;

	on("SITE %d", n);
	op(chance(50) ? S_DIE : S_HANGUP, 0);
	say(C_SEND, "SITE %d", n);
	op(C_EOF, 0);
	m.over = true;
}

/* ---- endings ---- */

static void
quit(void)
{
	say(C_SEND, "QUIT");
	op(C_FINAL, 0);
	if (chance(50))
		op(C_EOF, 0);
}

static void
quit_and_close(void)
{
	say(C_SEND, "QUIT");
	op(C_BYE, 0);
}

static void
quit_deaf(void)
{
	on("QUIT");
	op(S_DEAF, 0);
	say(C_SEND, "QUIT");
	if (chance(50))
		op(C_SLEEP, 2000);
	op(C_BYE, 0);
}

static void
half_close(void)
{
	if (chance(50))
		say(C_SEND, "NOOP");
	op(C_HALF, 0);
	op(C_EOF, 0);
}

static void
just_close(void)
{
	op(C_BYE, 0);
}

/* ---- the whole ---- */

static const struct production {
	const char *name;
	unsigned weight;
	void (*make)(void);
} productions[] = {
	{ "plain command", 8, plain },
	{ "odd answer", 6, odd_answer },
	{ "pipelined commands", 5, pipelined },
	{ "telnet", 2, telnet },
	{ "late second reply", 3, late_second_reply },
	{ "421 at any time", 1, goes_away_421 },
	{ "server dies", 1, server_dies },
	{ "download", 26, download },
	{ "upload", 24, upload },
	{ "command during a download", 9, download_with_command },
	{ "command during an upload", 9, upload_with_command },
	{ "refused, and the same connection again", 4, refused_then_again },
	{ "setup without a transfer", 3, setup_alone },
	{ "transfer without a connection", 1, no_connection },
	{ "ABOR", 3, abort_transfer },
	{ "dead port", 2, dead_port },
	{ "odd 227", 2, odd_passive },
	{ "listing answered inline", 2, inline_listing },
	{ "pipelined transfers", 3, pipelined_transfer },
	{ "setup refused", 2, setup_refused },
	{ "a blast of commands", 1, blast },
	{ "download closed early", 1, closes_early },
	{ "EPSV ALL", 1, epsv_all },
	{ "one port for all", 1, fixed_port },
	{ "strangers", 4, strangers },
	{ "one setup, two transfers", 1, used_up },
}, endings[] = {
	{ "QUIT", 10, quit },
	{ "QUIT and close", 3, quit_and_close },
	{ "QUIT to the deaf", 1, quit_deaf },
	{ "half-close", 2, half_close },
	{ "close", 3, just_close },
	{ "QUIT in an upload", 3, quit_in_upload },
	{ "client dies in a transfer", 3, dies_in_transfer },
};
#define PRODUCTIONS (sizeof(productions) / sizeof(productions[0]))
#define ENDINGS     (sizeof(endings) / sizeof(endings[0]))
static unsigned long used[PRODUCTIONS], used_ending[ENDINGS];

static void
produce(const struct production *p, unsigned count, unsigned long *counts)
{
	unsigned total = 0, n, i;

	for (i = 0; i < count; i++)
		total += p[i].weight;
	n = dice_below(&m.dice, total);
	for (i = 0; n >= p[i].weight; i++)
		n -= p[i].weight;
	counts[i]++;
	m.d->groups++;
	p[i].make();
}

static void
make_world(void)
{
	int *k = m.d->knob;
	static const int ssh[][2] = { { 500, 1500 }, { 50, 200 }, { 5000, 9000 }, { 20, 6000 },
		{ 40000, 45000 } };
	unsigned s = dice_below(&m.dice, 5);

	k[K_FAR] = chance(35);
	k[K_MODE] = chance(60) ? 0 : NUMBER(1, 2, 3);
	k[K_NO_LISTEN] = k[K_MODE] == 0 && !k[K_FAR] && chance(10);
	k[K_FORBIDS] = k[K_MODE] == 0 && !k[K_FAR] && !k[K_NO_LISTEN] && chance(15);
	k[K_SIX] = chance(6) ? NUMBER(2, 3) : 0;
	k[K_OWNER] = chance(75);
	k[K_CLOSED] = k[K_FORBIDS] || chance(70); /* else who it is is asked when the transfer has begun */
	k[K_NEAR_HI] = NUMBER(60, 20, 900);
	k[K_SSH_LO] = ssh[s][0];
	k[K_SSH_HI] = ssh[s][1];
	k[K_BROKER_HI] = NUMBER(100, 0, 20, 3000);
	k[K_DIRECT_HI] = NUMBER(600, 200, 40000);
	k[K_WINDOW] = NUMBER(65536, 4096, 1500);
	k[K_BUFFER] = NUMBER(65536, 4096);
	k[K_SPLIT] = chance(40) ? 30 : 0;
	m.verb = chance(60) && k[K_SIX] != 3 ? NULL : WORD("PASV", "EPSV", "PORT", "EPRT", "LPSV", "LPRT");
	m.early_accept = !k[K_FORBIDS] && chance(12); /* it would not hear of another way */
}

static void
greet(void)
{
	m.d->groups++;
	if (chance(10)) {
		on("*");
		if (chance(30))
			say(S_SAY, "120 in a minute");
		else if (chance(30))
			say(S_SAY, "this is some host");
		if (chance(50)) {
			say(S_SAY, "220-Welcome");
			say(S_SAY, "220-to it");
		}
		say(S_SAY, "220 ready");
	}
	op(C_FINAL, 0);
	if (chance(5))
		return;
	say(C_SEND, "USER a");
	op(C_FINAL, 0);
	say(C_SEND, "PASS b");
	op(C_FINAL, 0);
	if (chance(50))
		return;
	say(C_SEND, "TYPE I");
	op(C_FINAL, 0);
}

static void
not_ftp(void)
{
	on("*");
	say(S_SAY, "%s",
	    WORD("SSH-2.0-OpenSSH_9.2", "HTTP/1.0 400 Bad request", "RTSP/1.0 400",
		"+OK POP3 ready"));
	op(C_REPLY, 0);
	op(C_BYE, 0);
}

/* Does this client wait for an answer to each command? (Who sends two at once loses one to a server that
 * takes one read() for one command, directly as well, or not: as it happens.) */
static bool
waits(const struct dialogue *d)
{
	bool asked = false;

	for (unsigned i = 0; i < d->client_ops; i++)
		switch (d->client[i].kind) {
		case C_SEND:
		case C_ASK:
		case C_ABOR:
		case C_BYE:
			if (asked)
				return false;
			asked = d->client[i].kind == C_SEND || d->client[i].kind == C_ASK;
			break;
		case C_MORE:
		case C_RAW:
		case C_UNTIL: /* not for each: it may have a 425 from us, and the server not */
			return false;
		case C_REPLY:
		case C_FINAL:
		case C_BEGIN:
		case C_ANSWER:
			asked = false;
			break;
		default:
			break;
		}
	return true;
}

/* Only what IPv6 has words for. */
static bool
extended(const struct dialogue *d)
{
	static const char *const others[] = { "PASV", "PORT", "LPSV", "LPRT", "EPSV 1" };

	for (unsigned i = 0; i < d->client_ops; i++)
		for (size_t n = 0; n < sizeof(others) / sizeof(others[0]); n++)
			if (strncmp(d->client[i].text, others[n], strlen(others[n])) == 0)
				return false;
	return true;
}

void
grammar_make(struct dialogue *d, uint64_t seed)
{
	int episodes;

	dialogue_clear(d);
	m = (struct making){ .d = d, .dice = { .state = seed ^ 0x5851f42d4c957f2dULL } };
	d->seed = seed;
	make_world();
	if (chance(1)) {
		not_ftp();
		return;
	}
	greet();
	if (m.early_accept)
		for (int i = 0; i < 3; i++) {
			on("%s", ((const char *const[]){ "PASV", "EPSV", "LPSV" })[i]);
			op(S_PASSIVE, 0);
			op(S_ACCEPT, 0);
		}
	episodes = NUMBER(1, 1, 2, 2, 3, 4, 6);
	for (int i = 0; i < episodes && !m.over; i++) {
		produce(productions, PRODUCTIONS, used);
		if (!m.over)
			pause_maybe(C_SLEEP);
	}
	if (!m.over)
		produce(endings, ENDINGS, used_ending);
	d->knob[K_ONE] = chance(30) && waits(d);
	if (d->knob[K_SIX] != 2 && !extended(d))
		d->knob[K_SIX] = 0;
	else if (d->knob[K_SIX] == 0)
		d->knob[K_SIX] = chance(50);
}

void
grammar_print(FILE *f)
{
	for (unsigned i = 0; i < PRODUCTIONS; i++)
		fprintf(f, "  %9lu  %s\n", used[i], productions[i].name);
	for (unsigned i = 0; i < ENDINGS; i++)
		fprintf(f, "  %9lu  %s (ending)\n", used_ending[i], endings[i].name);
}
