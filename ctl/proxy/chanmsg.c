#include "proxy/chanmsg.h"

#include <stdio.h>
#include <string.h>

#define OPEN_PROHIBITED     1
#define OPEN_CONNECT_FAILED 2

/* What stands behind the type and the channel's number. */
enum rest {
	REST_NONE,    /* nothing that matters */
	REST_U32,     /* a number of bytes */
	REST_CONFIRM, /* sender, window, max packet */
	REST_REFUSED, /* code, text, language */
	REST_DATA,
	REST_EXTENDED, /* code, data */
	REST_REQUEST   /* name, want_reply, ... */
};

static const struct {
	uint8_t type;
	bool global; /* no channel's number */
	enum rest rest;
} types[] = {
	{ CHANMSG_IGNORE, true, REST_NONE },
	{ CHANMSG_UNIMPLEMENTED, true, REST_NONE },
	{ CHANMSG_DEBUG, true, REST_NONE },
	{ CHANMSG_GLOBAL_REQUEST, true, REST_REQUEST },
	{ CHANMSG_REQUEST_SUCCESS, true, REST_NONE },
	{ CHANMSG_REQUEST_FAILURE, true, REST_NONE },
	{ CHANMSG_OPEN_CONFIRMATION, false, REST_CONFIRM },
	{ CHANMSG_OPEN_FAILURE, false, REST_REFUSED },
	{ CHANMSG_WINDOW_ADJUST, false, REST_U32 },
	{ CHANMSG_DATA, false, REST_DATA },
	{ CHANMSG_EXTENDED_DATA, false, REST_EXTENDED },
	{ CHANMSG_EOF, false, REST_NONE },
	{ CHANMSG_CLOSE, false, REST_NONE },
	{ CHANMSG_REQUEST, false, REST_REQUEST },
	{ CHANMSG_SUCCESS, false, REST_NONE },
	{ CHANMSG_FAILURE, false, REST_NONE },
};

static const char *const refusals[] = { NULL, "administratively prohibited", "connect failed",
	"unknown channel type", "resource shortage" };

static void
printable(char *to, size_t size, const uint8_t *text, size_t len)
{
	if (len > size - 1)
		len = size - 1;
	for (size_t i = 0; i < len; i++)
		to[i] = text[i] >= 0x20 && text[i] < 0x7f ? (char)text[i] : '?';
	to[len] = '\0';
}

/* The text alone tells most when it is the far side's errno ("Connection refused"). */
static int
get_refused(struct wire *w, struct chanmsg *m)
{
	const char *name = "open failed";
	const uint8_t *text;
	char words[96];
	uint32_t code;
	size_t len;

	if (wire_get_u32(w, &code) == -1 || wire_get_bytes(w, &text, &len) == -1)
		return -1;
	printable(words, sizeof(words), text, len);
	if (code > 0 && code < sizeof(refusals) / sizeof(refusals[0]))
		name = refusals[code];
	if (words[0] == '\0')
		snprintf(m->reason, sizeof(m->reason), "%s", name);
	else if (code == OPEN_CONNECT_FAILED && strcmp(words, "open failed") != 0)
		snprintf(m->reason, sizeof(m->reason), "%s", words);
	else
		snprintf(m->reason, sizeof(m->reason), "%s: %s", name, words);
	return 0;
}

static int
get_request(struct wire *w, struct chanmsg *m)
{
	const uint8_t *name;
	uint8_t want;
	size_t len;

	if (wire_get_bytes(w, &name, &len) == -1 || wire_get_u8(w, &want) == -1)
		return -1;
	m->want_reply = want != 0;
	return 0;
}

static int
get_rest(struct wire *w, struct chanmsg *m, enum rest rest)
{
	uint32_t code;

	switch (rest) {
	case REST_U32:
		return wire_get_u32(w, &m->window);
	case REST_CONFIRM:
		if (wire_get_u32(w, &m->sender) == -1 || wire_get_u32(w, &m->window) == -1)
			return -1;
		return wire_get_u32(w, &m->max_packet);
	case REST_REFUSED:
		return get_refused(w, m);
	case REST_EXTENDED:
		if (wire_get_u32(w, &code) == -1)
			return -1;
		return wire_get_bytes(w, &m->data, &m->len);
	case REST_DATA:
		return wire_get_bytes(w, &m->data, &m->len);
	case REST_REQUEST:
		return get_request(w, m);
	default:
		return 0;
	}
}

