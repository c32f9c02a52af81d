/* A whole session, as steps.h has it; the rules are dialogue.h's, and each session has to come
 * to its end. What is not possible now happens to the next channel to which it is. */
#define DIALOGUE_TEXT (128 * 1024) /* more than the longest line */
#include "../unit/chaos.h"

#include "fuzz.h"

#define AGAIN 1100     /* more than the longest line, in the largest pieces */
#define AGAIN_MAX 2000 /* in one session */

struct player {
	struct ftp_dialogue *d;
	const uint8_t *last[2]; /* what each side said */
	size_t last_len[2];
	int again;
};

static void
happen(struct player *p, uint8_t what, uint8_t nth)
{
	enum event_kind kind = (enum event_kind)((what & 15) % CHAOS_KINDS);
	enum side end = what & STEP_OF_SERVER ? SERVER : CLIENT;
	uint16_t port = (uint16_t)(40000 + p->d->ports[end]); /* as the tests have it */

	for (unsigned i = 0; i < DIALOGUE_CHANNELS; i++) {
		struct model *m = &p->d->model[((nth & 63) + i) % DIALOGUE_CHANNELS];

		if (!chaos_possible(m, kind, end))
			continue;
		m->from[end] += what & STEP_MOVED ? 7 : 0;
		chaos_event(p->d, kind, m->id, end, port, nth >> 6);
		return;
	}
}

static void
say(struct player *p, enum side side, const uint8_t *data, size_t len)
{
	dialogue_push(p->d, side, data, len);
	p->last[side] = data;
	p->last_len[side] = len;
}

static void
other(struct player *p, uint8_t what)
{
	struct ftp_dialogue *d = p->d;
	enum side side = what & STEP_OF_SERVER ? SERVER : CLIENT;

	switch ((enum step_other)(what & 7)) {
	case STEP_ENDS:
		dialogue_end(d, side);
		break;
	case STEP_UNREAD:
		d->unread[side] = !d->unread[side];
		break;
	case STEP_FAILS:
		dialogue_fail(d, "told so");
		break;
	case STEP_AGAIN:
		for (int i = 0; i < AGAIN && p->again < AGAIN_MAX; i++, p->again++)
			say(p, side, p->last[side], p->last_len[side]);
		break;
	case STEP_ANY:
		chaos_any_event(d, what * 0x9e3779b1U);
	}
	dialogue_settle(d);
}

/* How many bytes the step took. */
static size_t
step(struct player *p, const uint8_t *data, size_t len)
{
	size_t n = (size_t)(data[0] % STEP_PIECE) + 1;

	if (data[0] >= STEP_OTHER) {
		other(p, data[0]);
		return 1;
	}
	if (data[0] >= STEP_EVENT) {
		happen(p, data[0], len > 1 ? data[1] : 0);
		return 2;
	}
	if (n > len - 1)
		n = len - 1;
	say(p, data[0] & STEP_SIDE ? SERVER : CLIENT, data + 1, n);
	return n + 1;
}

/* What others want to know of it. */
static void
look(const struct session *s, unsigned channel)
{
	const struct session_facts *about = session_facts(s);
	struct channel_facts facts;

	session_channel(s, channel, &facts);
	MUST(strlen(facts.client_verb) <= 4 && strlen(facts.server_verb) <= 4);
	MUST(strlen(facts.transfer) < 256 && strlen(about->user) < sizeof(about->user));
	MUST(!about->opaque || about->greeted);
	session_busy(s);
}

static void
trace(void *arg, enum side from, const char *line, size_t len)
{
	MUST(arg != NULL && from <= SERVER && (len == 0 || line != NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct session_config config = dialogue_config(MODE_AUTO);
	struct player p = { 0 };
	struct ftp_dialogue *d;

	if (len < 3)
		return 0;
	steps_configure(&config, data);
	config.trace = trace;
	p.d = d = dialogue_new(&config);
	for (size_t at = 2; at < len && d->broken[0] == '\0'; at += step(&p, data + at, len - at)) {
		d->heard[CLIENT][0] = d->heard[SERVER][0] = d->wanted[0] = '\0';
		look(d->s, d->model[data[at] % 4].id);
	}
	chaos_finish(d, data[len - 1]);
	if (d->broken[0] != '\0')
		fprintf(stderr, "%s\n", d->broken);
	MUST(d->broken[0] == '\0');
	dialogue_free(d);
	return 0;
}
