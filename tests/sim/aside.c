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
	if (m.epsv_all ||
	    translated()) /* a setup would be said in other words, and more than once */
		return WORD("NOOP", "PWD", "TYPE A", "STAT", "SITE IDLE 900", "USER x", "REIN",
		    "XYZZY", "CWD /");
	return WORD("NOOP", "PWD", "TYPE A", "STAT", "SITE IDLE 900", "EPSV", "PASV", "USER x",
	    "REIN", "XYZZY", "CWD /");
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
			say(S_CMD, "%d aside", i == count - 1 && chance(3) ? 421 : aside_answer(line));
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
	bool at_once = chance(75), replies_first = chance(50), leaves = at_once && chance(8);

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
			say(S_CMD, "%d aside", i == count - 1 && chance(3) ? 421 : aside_answer(line));
	}
	if (chance(30))
		op(C_SLEEP, NUMBER(400, 1500, 11000));
	if (leaves)
		op(S_LEAVE, 0);
	op(C_PUT, n);
	op(S_RECV, 0);
	op(S_CLOSE, 0);
	if (leaves)
		op(S_HANGUP, 0);
	else
		final_or_not(t);
	op(C_CLOSE, 0);
	if (leaves)
		op(C_SLEEP, 5000); /* it lives */
	m.over |= leaves;
	for (int i = 0; i < (at_once && replies_first ? 1 : count + 1); i++)
		op(leaves ? C_EOF : C_FINAL, 0);
	op(C_LABEL, 0);
}

/* lynx: RETR of a directory is refused; CWD, LIST over the same data connection. */
void
refused_then_again(void)
{
	int t = m.transfer++, u = m.transfer++;
	bool up = chance(40);
	const char *verb = chance(40) ? "STOR" : "RETR";

	on("%s f%d", verb, t);
	if (!m.missing && chance(30)) /* or answered without it */
		say(S_SAY, "%s", WORD("211 in line", "213 in line", "226 in line", "250 in line"));
	else
		say(S_SAY, "%s", WORD("550 no such file", "553 not allowed", "451 busy", "501 what"));
	setup();
	say(C_SEND, "%s f%d", verb, t);
	op(C_FINAL, 0);
	between();
	say(C_SEND, "%s f%d", up ? "STOR" : "RETR", u);
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
abort_transfer(void)
{
	int t = m.transfer++, n = NUMBER(500, 3000);
	bool alone = !translated() && chance(33);

	on("RETR f%d", t);
	say(S_SAY, "150 go");
	op(S_DATA, 0);
	op(S_SEND, n);
	/* ABOR has no reply of its own then, which is not always to be seen by what follows. */
	m.doubt |= alone;
	say(S_CMD, "%s", alone ? "226 ABOR ok" : "426 aborted");
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
