/* A session as bytes, for the fuzzer: two bytes of configuration, then steps.
 *
 *	0sllllll bytes   side s says l + 1 bytes
 *	10fekkkk ccnnnnnn  event k at end e of the nth channel; f: STEP_MOVED, c: the client's state
 *	11..sooo         STEP_OTHER: its end, ...
 *
 * The unit tests write down here what they play (seeds.py), the fuzzer plays it. */
#ifndef STEPS_H
#define STEPS_H

#include <string.h>

#include "session/session.h"

#define STEP_PIECE 64
#define STEP_SIDE 0x40
#define STEP_EVENT 0x80
#define STEP_OTHER 0xc0
#define STEP_OF_SERVER 0x10 /* an event, or something else */
#define STEP_MOVED 0x20     /* bytes have moved since the last event */
#define STEPS_BYTES 2048 /* of one record */

/* STEP_AGAIN: what it said last, very often; STEP_ANY: some event that is possible. */
enum step_other { STEP_ENDS, STEP_UNREAD, STEP_FAILS, STEP_AGAIN, STEP_ANY };

static const struct ftp_address steps_six[] = { { 6, { 0xfd, [15] = 2 }, 0 },
	{ 6, { 0xfd, [15] = 3 }, 0 } }, steps_peer6 = { 6, { 0xfd, [15] = 1 }, 0 };

/* config is the usual one already. */
static inline void
steps_configure(struct session_config *config, const uint8_t how[2])
{
	static const uint8_t families[] = { 4, 6, 0, 4 }; /* the last also: it is not known who may dial */

	config->mode = (enum server_mode)(how[0] & 3);
	config->tls_pass = how[0] & 4;
	config->active_possible = !(how[0] & 8);
	config->far[SERVER] = !(how[0] & 16);
	config->far[CLIENT] = how[0] & 128;
	for (int side = CLIENT; side <= SERVER; side++) {
		if (how[0] & 32 << side)
			config->listen4[side].family = 0;
		if (how[1] & 1 << side)
			config->listen6[side] = steps_six[side];
		config->family[side] = families[how[1] >> (2 + 2 * side) & 3];
	}
	config->dials = (how[1] >> 4 & 3) != 3;
	if (how[1] & 64)
		config->client_peer = steps_peer6;
	if (how[1] & 128)
		config->client_peer.family = 0;
}

struct steps {
	uint8_t bytes[STEPS_BYTES + STEP_PIECE + 1];
	size_t len;
};

/* The other way round. */
static inline void
steps_begin(struct steps *steps, const struct session_config *c)
{
	static const uint8_t numbers[] = { [0] = 2, [4] = 0, [6] = 1 };

	steps->bytes[0] = (uint8_t)(c->mode | c->tls_pass << 2 | !c->active_possible << 3 |
	    !c->far[SERVER] << 4 | c->far[CLIENT] << 7);
	for (int side = CLIENT; side <= SERVER; side++) {
		steps->bytes[0] |= (uint8_t)((c->listen4[side].family == 0) << (5 + side));
		steps->bytes[1] |= (uint8_t)((c->listen6[side].family != 0) << side |
		    numbers[c->family[side]] << (2 + 2 * side));
	}
	if (!c->dials && c->family[SERVER] == 4)
		steps->bytes[1] |= 3 << 4;
	steps->bytes[1] |= (uint8_t)((c->client_peer.family == 6) << 6 |
	    (c->client_peer.family == 0) << 7);
	steps->len = 2;
}

static inline void
steps_byte(struct steps *steps, int byte)
{
	steps->bytes[steps->len++] = (uint8_t)byte;
}

static inline bool
steps_full(const struct steps *steps)
{
	return steps == NULL || steps->len >= STEPS_BYTES;
}

static inline void
steps_said(struct steps *steps, enum side side, const uint8_t *data, size_t len)
{
	while (!steps_full(steps) && len > 0) {
		size_t n = len < STEP_PIECE ? len : STEP_PIECE;

		steps_byte(steps, (side == SERVER ? STEP_SIDE : 0) | (int)(n - 1));
		memcpy(steps->bytes + steps->len, data, n);
		steps->len += n;
		data += n;
		len -= n;
	}
}

static inline void
steps_event(struct steps *steps, const struct event *e, int nth)
{
	if (steps_full(steps))
		return;
	steps_byte(steps, STEP_EVENT | (int)e->kind | (e->end == SERVER ? STEP_OF_SERVER : 0) |
	    (e->kind == EV_EOF ? STEP_MOVED : 0));
	steps_byte(steps, (int)e->client << 6 | (nth & 63));
}

static inline void
steps_other(struct steps *steps, enum step_other what, enum side side)
{
	if (!steps_full(steps))
		steps_byte(steps, STEP_OTHER | (int)what | (side == SERVER ? STEP_OF_SERVER : 0));
}

#endif
