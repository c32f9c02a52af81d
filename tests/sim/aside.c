/* What happens beside a transfer, and instead of one. */
#include "productions.h"

/* A command and what a server may say to it in the middle of a transfer. */
static int
aside_answer(const char *line)
{
	switch (line[0]) {
	case 'P':
		return line[1] == 'W' ? NUMBER(257, 250, 550) : NUMBER(450, 425, 500);
	case 'E':
		return NUMBER(450, 500, 522);
	case 'S':
		return NUMBER(211, 213, 500, 200, 502);
	case 'U':
		return NUMBER(331, 530);
	case 'R':
		return NUMBER(220, 502);
	default:
		return NUMBER(200, 250, 450, 500, 502, 550, 202);
	}
}

static const char *
aside_line(void)
{
	if (m.epsv_all || translated()) /* a setup would be said in other words, and more than once */
		return WORD("NOOP", "PWD", "TYPE A", "STAT", "SITE IDLE 900", "USER x", "REIN", "XYZZY", "CWD /");
	return WORD("NOOP", "PWD", "TYPE A", "STAT", "SITE IDLE 900", "EPSV", "PASV", "USER x", "REIN",
	    "XYZZY", "CWD /");
}

static void
final_or_not(int t)
{
	if (chance(10))
		op(S_SLEEP, NUMBER(20, 1500, 7000));
	say(S_STORED, "226 %d", t);
}

void
download_with_command(void)
{
	int t = m.transfer++, n = NUMBER(500, 2000, 9000), count = NUMBER(1, 1, 2, 3);
	bool at_once = chance(75), replies_first = chance(50), dies = chance(6);

	setup();
	say(C_SEND, "RETR f%d", t);
	op(C_BEGIN, 0);
	op(C_DATA, 0);
	op(C_GET, n);
	on("RETR f%d", t);
	say(S_SAY, "150 go");
	op(S_DATA, 0);
	op(S_SEND, n);
	for (int i = 0; i < count; i++) {
		const char *line = at_once ? aside_line() : WORD("NOOP", "PWD", "STAT", "TYPE I");

		say(C_SEND, "%s", line);
		if (at_once && replies_first)
			op(C_REPLY, 0);
		if (at_once)
			say(S_CMD, "%d aside", aside_answer(line));
		pause_maybe(S_SLEEP);
	}
	op(S_SEND, n);
	if (dies) {
		op(S_DIE, 0);
		m.over = true;
	}
	op(S_CLOSE, 0);
	if (!dies)
		say(S_SAY, "226 %d", t);
	op(C_GET, 0);
	for (int i = 0; i < (at_once && replies_first ? 1 : count + 1); i++)
		op(dies ? C_EOF : C_FINAL, 0);
	op(C_LABEL, 0);
}

void
upload_with_command(void)
{
	int t = m.transfer++, n = NUMBER(100, 500, 3000), count = NUMBER(1, 1, 2, 3);
	bool at_once = chance(75), replies_first = chance(50);

	setup();
	say(C_SEND, "STOR f%d", t);
	op(C_BEGIN, 0);
	op(C_DATA, 0);
	op(C_PUT, n);
	on("STOR f%d", t);
	say(S_SAY, "150 go");
	op(S_DATA, 0);
	op(S_RECV, n);
	for (int i = 0; i < count; i++) {
		const char *line = at_once ? aside_line() : WORD("NOOP", "PWD", "STAT", "TYPE I");

		say(C_SEND, "%s", line);
		if (at_once && replies_first)
			op(C_REPLY, 0);
		if (at_once)
			say(S_CMD, "%d aside", aside_answer(line));
	}
	if (chance(30))
		op(C_SLEEP, NUMBER(400, 1500, 11000));
	op(C_PUT, n);
	op(S_RECV, 0);
	op(S_CLOSE, 0);
	final_or_not(t);
	op(C_CLOSE, 0);
	for (int i = 0; i < (at_once && replies_first ? 1 : count + 1); i++)
		op(C_FINAL, 0);
	op(C_LABEL, 0);
}

/* lynx: RETR of a directory is refused; CWD, LIST over the same data connection. */
void
refused_then_again(void)
{
	int t = m.transfer++, u = m.transfer++;
	bool up = chance(40);
	const char *verb = up ? "STOR" : "RETR";

	on("%s f%d", verb, t);
	say(S_SAY, "%s", WORD("550 no such file", "553 not allowed", "451 busy", "501 what"));
	setup();
	say(C_SEND, "%s f%d", verb, t);
	op(C_FINAL, 0);
	between();
	say(C_SEND, "%s f%d", verb, u);
	op(C_BEGIN, 0);
	op(C_DATA, 0);
	if (up) {
		op(C_PUT, NUMBER(0, 10, 3000));
		op(C_CLOSE, 0);
	} else
		op(C_GET, 0);
	op(C_FINAL, 0);
	op(C_LABEL, 0);
}

