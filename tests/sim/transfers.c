/* Downloads and uploads as peers do them. */
#include <string.h>

#include "productions.h"

const char *
setup_verb(void)
{
	m.setups++;
	return m.verb ? m.verb
		      : WORD("PASV", "EPSV", "PORT", "EPRT", "PASV", "EPSV", "LPSV", "LPRT");
}

void
between(void)
{
	static const char *const lines[] = { "TYPE I", "REST 0", "SIZE x", "NOOP", "MODE S",
		"MDTM x", "ALLO 100" };
	int count = chance(30) ? NUMBER(1, 1, 2, 3) : 0;

	for (int i = 0; i < count; i++) {
		say(C_SEND, "%s", word(lines, 7));
		op(C_FINAL, 0);
	}
}

/* Another user, or another machine, finds the port; whose owner is known. */
static void
stranger_maybe(void)
{
	int count = !m.d->knob[K_FAR] && chance(3) ? NUMBER(1, 1, 2, 6) : 0;

	for (int i = 0; i < count; i++)
		say(C_STRANGER, "%s",
		    WORD("stays", "sends", "elsewhere stays", "elsewhere leaves",
			"elsewhere sends and leaves"));
}

void
setup(void)
{
	say(C_ASK, "%s", setup_verb());
	op(C_ANSWER, 0);
	stranger_maybe();
	pause_maybe(C_SLEEP);
	op(C_DIAL, 0);
	stranger_maybe();
	between();
}

static int
some_size(void)
{
	return chance(4) ? NUMBER(70000, 150000) : NUMBER(0, 1, 17, 1000, 1000, 5000, 20000);
}

/* ---- the server's side of a download ---- */

static void
begins(int n, bool announced)
{
	int odd = (int)dice_below(&m.dice, 100);

	if (odd < 60)
		say(S_SAY,
		    announced ? "150 Opening BINARY mode data connection (%d bytes)." : "150 go %d",
		    n);
	else if (odd < 75)
		say(S_SAY, "125 already open");
	else if (odd < 85) {
		say(S_SAY, "150 one");
		say(S_SAY, "150 two");
	} else if (odd < 92) {
		say(S_SAY, "150-several");
		say(S_SAY, "150 lines");
	} else
		say(S_SAY, "150 go");
}

static void
marker_maybe(void)
{
	if (chance(5))
		say(S_SAY, "110 MARK 1 = 2");
}

static void
send_pieces(int n)
{
	int first = chance(40) ? (int)dice_below(&m.dice, (unsigned)n + 1) : n;

	op(S_SEND, first);
	if (first < n) {
		pause_maybe(S_SLEEP);
		marker_maybe();
		op(S_SEND, n - first);
	}
}

/* Returns how many replies the client should wait for. */
static int
good_end(enum op_kind kind)
{
	int odd = (int)dice_below(&m.dice, 100);

	if (odd < 12) {
		op(S_SLEEP, NUMBER(200, 1500, 4000, 7000, 12000, 40000));
	} else if (odd < 17) {
		say(kind, "226 once");
		say(S_SAY, "%s", WORD("226 twice", "426 or not"));
		return 2;
	} else if (odd < 22 && m.d->knob[K_SIX] < 2 && (kind == S_SENT || kind == S_STORED)) {
		m.missing = true;
		return 0; /* the client reads to the end, and goes on */
	} else if (odd < 24) {
		say(kind, "226 sent, and");
		say(S_SAY, "421 Goodbye.");
		op(S_HANGUP, 0);
		m.over = true;
		return 1;
	}
	if (odd < 30 && kind == S_SAY)
		say(S_SAY, "226-several");
	say(kind, "%s",
	    WORD("226 done", "226 done", "250 done", m.silent ? "226 done" : "200 done"));
	m.silent = false;
	return 1;
}

static int
bad_end(void)
{
	if (chance(20)) {
		op(chance(50) ? S_DIE : S_HANGUP, 0);
		m.over = true;
		return 1;
	}
	pause_maybe(S_SLEEP);
	say(S_SAY, "%s",
	    WORD("426 failed", "451 failed", "550 failed", "551 failed", "500 failed"));
	return 1;
}

/* What becomes of the data connection and the final reply. */
static int
download_ends(int n)
{
	int odd = (int)dice_below(&m.dice, 100);

	if (odd < 62 || n == 0) {
		op(S_CLOSE, 0);
		return n > 0 || chance(50) ? good_end(S_SENT) : bad_end();
	}
	if (odd < 72) { /* the reply before the end */
		say(S_SENT, "226 done");
		pause_maybe(S_SLEEP);
		op(S_CLOSE, 0);
		return 1;
	}
	if (odd < 80) {
		op(S_RESET, 0);
		if (chance(60))
			return bad_end();
		say(S_SAY, "226 as if nothing were");
		return 1;
	}
	op(S_CLOSE, 0);
	return bad_end();
}