/* An OPEN begins with the kind of channel. */
static int
get_open(struct wire *w, struct chanmsg *m)
{
	const uint8_t *kind;
	size_t len;

	if (wire_get_bytes(w, &kind, &len) == -1)
		return -1;
	return wire_get_u32(w, &m->channel);
}

int
chanmsg_decode(struct chanmsg *m, const uint8_t *frame, size_t len)
{
	uint8_t padding, type;
	struct wire w;

	memset(m, 0, offsetof(struct chanmsg, reason) + 1);
	wire_read_from(&w, frame, len);
	if (wire_get_u8(&w, &padding) == -1 || wire_get_u8(&w, &type) == -1)
		return -1;
	m->type = type;
	if (type == CHANMSG_OPEN)
		return get_open(&w, m);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type != type)
			continue;
		if (!types[i].global && wire_get_u32(&w, &m->channel) == -1)
			return -1;
		return get_rest(&w, m, types[i].rest);
	}
	return -1;
}

/* A frame's length is known when it is complete: leave room for it first. */
static int
frame_begin(struct wire *w, struct wire *undo, enum chanmsg_type type)
{
	*undo = *w;
	if (wire_put_u32(w, 0) == -1 || wire_put_u8(w, 0) == -1 ||
	    wire_put_u8(w, (uint8_t)type) == -1) {
		*w = *undo;
		return -1;
	}
	return 0;
}

static int
frame_end(struct wire *w, const struct wire *undo, int bad)
{
	if (bad) {
		*w = *undo;
		return -1;
	}
	wire_poke_u32(w->data + undo->len, (uint32_t)(w->len - undo->len - 4));
	return 0;
}

int
chanmsg_open(struct wire *w, uint32_t sender, uint32_t window, uint32_t max_packet,
    const char *host, uint16_t port)
{
	struct wire undo;

	if (frame_begin(w, &undo, CHANMSG_OPEN) == -1)
		return -1;
	return frame_end(w, &undo, wire_put_string(w, "direct-tcpip") == -1 ||
	    wire_put_u32(w, sender) == -1 || wire_put_u32(w, window) == -1 ||
	    wire_put_u32(w, max_packet) == -1 || wire_put_string(w, host) == -1 ||
	    wire_put_u32(w, port) == -1 || wire_put_string(w, "127.0.0.1") == -1 ||
	    wire_put_u32(w, 0) == -1);
}

int
chanmsg_open_refused(struct wire *w, uint32_t channel)
{
	struct wire undo;

	if (frame_begin(w, &undo, CHANMSG_OPEN_FAILURE) == -1)
		return -1;
	return frame_end(w, &undo, wire_put_u32(w, channel) == -1 ||
	    wire_put_u32(w, OPEN_PROHIBITED) == -1 || wire_put_string(w, "open failed") == -1 ||
	    wire_put_string(w, "") == -1);
}

int
chanmsg_adjust(struct wire *w, uint32_t channel, uint32_t bytes)
{
	struct wire undo;

	if (frame_begin(w, &undo, CHANMSG_WINDOW_ADJUST) == -1)
		return -1;
	return frame_end(w, &undo, wire_put_u32(w, channel) == -1 || wire_put_u32(w, bytes) == -1);
}

int
chanmsg_plain(struct wire *w, enum chanmsg_type type, uint32_t channel)
{
	struct wire undo;

	if (frame_begin(w, &undo, type) == -1)
		return -1;
	return frame_end(w, &undo, wire_put_u32(w, channel) == -1);
}

int
chanmsg_request_failure(struct wire *w)
{
	struct wire undo;

	if (frame_begin(w, &undo, CHANMSG_REQUEST_FAILURE) == -1)
		return -1;
	return frame_end(w, &undo, 0);
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