void
setup_alone(void)
{
	int count = NUMBER(1, 1, 2, 3);

	if (m.fixed)
		return;
	m.alone = true;
	for (int i = 0; i < count; i++) {
		say(C_ASK, "%s", setup_verb());
		op(C_ANSWER, 0);
		if (chance(50))
			op(C_DIAL, 0);
		between();
		op(C_LABEL, 0);
	}
}

/* Nobody comes: the server waits, and says so. */
void
no_connection(void)
{
	int t = m.transfer++;

	if (m.verb != NULL || translated())
		return;
	m.setups++;
	say(C_ASK, "%s", WORD("PASV", "EPSV"));
	op(C_ANSWER, 0);
	say(C_SEND, "RETR f%d", t);
	op(C_FINAL, 0);
	op(C_LABEL, 0);
}

void
abort_transfer(void)
{
	int t = m.transfer++, n = NUMBER(500, 3000);

	on("RETR f%d", t);
	say(S_SAY, "150 go");
	op(S_DATA, 0);
	op(S_SEND, n);
	say(S_CMD, "%s", WORD("426 aborted", "426 aborted", "226 ABOR ok"));
	op(chance(50) ? S_CLOSE : S_RESET, 0);
	setup();
	say(C_SEND, "RETR f%d", t);
	op(C_BEGIN, 0);
	op(C_DATA, 0);
	op(C_GET, 100);
	say(C_SEND, "ABOR");
	op(C_GET, 0);
	op(C_FINAL, 0);
	if (m.d->op[m.d->ops - 2].text[0] == '4') {
		say(S_SAY, "226 ABOR ok");
		op(C_FINAL, 0);
	}
	op(C_LABEL, 0);
	pause_maybe(C_SLEEP);
}

/* EPSV is answered, its port is dead; the client goes on with PASV. */
void
dead_port(void)
{
	int t = m.transfer++;

	if (m.setups > 0 || m.early_accept)
		return;
	m.setups++;
	on("EPSV");
	op(S_DEAD, 0);
	op(C_LOOSE, 0);
	say(C_ASK, "EPSV");
	op(C_ANSWER, 0);
	op(C_DIAL, 0);
	say(C_SEND, "RETR f%d", t);
	op(C_GET, 0);
	op(C_FINAL, 0);
	op(C_LABEL, 0);
	say(C_ASK, "PASV");
	op(C_ANSWER, 0);
	op(C_DIAL, 0);
	op(C_TIGHT, 0);
	say(C_SEND, "RETR f%d", m.transfer++);
	op(C_BEGIN, 0);
	op(C_GET, 0);
	op(C_FINAL, 0);
	op(C_LABEL, 0);
	m.verb = "PASV";
}

void
odd_passive(void)
{
	if (m.setups > 0 || m.early_accept)
		return;
	on("PASV");
	if (chance(20))
		op(S_SLEEP, NUMBER(1, 30, 300));
	if (chance(20))
		say(S_SAY, "227-in several lines");
	say(S_PORT, "%s", WORD("227 Entering Passive Mode (999,0,0,1,%p)", "227 =127,0,0,1,%p",
	    "227 Entering Passive Mode 127,0,0,1,%p", "227 ok (0,0,0,0,%p).",
	    "227 ok (10, 0, 0, 1, %p)", "227 (192,168,1,1,%p)"));
	on("EPSV");
	say(S_PORT, "%s", WORD("229 ok (!!!%n!)", "229 ok (|||%n|).", "229 ok (|1|1.2.3.4|%n|)",
	    "229(|||%n|)"));
	m.verb = WORD("PASV", "EPSV");
	download_plain();
}

/* LIST answered without a data connection. */
void
inline_listing(void)
{
	int t = m.transfer++;

	if (m.fixed)
		return;
	m.alone = true;
	on("LIST f%d", t);
	if (chance(50)) {
		say(S_SAY, "211-one");
		say(S_SAY, " two");
		say(S_SAY, "211 three");
	} else {
		if (chance(70))
			say(S_SAY, "150 here it comes");
		say(S_SAY, "%s", WORD("425 no data connection", "450 no files", "226 nothing"));
	}
	setup();
	say(C_SEND, "LIST f%d", t);
	op(C_FINAL, 0);
	op(C_LABEL, 0);
}

/* The transfer command right behind the setup (or REST), in one write or several. */
void
pipelined_transfer(void)
{
	int t = m.transfer++;
	bool rest = chance(40);

	say(C_ASK, "%s", setup_verb());
	m.d->client[m.d->client_ops - 1].n = chance(50);
	if (rest)
		say(chance(50) ? C_MORE : C_SEND, "REST 0");
	say(C_SEND, "RETR f%d", t);
	op(C_ANSWER, 0);
	op(C_DIAL, 0);
	if (rest)
		op(C_FINAL, 0);
	op(C_BEGIN, 0);
	op(C_DATA, 0);
	op(C_GET, 0);
	op(C_FINAL, 0);
	op(C_LABEL, 0);
}

