#include "broker/trial.h"

#include <string.h>

#include "relay/stream.h"

#define LISTENS CHANNEL_TRIAL
#define DIALS (CHANNEL_TRIAL + 1)
#define TRIAL_MS 3000 /* of a few round trips; then the port counts as dead */

void
trial_end(struct trial *t)
{
	t->count = 0;
	timer_stop(&t->deadline);
	if (t->host == NULL || t->over)
		return;
	t->over = true;
	t->end->ops->cancel(t->end, LISTENS);
	t->end->ops->cancel(t->end, DIALS);
	stream_free(t->dialled);
	t->dialled = NULL;
}

static void
trial_tell(struct trial *t, struct event e)
{
	e.refusal = t->forbidden ? REFUSED_FORBIDDEN : REFUSED;
	t->told(t->arg, &e);
}

static void
trial_over(struct trial *t, bool forbidden)
{
	size_t count = t->count;

	if (t->over)
		return;
	trial_end(t);
	t->forbidden = forbidden;
	for (size_t i = 0; i < count; i++)
		trial_tell(t, t->waits[i]);
}

static void
trial_expired(void *arg)
{
	trial_over(arg, false);
}

/* Nothing is ever said there: it was closed. */
static void
dialled_closed(void *arg, enum proxy_event event, const char *reason)
{
	trial_over(arg, true);
}

void
trial_result(struct trial *t, const struct end_result *r)
{
	if (t->over || r->event == EV_FAILED || (r->event == EV_CONNECTED && r->channel == LISTENS)) {
		stream_free(r->stream);
		trial_over(t, r->event == EV_FAILED);
	} else if (r->event == EV_CONNECTED) {
		t->dialled = r->stream;
		stream_owner(t->dialled, dialled_closed, t);
		stream_wait_read(t->dialled, true);
	} else if (r->event == EV_LISTENING && !t->end->ops->dial(t->end, DIALS, t->host, r->port))
		trial_over(t, false);
}

void
trial_ask(struct trial *t, const char *host, const struct event *e)
{
	if (t->host == NULL) {
		t->host = host;
		t->over = !t->end->ops->listen(t->end, LISTENS, strchr(host, ':') != NULL ? 6 : 4);
		timer_set(&t->deadline, t->end->loop, TRIAL_MS, trial_expired, t);
	}
	if (!t->over && t->count < sizeof(t->waits) / sizeof(t->waits[0]))
		t->waits[t->count++] = *e;
	else
		trial_tell(t, *e);
}
