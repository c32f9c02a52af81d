/* Whose reply is it? One line a case: what is unanswered, what is known of the transfer, the code,
 * and who gets it. */
#include "state/attribution.h"

#include "unit.h"

/* What stands in the queue: t transfer (T: its 1xx was seen), p PASV, a PORT, n NOOP and its like,
 * b ABOR, g greeting, o a reply of ours, u a PASV that is not sent yet, ? a PASV in doubt,
 * ! one that is late, d NOOP in doubt, A a PORT of ours for another word of the client's, which it has said
 * since the one before was in doubt, B for one that was said before. */
static void
fill(struct queue *q, const char *what)
{
	static const struct {
		char letter;
		enum pending_kind kind;
	} kinds[] = {
		{ 't', PENDING_TRANSFER }, { 'T', PENDING_TRANSFER }, { 'p', PENDING_PASSIVE },
		{ 'a', PENDING_ACTIVE }, { 'n', PENDING_PLAIN }, { 'b', PENDING_ABOR },
		{ 'g', PENDING_GREETING }, { 'o', PENDING_OWN }, { 'u', PENDING_PASSIVE },
		{ '?', PENDING_PASSIVE }, { '!', PENDING_PASSIVE }, { 'd', PENDING_PLAIN },
		{ 'A', PENDING_ACTIVE }, { 'B', PENDING_ACTIVE },
	};

	for (; *what != '\0'; what++)
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			struct pending *p;

			if (kinds[i].letter != *what)
				continue;
			p = queue_push(q, kinds[i].kind);
			p->sent = *what != 'o' && *what != 'u';
			p->started = *what == 'T';
			p->doubtful = strchr("?!d", *what) != NULL;
			p->translated = strchr("AB", *what) != NULL;
			p->gone_on = *what == 'A';
			p->aside = *what == '!';
		}
}

/* "nobody", "0" (the first), "1-" (the second, the first was left out), "0?" (in doubt) */
static const char *
named(struct attribution a)
{
	static const char *const names[] = { "nobody", "", "unknown", "all", "forged" };
	static char text[32];

	if (a.whose != WHOSE_ENTRY)
		return names[a.whose];
	snprintf(text, sizeof(text), "%zu%s%s", a.entry, a.entry > 0 && a.never == a.entry ? "-" : "",
	    a.doubtful ? "?" : "");
	return text;
}

static const struct {
	/* e: the data connection has ended; w: that was waited for; f: a 226 follows;
	 * l: its end was passed on without a reply */
	const char *queue, *seen;
	int code;
	const char *whose;
} cases[] = {
	/* in turn */
	{ "", "", 200, "nobody" },
	{ "g", "", 220, "0" },
	{ "g", "", 120, "0" },
	{ "g", "", 200, "0" },
	{ "gn", "", 220, "0" },
	{ "gn", "", 120, "0" },
	{ "gn", "", 421, "all" },
	{ "gn", "", 331, "1-" }, /* a server that does not greet */
	{ "gn", "", 500, "1-" },
	{ "gn", "", 230, "1-" },
	{ "gp", "", 227, "1-" },
	{ "n", "", 200, "0" },
	{ "nn", "", 550, "0" },
	{ "on", "", 200, "1-" }, /* what is ours is not the server's to leave out */
	{ "n", "", 150, "nobody" },
	{ "t", "", 150, "0" },
	{ "t", "", 550, "0" },
	{ "t", "", 226, "0" }, /* no 1xx, or 226 before it */
	{ "tn", "", 211, "0" }, /* LIST answered inline: it has not begun */
	{ "tn", "", 450, "0" },
	{ "T", "", 150, "0" }, /* twice */
	/* ... but not where it has ended, and the next command is one, too */
	{ "T", "e", 150, "0" },
	{ "Tt", "", 150, "0" },
	{ "Tt", "e", 150, "1-" },
	{ "Tot", "e", 125, "2-" },
	{ "Tnt", "e", 150, "0" },
	{ "tt", "e", 150, "0" },
	/* a transfer is under way and nothing waits behind it */
	{ "T", "", 226, "0" },
	{ "T", "", 250, "0" },
	{ "T", "", 200, "0" },
	{ "T", "", 451, "0" },
	{ "T", "", 500, "0" },
	{ "Tu", "", 500, "0" },
	/* ... something does: what cannot end a transfer does not */
	{ "Tn", "", 200, "1" },
	{ "Tn", "", 257, "1" },
	{ "Tnn", "", 213, "1" },
	{ "Tn", "", 500, "1" },
	{ "Tn", "", 502, "1" },
	{ "Tn", "", 530, "1" },
	{ "Tn", "", 220, "1" },
	{ "Tn", "", 331, "1" },
	{ "Tn", "e", 200, "1" },
	{ "Tn", "", 226, "0" },
	{ "Tn", "", 225, "0" },
	{ "Tn", "", 426, "0" },
	/* ... what may, does if its data have ended */
	{ "Tn", "", 450, "unknown" },
	{ "Tn", "w", 450, "1" },
	{ "Tn", "e", 450, "unknown" },
	{ "Tn", "ew", 450, "0?" },
	{ "Tn", "ef", 450, "1" }, /* the transfer's own is there */
	{ "Tn", "f", 450, "1" },
	{ "Tn", "", 550, "unknown" },
	{ "Tn", "w", 550, "1" },
	{ "Tn", "", 250, "unknown" },
	{ "Tn", "w", 250, "1" },
	{ "Tn", "e", 250, "0?" },
	{ "Tp", "", 450, "unknown" },
	{ "Tp", "w", 450, "1" },
	{ "Tp", "ew", 450, "0?" },
	{ "Tp", "ef", 450, "1" },
	{ "Tp", "w", 250, "nobody" },
	{ "Tpn", "", 257, "2" },
	{ "Tn", "el", 550, "1" },
	{ "Tn", "el", 226, "0" },
	{ "T", "el", 550, "0" },
	/* ... or the next one's, in line, where the late one's never comes */
	{ "Tt", "el", 226, "0?" },
	{ "Tt", "e", 226, "0" },
	/* PASV in the middle, and behind a transfer that was never answered */
	{ "Tp", "", 227, "1" },
	{ "Tp", "e", 227, "1-" },
	{ "Tn", "", 227, "forged" },
	{ "Ta", "", 200, "1" },
	/* out of step */
	{ "np", "", 227, "1-" },
	{ "nnp", "", 229, "2-" },
	{ "p", "", 227, "0" },
	{ "pn", "", 227, "0" },
	{ "", "", 227, "forged" },
	{ "n", "", 227, "forged" },
	{ "u", "", 227, "forged" },
	{ "a", "", 227, "forged" },
	{ "p", "", 250, "nobody" }, /* CWD's second, late */
	{ "p", "", 226, "nobody" },
	{ "p", "", 426, "nobody" },
	{ "p", "", 500, "0" },
	{ "p", "", 425, "0" },
	{ "a", "", 226, "nobody" },
	{ "a", "", 200, "0" },
	{ "nt", "", 150, "1-" },
	{ "u", "", 226, "nobody" },
	/* ABOR: a reply for both, or one each */
	{ "Tb", "", 426, "0" },
	{ "Tb", "", 226, "0" },
	{ "b", "", 226, "0" },
	{ "b", "", 225, "0" },
	{ "b", "", 502, "0" },
	{ "bn", "", 502, "0?" },
	{ "bn", "", 550, "1-" },
	{ "bp", "", 227, "1-" },
	{ "bn", "", 200, "1-" },
	{ "bn", "", 226, "0" },
	{ "bt", "", 150, "1-" },
	{ "b", "", 200, "0" },
	{ "Tb", "", 500, "1" },
	/* in doubt: the reply before may have been PASV's */
	{ "?", "", 227, "0" },
	{ "?n", "", 200, "1-" },
	{ "?", "", 226, "nobody" },
	/* ... and it is late */
	{ "!", "", 227, "0" },
	{ "!", "", 425, "0" },
	{ "!t", "", 425, "1-" },
	{ "!t", "", 227, "0" },
	{ "!n", "", 200, "1-" },
	/* ... or the one before it has had its own: a client that got that has said what our PORT is for */
	{ "dA", "", 200, "1-" },
	{ "dA", "", 250, "0" },
	{ "da", "", 200, "0" },
	{ "dB", "", 200, "0" },
	{ "nA", "", 200, "0" },
	/* ... or is a transfer that was answered by what was taken for the end of another */
	{ "tA", "", 200, "1-" },
	{ "tA", "", 226, "0" },
	{ "ta", "", 200, "0?" },
	{ "tn", "", 200, "0?" },
	{ "tn", "", 226, "0" },
	/* goodbye */
	{ "Tpn", "", 421, "all" },
	{ "", "", 421, "nobody" },
	{ "g", "", 421, "all" },
};

