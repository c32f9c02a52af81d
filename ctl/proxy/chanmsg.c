#include "proxy/chanmsg.h"

#include <stdio.h>
#include <string.h>

#define OPEN_CONNECT_FAILED 2

static const char *const refusals[] = { NULL, "administratively prohibited", "connect failed",
	"unknown channel type", "resource shortage" };

/* The text alone tells most when it is the far side's errno ("Connection refused"). */
static void
get_refused(struct wire *w, struct chanmsg *m)
{
	const char *name = "open failed";
	char words[96];
	uint32_t code;

	wire_get_u32(w, &code);
	wire_get_text(w, words, sizeof(words));
	m->forbidden = code == CHANMSG_PROHIBITED;
	if (code > 0 && code < sizeof(refusals) / sizeof(refusals[0]))
		name = refusals[code];
	if (words[0] == '\0')
		snprintf(m->reason, sizeof(m->reason), "%s", name);
	else if (code == OPEN_CONNECT_FAILED && strcmp(words, "open failed") != 0)
		snprintf(m->reason, sizeof(m->reason), "%s", words);
	else
		snprintf(m->reason, sizeof(m->reason), "%s: %s", name, words);
}

static void
get_body(struct wire *w, struct chanmsg *m)
{
	const uint8_t *name;
	uint32_t code;
	uint8_t want = 0;
	size_t len;

	switch (m->type) {
	case CHANMSG_OPEN_CONFIRMATION:
		wire_get_u32(w, &m->sender);
		wire_get_u32(w, &m->window);
		wire_get_u32(w, &m->max_packet);
		break;
	case CHANMSG_WINDOW_ADJUST:
		wire_get_u32(w, &m->window);
		break;
	case CHANMSG_OPEN_FAILURE:
		get_refused(w, m);
		break;
	case CHANMSG_EXTENDED_DATA:
		wire_get_u32(w, &code);
		wire_get_bytes(w, &m->data, &m->len);
		break;
	case CHANMSG_DATA:
		wire_get_bytes(w, &m->data, &m->len);
		break;
	case CHANMSG_GLOBAL_REQUEST:
	case CHANMSG_REQUEST:
		wire_get_bytes(w, &name, &len);
		wire_get_u8(w, &want);
		m->want_reply = want != 0;
		break;
	default: /* nothing that matters */
		break;
	}
}

int
chanmsg_decode(struct chanmsg *m, const uint8_t *frame, size_t len)
{
	const uint8_t *kind;
	uint8_t padding, type;
	struct wire w;

	memset(m, 0, offsetof(struct chanmsg, reason) + 1);
	wire_read_from(&w, frame, len);
	wire_get_u8(&w, &padding);
	wire_get_u8(&w, &type);
	m->type = type;
	if (type == CHANMSG_OPEN)
		wire_get_bytes(&w, &kind, &len);
	if (type >= CHANMSG_OPEN && type <= CHANMSG_FAILURE)
		wire_get_u32(&w, &m->channel);
	else if ((type < CHANMSG_IGNORE || type > CHANMSG_DEBUG) &&
	    (type < CHANMSG_GLOBAL_REQUEST || type > CHANMSG_REQUEST_FAILURE))
		return -1;
	get_body(&w, m);
	return w.bad ? -1 : 0;
}

static size_t
frame_begin(struct wire *w, enum chanmsg_type type)
{
	size_t frame = wire_begin(w);

	wire_put_u8(w, 0);
	wire_put_u8(w, (uint8_t)type);
	return frame;
}

int
chanmsg_open(struct wire *w, uint32_t sender, uint32_t window, uint32_t max_packet,
    const char *host, uint16_t port)
{
	size_t frame = frame_begin(w, CHANMSG_OPEN);

	wire_put_string(w, "direct-tcpip");
	wire_put_u32(w, sender);
	wire_put_u32(w, window);
	wire_put_u32(w, max_packet);
	wire_put_string(w, host);
	wire_put_u32(w, port);
	wire_put_string(w, "127.0.0.1");
	wire_put_u32(w, 0);
	return wire_end(w, frame);
}

int
chanmsg_numbers(struct wire *w, enum chanmsg_type type, const uint32_t *numbers, size_t count)
{
	size_t frame = frame_begin(w, type);

	for (size_t i = 0; i < count; i++)
		wire_put_u32(w, numbers[i]);
	return wire_end(w, frame);
}

void
chanmsg_data(uint8_t header[CHANMSG_DATA_HEADER], uint32_t channel, uint32_t len)
{
	wire_poke_u32(header, CHANMSG_DATA_HEADER - 4 + len);
	header[4] = 0;
	header[5] = CHANMSG_DATA;
	wire_poke_u32(header + 6, channel);
	wire_poke_u32(header + 10, len);
}
