#include "tunnel/status_close.h"

#include <stdio.h>
#include <string.h>

#include "base/packet.h"
#include "status/seen.h"
#include "status/status.h"

bool
status_tell(const struct helper *h, const struct status_record *ask)
{
	uint8_t packet[STATUS_RECORD_MAX];
	struct wire w;

	wire_write_to(&w, packet, sizeof(packet));
	status_put(&w, ask);
	return packet_send(h->status_fd, packet, w.len, NULL, 0) == 0;
}

/* " 1, 2, 3" behind what text holds already. */
static void
list_number(char *text, size_t size, uint32_t number, bool first)
{
	size_t used = strlen(text);

	if (used + 16 < size)
		snprintf(text + used, size - used, "%s %u", first ? "" : ",", number);
}

static const char *
no_such_session(const struct helper *h, uint32_t number, char *text, size_t size)
{
	snprintf(text, size, "no session %u; %s", number, h == NULL ? "there is none" : "there is");
	for (bool first = true; h != NULL; h = h->next, first = false)
		list_number(text, size, h->number, first);
	return text;
}

static const char *
no_such_channel(const struct helper *h, uint32_t number, char *text, size_t size)
{
	const struct seen *seen = h->seen;
	size_t count = seen != NULL ? seen->channels : 0;

	snprintf(text, size, "no data channel %u in session %u; %s", number, h->number,
	    count == 0 ? "there is none" : "there is");
	for (size_t i = 0; i < count; i++)
		list_number(text, size, seen->channel[i].number, i == 0);
	return text;
}

const char *
status_close(const struct helpers *helpers, const struct status_record *ask, char *text, size_t size)
{
	static const char busy[] = "a session is too busy to be told; try again";
	const struct helper *h = helpers_first(helpers);
	const struct status_ask *a = &ask->u.ask;
	bool told = true;
	size_t at;

	for (; a->session == 0 && h != NULL; h = h->next)
		told &= status_tell(h, ask);
	if (a->session == 0)
		return told ? NULL : busy;
	while (h != NULL && h->number != a->session)
		h = h->next;
	if (h == NULL)
		return no_such_session(helpers_first(helpers), a->session, text, size);
	if (a->channel != 0 && (h->seen == NULL || seen_channel(h->seen, a->channel, &at) == NULL))
		return no_such_channel(h, a->channel, text, size);
	return status_tell(h, ask) ? NULL : busy;
}
