/* The messages of the ssh connection protocol (RFC 4254, sections 4 to 7) that a channel of our
 * own needs, in the frames in which a ControlMaster passes them on (MUX_C_PROXY): u32 length,
 * u8 0, u8 type, what belongs to the type. Pure.
 *
 * The encoders append whole frames and return 0, or -1 when there is no room (nothing is
 * appended then). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"

#define CHANMSG_FRAME_MAX   (256 * 1024) /* without the length: no packet of OpenSSH is longer */
#define CHANMSG_DATA_HEADER 14           /* what stands before the bytes of a DATA frame */
#define CHANMSG_PROHIBITED  1            /* why an open is refused */

enum chanmsg_type {
	CHANMSG_IGNORE = 2, CHANMSG_UNIMPLEMENTED, CHANMSG_DEBUG,
	CHANMSG_GLOBAL_REQUEST = 80, CHANMSG_REQUEST_SUCCESS, CHANMSG_REQUEST_FAILURE,
	CHANMSG_OPEN = 90, CHANMSG_OPEN_CONFIRMATION, CHANMSG_OPEN_FAILURE, CHANMSG_WINDOW_ADJUST,
	CHANMSG_DATA, CHANMSG_EXTENDED_DATA, CHANMSG_EOF, CHANMSG_CLOSE, CHANMSG_REQUEST,
	CHANMSG_SUCCESS, CHANMSG_FAILURE
};

struct chanmsg {
	enum chanmsg_type type;
	uint32_t channel;    /* whom it is for; OPEN: the sender's own number */
	uint32_t sender;     /* confirmation: the number to answer to */
	uint32_t window;     /* confirmation, adjust */
	uint32_t max_packet; /* confirmation */
	bool want_reply;     /* (global) request */
	const uint8_t *data; /* (extended) data: they lie in the frame */
	size_t len;
	bool forbidden;      /* failure: by sshd's configuration */
	char reason[128];    /* ... printable, as ssh(1) words it */
};

/* Decode a frame without its length. -1: malformed, or a type that has no business here. */
int chanmsg_decode(struct chanmsg *, const uint8_t *frame, size_t len);

/* Open a direct-tcpip channel to host:port. */
int chanmsg_open(struct wire *, uint32_t sender, uint32_t window, uint32_t max_packet,
    const char *host, uint16_t port);
/* One that is nothing but numbers (a text that is empty is a 0): EOF, CLOSE, WINDOW_ADJUST, a failure. */
int chanmsg_numbers(struct wire *, enum chanmsg_type, const uint32_t *, size_t count);
/* The header of a DATA frame whose len bytes stand behind it already. */
void chanmsg_data(uint8_t header[CHANMSG_DATA_HEADER], uint32_t channel, uint32_t len);