static int
serve_download(const char *verb, int t, int n)
{
	on("%s f%d", verb, t);
	pause_maybe(S_SLEEP);
	m.begun = true;
	if (n > 0 && chance(5)) { /* it breaks in the middle, and the server does not care */
		say(S_SAY, "150 Opening BINARY mode data connection for f%d (%d bytes).", t,
		    n + 5000);
		op(S_DATA, 0);
		op(S_SEND, n);
		op(S_RESET, 0);
		say(S_SAY, "226 done");
		return 1;
	}
	if (chance(25))
		op(S_DATA, 0);
	/* Who leaves out both cannot be understood: whose is the next 226? */
	m.silent = n <= 1000 && !translated() && !m.missing && *verb != 'X' && chance(6);
	m.begun = !m.silent;
	if (m.begun)
		begins(n, chance(30));
	op(S_DATA, 0);
	send_pieces(n);
	return download_ends(n);
}

/* ---- the client's side ---- */

static void
finals(int count)
{
	for (int i = 0; i < count; i++)
		op(m.over ? C_EOF : C_FINAL, 0);
}

static void
fetch(const char *verb, int t, int n, int replies)
{
	int way = (int)dice_below(&m.dice, 100);

	setup();
	say(C_SEND, "%s f%d", verb, t);
	if (way < 60 && m.begun) {
		op(C_BEGIN, 0);
	} else if (way < 70 && n <= 1000 && replies == 1 && !m.over) {
		op(C_DATA, 0);
		op(C_FINAL, 0); /* the control connection first */
		replies = 0;
	}
	op(C_DATA, 0);
	if (chance(6))
		op(C_SLEEP, NUMBER(100, 2000, 8000));
	op(C_GET, 0);
	finals(replies);
	op(C_LABEL, 0);
}

void
download(void)
{
	const char *verb = WORD("RETR", "RETR", "LIST", "NLST", "MLSD", "XLIST");
	int t = m.transfer++, n = some_size(), replies = serve_download(verb, t, n);

	fetch(verb, t, n, replies);
}

void
download_plain(void)
{
	int t = m.transfer++;

	setup();
	say(C_SEND, "RETR f%d", t);
	op(C_BEGIN, 0);
	op(C_DATA, 0);
	op(C_GET, 0);
	op(C_FINAL, 0);
	op(C_LABEL, 0);
}

/* Servers forget what was agreed on with the transfer. */
void
used_up(void)
{
	if (m.fixed || m.missing)
		return;
	download_plain();
	m.d->client_ops--; /* its label */
	for (int i = NUMBER(1, 1, 2); i > 0; i--) {
		say(C_SEND, "%s f%d", WORD("RETR", "STOR", "LIST"), m.transfer++);
		op(C_FINAL, 0);
	}
	op(C_LABEL, 0);
}

/* ---- uploads ---- */

static int
serve_upload(const char *verb, int t)
{
	on("%s f%d", verb, t);
	pause_maybe(S_SLEEP);
	if (chance(25))
		op(S_DATA, 0);
	begins(0, false);
	op(S_DATA, 0);
	op(S_RECV, 0);
	if (chance(15))
		return good_end(S_STORED); /* and the data connection only then */
	op(S_CLOSE, 0);
	return good_end(S_STORED);
}

/* The server has had enough. */
static int
break_upload(const char *verb, int t, int n)
{
	on("%s f%d", verb, t);
	begins(0, false);
	op(S_DATA, 0);
	if (n > 0 && chance(70))
		op(S_RECV, 1 + (int)dice_below(&m.dice, (unsigned)n));
	op(chance(30) && (!m.d->knob[K_FAR] || strcmp(verb, "SPUT") != 0) ? S_RESET : S_CLOSE, 0);
	return bad_end();
}

static void
send_up(int n, bool waits)
{
	int first = chance(40) ? (int)dice_below(&m.dice, (unsigned)n + 1) : n;

	op(C_PUT, first);
	if (first < n) {
		if (waits)
			pause_maybe(C_SLEEP);
		op(C_PUT, n - first);
	}
}

static void
put_up(int n, int replies, bool broken, bool unknown)
{
	bool waits = n > 900 || broken || unknown || chance(70);

	if (waits)
		op(C_BEGIN, 0);
	op(C_DATA, 0);
	send_up(n, waits);
	if (broken || chance(20)) {
		op(C_FIN, 0);
		op(C_ENDED, 0);
	} else if (chance(20) && replies == 1 && !m.over) {
		op(C_FIN, 0);
		op(C_FINAL, 0);
		op(C_STATE, 0);
		op(C_LABEL, 0);
		return;
	} else
		op(C_CLOSE, 0);
	if (!waits)
		op(C_BEGIN, 0);
	finals(replies);
	if (replies == 0)
		op(C_SLEEP, 2000); /* who leaves with its data is taken for dead */
	op(C_LABEL, 0);
}

void
upload(void)
{
	const char *unknown = m.d->knob[K_CLOSED] ? "SPUT" : "STOR"; /* whose client is not guessed */
	const char *verb = WORD("STOR", "STOR", "APPE", "STOU", unknown);
	int t = m.transfer++, n = some_size();
	bool broken = n > 0 && chance(12);
	int replies = broken ? break_upload(verb, t, n) : serve_upload(verb, t);

	setup();
	say(C_SEND, "%s f%d", verb, t);
	put_up(n, replies, broken, strcmp(verb, "SPUT") == 0);
}
