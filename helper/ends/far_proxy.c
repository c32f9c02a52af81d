/* Dial over a proxy connection (proxy.h): every dial is answered with yes, or no and why, and
 * nothing of it stays in the master. */
#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "ends/far_private.h"
#include "relay/stream.h"

static void
dial_event(void *arg, enum proxy_event event, const char *reason)
{
	struct slot *dial = arg;
	struct end *end = dial->end;
	struct end_result r = { .event = EV_CONNECTED, .channel = dial->channel, .stream = dial->stream };

	if (event == PROXY_REFUSED || event == PROXY_FORBIDDEN) {
		reason = reason != NULL ? reason : "refused";
		log_at(LOG_DETAIL, "dial refused: %s", reason);
		slot_refused(dial, (struct end_result){ .reason = reason,
		    .refusal = event == PROXY_FORBIDDEN ? REFUSED_FORBIDDEN : REFUSED });
		return;
	}
	dial->stream = NULL;
	slot_free(dial);
	end->fn(end->arg, &r);
}

/* Dials that are not answered, of that master; the others are listeners. */
static struct slot *
dial_next(const struct far_master *m, struct slot *slot)
{
	while (slot != NULL && (slot->uses != &m->uses || slot->stream == NULL))
		slot = slot->next;
	return slot;
}

static void
proxy_gone(void *arg, const char *reason)
{
	struct far_master *m = arg;
	struct slot *dial;

	m->gone = true;
	while ((dial = dial_next(m, m->end->slots)) != NULL)
		slot_failed(dial, reason);
	far_master_gone(m, reason);
}

static bool
proxy_open(struct far_master *m, int adopt)
{
	if (adopt != -1 &&
	    (m->proxy = proxy_adopt(m->end->loop, m->ctl_path, adopt, proxy_gone, m)) == NULL)
		close(adopt);
	if (m->proxy == NULL)
		m->proxy = proxy_new(m->end->loop, m->ctl_path, proxy_gone, m);
	return m->proxy != NULL;
}

static bool
dial_begin(struct far_master *m, unsigned channel, const char *host, uint16_t port)
{
	struct slot *dial;

	errno = EPIPE;
	if (m->gone || (dial = slot_new(m->end, sizeof(*dial), channel, &m->uses, NULL)) == NULL)
		return false;
	dial->stream = stream_dial(m->proxy, host, port, dial_event, dial, &m->uses);
	if (dial->stream == NULL) {
		slot_free(dial);
		return false;
	}
	if (channel == CHANNEL_CONTROL)
		proxy_no_file(dial->stream->channel);
	slot_fail_in(dial, DIAL_TIMEOUT_MS, "timed out");
	return true;
}

/* The streams of those that are still waited for are counted already. */
unsigned
far_unanswered(const struct far_master *m)
{
	unsigned n = m->proxy == NULL || m->gone ? 0 : proxy_unanswered(m->proxy);

	for (struct slot *dial = m->end->slots; n > 0 && (dial = dial_next(m, dial)) != NULL;
	    dial = dial->next)
		n--;
	return n;
}

const struct dialler dial_by_proxy = { proxy_open, dial_begin };
