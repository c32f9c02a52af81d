/* How data connections are prepared, and sometimes not used. */
#include "productions.h"

#include <string.h>

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
	if (chance(40)) {
		on("RETR f%d", t);
		say(S_SAY, "150 go");
		say(S_SAY, "%s", WORD("226 nothing", "250 nothing", "425 no data connection"));
	}
	say(C_ASK, "%s", WORD("PASV", "EPSV"));
	op(C_ANSWER, 0);
	say(C_SEND, "RETR f%d", t);
	op(C_FINAL, 0);
	op(C_LABEL, 0);
}

/* EPSV is answered, its port is dead; the client goes on with PASV. */
void
dead_port(void)
{
	int t = m.transfer++;

	if (m.setups > 0 || m.early_accept || m.d->knob[K_FORBIDS] || m.d->knob[K_SIX] > 1)
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
	say(S_PORT, "%s",
	    WORD("227 Entering Passive Mode (999,0,0,1,%p)", "227 =127,0,0,1,%p",
		"227 Entering Passive Mode 127,0,0,1,%p", "227 ok (0,0,0,0,%p).",
		"227 ok (10, 0, 0, 1, %p)", "227 (192,168,1,1,%p)"));
	on("EPSV");
	say(S_PORT, "%s",
	    WORD("229 ok (!!!%n!)", "229 ok (|||%n|).", "229 ok (|1|1.2.3.4|%n|)", "229(|||%n|)"));
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

	if (m.d->knob[K_FORBIDS])
		return; /* it is said before the other way must be found */
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

void
epsv_all(void)
{
	if (m.verb != NULL || m.setups > 0 || m.d->knob[K_MODE] == 3 || m.d->knob[K_FORBIDS])
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

static void
come(int t)
{
	int count = NUMBER(1, 1, 2, 6);

	for (int i = 0; i < count; i++)
		say(C_STRANGER, "%s f%d",
		    WORD("leaves", "leaves", "sends and leaves", "sends and leaves", "sends",
			"stays"),
		    t);
}

static void
come_to_server(bool up, int t)
{
	say(S_STRANGER, "%s f%d",
	    up ? WORD("stays", "leaves") : WORD("stays", "leaves", "sends", "sends and leaves"), t);
}

static void
serve_strangers(bool up, int t, bool active)
{
	bool early = active && m.setups == 1 && chance(40); /* before the transfer command */

	for (int i = 0; early && i < 3; i++) {
		on("%s", ((const char *const[]){ "PORT", "EPRT", "LPRT" })[i]);
		say(S_SAY, "200 fine");
		come_to_server(up, t);
	}
	on("%s f%d", up ? "STOR" : "RETR", t);
	say(S_SAY, "150 go");
	if (!early)
		come_to_server(up, t);
	op(S_DATA, 0);
	op(up ? S_RECV : S_SEND, up ? 0 : 800);
	op(S_CLOSE, 0);
	say(up ? S_STORED : S_SENT, "226 done");
}

/* Others find the port who may not be told from the client, and that may come late, or has closed
 * already, or does not come at all. What is afterwards does not depend on that. */
void
strangers(void)
{
	int t = m.transfer++, n = m.serial++, put = NUMBER(0, 10, 800);
	bool up = chance(60), hasty = up && chance(50), first = chance(30), passive, late;
	const char *verb;

	if (m.fixed || m.missing)
		return;
	if (!m.d->knob[K_FORBIDS] && chance(70))
		m.d->knob[K_CLOSED] = 0;
	on("SITE %d", n);
	say(S_SAY, "200 answer %d", n);
	verb = setup_verb();
	passive = verb[strlen(verb) - 1] == 'V';
	serve_strangers(up, t, !passive || m.d->knob[K_MODE] == 3 || m.d->knob[K_FORBIDS]);
	late = passive && !translated() && chance(40);
	say(C_ASK, "%s", verb);
	op(C_ANSWER, 0);
	if (!late && first)
		op(C_DIAL, 0);
	come(t);
	if (!late && !first)
		op(C_DIAL, 0);
	say(C_SEND, "%s f%d", up ? "STOR" : "RETR", t);
	if (late)
		op(C_SLEEP, NUMBER(0, 50, 150, 400, 1500));
	if (late && chance(70))
		op(C_DIAL, 0);
	if (!hasty)
		op(C_BEGIN, 0);
	op(C_DATA, 0);
	op(up ? C_PUT : C_GET, up ? put : 0);
	op(C_CLOSE, 0);
	op(C_FINAL, 0);
	op(C_LABEL, 0);
	say(C_SEND, "SITE %d", n);
	say(C_UNTIL, "200 answer %d", n);
}
