/* The messages of OpenSSH's multiplexing protocol, version 4 (PROTOCOL.mux), as far as they are needed
 * here. Pure. The encoders append whole packets, u32 length and that many bytes. They return 0, or -1
 * when there is no room (nothing is appended then). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"

#define MUX_VERSION 4
#define MUX_PACKET_MAX 65536 /* without the length; OpenSSH's own stay below 4 KiB */

enum mux_type {
	MUX_MSG_HELLO = 0x00000001,
	MUX_C_ALIVE_CHECK = 0x10000004,
	MUX_C_TERMINATE = 0x10000005,
	MUX_C_OPEN_FWD = 0x10000006,
	MUX_C_CLOSE_FWD = 0x10000007,
	MUX_C_NEW_STDIO_FWD = 0x10000008,
	MUX_C_PROXY = 0x1000000f
};

/* On the wire they have the highest bit, but for a hello. */
enum mux_answer {
	MUX_S_HELLO, MUX_S_OK, MUX_S_DENIED, MUX_S_FAILURE, MUX_S_ALIVE = 5, MUX_S_SESSION_OPENED,
	MUX_S_REMOTE_PORT, MUX_S_PROXY = 0xf
};

#define FORWARD_PATH_MAX 104 /* with the NUL; below sun_path everywhere */
#define FORWARD_HOST_MAX 256

enum forward_kind {
	FORWARD_LOCAL, /* ssh listens on path, the far side connects to host:port */
	FORWARD_REMOTE /* the far side listens on host:port (0 = any), ssh connects to path */
};

struct forward {
	enum forward_kind kind;
	uint16_t port;
	char host[FORWARD_HOST_MAX]; /* remote: "localhost"; "" means every address */
	char path[FORWARD_PATH_MAX]; /* a unix socket on this machine */
};

struct mux_reply {
	enum mux_answer answer;
	uint32_t id;     /* of the request; 0 for a hello */
	uint32_t value;  /* hello: version, alive: pid, remote port, session */
	char reason[128]; /* denied, failure: printable text */
};

/* f: what to open or to close; of a stdio forward host and port; else NULL. */
int muxmsg_request(struct wire *, enum mux_type, uint32_t id, const struct forward *f);
#define muxmsg_hello(w) muxmsg_request((w), MUX_MSG_HELLO, MUX_VERSION, NULL)

/* Decode a packet without its length. -1: malformed, or not an answer that is known. */
int muxmsg_decode(struct mux_reply *, const uint8_t *packet, size_t len);