START_TEST(whose)
{
	struct queue q = { 0 };
	struct transfer_seen seen = { .moved = cases[_i].queue[0] == 'T',
		.ended = strchr(cases[_i].seen, 'e') != NULL,
		.waited = strchr(cases[_i].seen, 'w') != NULL,
		.late = strchr(cases[_i].seen, 'l') != NULL,
		.follows = strchr(cases[_i].seen, 'f') != NULL };
	const char *got;

	fill(&q, cases[_i].queue);
	got = named(attribute(&q, cases[_i].code, seen));
	ck_assert_msg(strcmp(got, cases[_i].whose) == 0, "%s %s %d: %s, not %s", cases[_i].queue,
	    cases[_i].seen, cases[_i].code, got, cases[_i].whose);
	queue_clear(&q);
}
END_TEST

/* A reply in doubt leaves a setup that can be answered by it or not at all. */
START_TEST(doubt_is_dropped)
{
	struct queue q = { 0 };
	struct attribution a;

	fill(&q, "?");
	a = attribute(&q, 226, (struct transfer_seen){ 0 });
	ck_assert(a.whose == WHOSE_NOBODY && a.never == 1);
	queue_clear(&q);
}
END_TEST

/* Whatever stands there, and whatever is said: the answer is within the queue. */
START_TEST(any)
{
	static const char letters[] = "tTpanbgou?!dAB";
	uint64_t state = 1;

	for (int n = 0; n < 200000; n++) {
		char what[8] = "";
		struct queue q = { 0 };
		uint32_t r = unit_random(&state);
		struct attribution a;
		struct transfer_seen seen = { r & 1, r & 2, r & 4, r & 8, r & 16 };

		for (uint32_t i = 0; i < (r >> 5) % 7; i++)
			what[i] = letters[unit_random(&state) % (sizeof(letters) - 1)];
		fill(&q, what);
		a = attribute(&q, 100 + (int)(unit_random(&state) % 500), seen);
		ck_assert(a.never <= q.count);
		if (a.whose == WHOSE_ENTRY) {
			ck_assert(a.entry < q.count && queue_at(&q, a.entry)->sent);
			ck_assert(a.never <= a.entry);
		}
		queue_clear(&q);
	}
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_loop_test(t, whose, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, doubt_is_dropped);
	tcase_add_test(t, any);
}

int
main(void)
{
	return unit_run("attribution", add);
}