/* A server that knows one way only: the client finds it. */
void
setup_refused(void)
{
	static const char *const verbs[] = { "EPSV", "PASV", "EPRT", "PORT" };
	int good = (int)dice_below(&m.dice, 4);

	if (m.setups > 0 || m.early_accept || translated())
		return;
	for (int i = 0; i < 4; i++) {
		if (i == good)
			continue;
		on("%s", verbs[i]);
		say(S_SAY, "%s", WORD("500 not understood", "502 not implemented", "522 no"));
	}
	m.setups++;
	op(C_LOOSE, 0);
	for (int i = 0; i < 4 && i <= good; i++) {
		say(C_ASK, "%s", verbs[i]);
		op(C_ANSWER, 0);
		op(C_DIAL, 0);
		op(C_LABEL, 0);
	}
	op(C_TIGHT, 0);
	m.verb = verbs[good];
	download_plain();
}

/* A device that does not wait for replies; and then it does not wait for 221 either, or does. */
void
blast(void)
{
	int t = m.transfer++;

	if (m.verb != NULL)
		return;
	m.setups++;
	say(C_MORE, "TYPE I");
	say(C_ASK, "%s", WORD("PORT", "EPRT"));
	m.d->client[m.d->client_ops - 1].n = chance(70);
	say(C_SEND, "STOR f%d", t);
	if (chance(70))
		say(C_SEND, "QUIT");
	else
		say(C_SEND, "NOOP");
	op(C_FINAL, 0);
	op(C_ANSWER, 0);
	op(C_DATA, 0);
	op(C_PUT, NUMBER(0, 10, 800));
	op(C_CLOSE, 0);
	op(C_FINAL, 0);
	op(C_FINAL, 0);
	op(C_EOF, 0);
	op(C_LABEL, 0);
	m.over = true;
}

/* It has seen enough; the server cannot write any more. */
void
closes_early(void)
{
	int t = m.transfer++;

	m.d->knob[K_WINDOW] = m.d->knob[K_BUFFER] = 4096;
	on("RETR f%d", t);
	say(S_SAY, "150 go");
	op(S_DATA, 0);
	op(S_SEND, 90000);
	op(S_CLOSE, 0);
	say(S_SENT, "226 sent");
	setup();
	say(C_SEND, "RETR f%d", t);
	op(C_BEGIN, 0);
	op(C_DATA, 0);
	op(C_GET, 500);
	op(chance(80) ? C_CLOSE : C_RESET, 0);
	op(C_FINAL, 0);
	op(C_LABEL, 0);
}

void
epsv_all(void)
{
	if (m.verb != NULL || m.setups > 0 || m.d->knob[K_MODE] == 3)
		return;
	on("EPSV ALL");
	say(S_SAY, "200 EPSV ALL ok");
	say(C_SEND, "EPSV ALL");
	op(C_FINAL, 0);
	m.verb = "EPSV";
	m.epsv_all = true;
	download_plain();
}

/* One port for all that ever comes. */
void
fixed_port(void)
{
	if (m.setups > 0 || m.early_accept || m.alone)
		return;
	m.fixed = true;
	on("PASV");
	op(S_FIXED, 0);
	on("EPSV");
	op(S_FIXED, 0);
	m.verb = WORD("PASV", "EPSV", "EPSV 1");
	download_plain();
	upload();
	if (!m.over)
		download_plain();
}

/* Some wait for 221 before they send the rest. */
void
quit_in_upload(void)
{
	int t = m.transfer++;
	bool at_once = chance(50);

	on("STOR f%d", t);
	say(S_SAY, "150 go");
	op(S_DATA, 0);
	op(S_RECV, 300);
	if (at_once)
		say(S_CMD, "221 bye");
	op(S_RECV, 0);
	op(S_CLOSE, 0);
	say(S_STORED, "226 stored");
	if (at_once)
		op(S_HANGUP, 0);
	setup();
	say(C_SEND, "STOR f%d", t);
	op(C_BEGIN, 0);
	op(C_DATA, 0);
	op(C_PUT, 300);
	say(C_SEND, "QUIT");
	if (at_once)
		op(C_REPLY, 0);
	op(C_PUT, 700);
	op(C_CLOSE, 0);
	if (chance(80))
		op(C_EOF, 0);
	else
		op(C_SLEEP, 3000);
	op(C_BYE, 0);
}

void
dies_in_transfer(void)
{
	int t = m.transfer++;
	bool up = chance(70);

	setup();
	say(C_SEND, "%s f%d", up ? "STOR" : "RETR", t);
	op(C_BEGIN, 0);
	op(C_DATA, 0);
	if (up)
		op(C_PUT, NUMBER(10, 500, 3000));
	else
		op(C_GET, 100);
	op(C_SLEEP, NUMBER(0, 1, 50, 2000));
	op(C_DIE, 0);
}
