#include "state/session_state.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

void
session_wrong(struct session *s, const char *why)
{
	if (s->wrong[0] == '\0')
		snprintf(s->wrong, sizeof(s->wrong), "%s", why);
}

void
session_arm(struct session *s, enum session_timer timer)
{
	static const unsigned ms[] = { 0, WHOSE_MS, LEAVE_MS, GONE_MS, FINAL_MS, LEAVE_MS };

	if (timer == SESSION_IDLE && s->timer == SESSION_IDLE)
		return;
	s->timer = timer;
	output_act(&s->out, &(struct action){ .kind = ACT_TIMER, .ms = ms[timer] });
}

void
session_answer(struct session *s, const char *text)
{
	struct pending *p = queue_push(&s->queue, PENDING_OWN);

	if (p != NULL)
		p->text = memory_text(text);
}

char *
session_refusal(const char *why)
{
	char text[256];

	snprintf(text, sizeof(text), "425 Cannot open a data connection: %.200s.", why);
	return memory_text(text);
}
