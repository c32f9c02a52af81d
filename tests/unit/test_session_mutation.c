/* Sessions in which everything may be said and happen at the wrong time: the rules of
 * dialogue.h hold, and each session ends. The same mutants in every run. */
#include "script.h"

#include "chaos.h"
#include "recorded.h"

#ifndef RUNS
#define RUNS 20000
#endif
#define STEPS_MAX 200

struct step {
	const char *text;
	size_t len;
};

static uint64_t state;

static size_t
split(const char *script, struct step *steps)
{
	size_t n = 0;

	while (*script != '\0') {
		size_t len = strcspn(script, "\n");

		if (len > 0)
			steps[n++] = (struct step){ script, len };
		script += len + 1;
	}
	return n;
}

/* Steps change places, come twice, or not at all. */
static size_t
shuffle(struct step *steps, size_t n)
{
	for (uint32_t times = unit_random(&state) % 8; times > 0; times--) {
		size_t a = unit_random(&state) % n, b = unit_random(&state) % n;
		struct step step = steps[a];

		switch (unit_random(&state) % 3) {
		case 0:
			steps[a] = steps[b];
			steps[b] = step;
			break;
		case 1:
			steps[b] = step;
			break;
		default:
			memmove(steps + a, steps + a + 1, (n - a - 1) * sizeof(*steps));
			n -= n > 1;
		}
	}
	return n;
}

static void
happen(const char *text)
{
	static const char *const names[] = { "listening", "connected", "failed", "stranger", "moved",
		"eof", "reset", "drained", "alive", "timer" };
	char word[32] = "", end[32] = "";
	unsigned channel = 0, n = 0;

	if (strncmp(text, "end ", 4) == 0 || strncmp(text, "fail ", 5) == 0) {
		if (unit_random(&state) % 4 == 0) /* most sessions shall live longer */
			dialogue_happen(d, text[0] == 'f' ? "fail gone" :
			    strncmp(text, "end s", 5) == 0 ? "end server" : "end client");
		return;
	}
	sscanf(text, "%31s %u %31s %u", word, &channel, end, &n);
	for (int i = 0; i < CHAOS_KINDS; i++)
		if (strcmp(word, names[i]) == 0)
			chaos_event(d, (enum event_kind)i, channel, dialogue_side(end), (uint16_t)n, n);
}

static void
perform(const struct step *step)
{
	char text[512];

	snprintf(text, sizeof(text) - 2, "%.*s", (int)step->len, step->text);
	if (unit_random(&state) % 8 == 0)
		unit_mutate(text, sizeof(text) - 2, &state);
	if (text[0] == '?')
		happen(text + (text[1] ? 2 : 1));
	else {
		enum side side = text[0] == '>' ? CLIENT : SERVER;

		strcat(text, unit_random(&state) % 16 ? "\r\n" : "\n");
		if (strlen(text) > 3)
			dialogue_push(d, side, text + (side == CLIENT ? 2 : 3),
			    strlen(text + (side == CLIENT ? 2 : 3)));
	}
	if (unit_random(&state) % 8 == 0)
		chaos_any_event(d, unit_random(&state));
}

/* Two dialogues, one behind the other, so that the second finds what the first has left. */
static void
run(void)
{
	struct step steps[STEPS_MAX];
	size_t n = split(recorded[unit_random(&state) % RECORDED_COUNT], steps);
	struct session_config config = dialogue_config((enum server_mode)(unit_random(&state) % 4));

	if (unit_random(&state) % 2)
		n += split(recorded[unit_random(&state) % RECORDED_COUNT], steps + n);
	n = shuffle(steps, n);
	config.tls_pass = unit_random(&state) % 8 == 0;
	config.far[CLIENT] = unit_random(&state) % 4 == 0;
	config.far[SERVER] = !config.far[CLIENT];
	config.active_possible = unit_random(&state) % 4 != 0;
	config.dials = config.far[CLIENT] || unit_random(&state) % 2;
	d = dialogue_new(&config);
	dialogue_trace("--- new\n");
	for (size_t i = 0; i < n; i++) {
		perform(&steps[i]);
		ck_assert_str_eq(d->broken, "");
		d->heard[CLIENT][0] = d->heard[SERVER][0] = d->wanted[0] = '\0';
	}
	ck_assert_str_eq(chaos_finish(d, unit_random(&state)), "");
}

START_TEST(mutants)
{
	state = 0x9e3779b97f4a7c15ULL + (uint64_t)_i;
	for (int i = 0; i < RUNS / 8; i++) {
		run();
		finish();
	}
}
END_TEST

/* As recorded, they are right. */
START_TEST(originals)
{
	struct step steps[STEPS_MAX];
	size_t n = split(recorded[_i], steps);

	begin(MODE_AUTO);
	for (size_t i = 0; i < n; i++) {
		char text[256];

		snprintf(text, sizeof(text), "%.*s", (int)steps[i].len, steps[i].text);
		if (text[0] == '?')
			dialogue_happen(d, text + 2);
		else {
			size_t skip = text[0] == '>' ? 2 : 3;

			strcat(text, "\r\n");
			ck_assert_uint_eq(dialogue_push(d, text[0] == '>' ? CLIENT : SERVER, text + skip,
			    strlen(text + skip)), strlen(text + skip));
		}
		ck_assert_str_eq(d->broken, "");
	}
	ck_assert_str_eq(chaos_finish(d, 1), "");
}
END_TEST

static void
add(TCase *t)
{
	tcase_add_checked_fixture(t, NULL, finish);
	tcase_add_loop_test(t, originals, 0, RECORDED_COUNT);
	tcase_add_loop_test(t, mutants, 0, 8);
}

int
main(void)
{
	int failed = unit_run("session_mutation", add);

	if (!failed)
		printf("%d mutants of %d dialogues\n", RUNS, (int)RECORDED_COUNT);
	return failed;
}
