#include "mux/muxmsg.h"

#include <string.h>

#define FWD_LOCAL 1
#define FWD_REMOTE 2
#define PORT_STREAMLOCAL 0xfffffffeU /* -2: the address is a socket's path */
#define IS_ANSWER 0x80000000U

static void
put_forward(struct wire *w, const struct forward *f)
{
	/* In the message "" means ssh's default address and "*" every one. */
	const char *host = f->host[0] == '\0' && f->kind == FORWARD_REMOTE ? "*" : f->host;
	bool local = f->kind == FORWARD_LOCAL;

	wire_put_u32(w, local ? FWD_LOCAL : FWD_REMOTE);
	wire_put_string(w, local ? f->path : host);
	wire_put_u32(w, local ? PORT_STREAMLOCAL : f->port);
	wire_put_string(w, local ? host : f->path);
	wire_put_u32(w, local ? f->port : PORT_STREAMLOCAL);
}

/* The port is a u32, whatever PROTOCOL.mux says: mux.c reads one. */
static void
put_dial(struct wire *w, const struct forward *f)
{
	wire_put_string(w, "");
	wire_put_string(w, f->host);
	wire_put_u32(w, f->port);
}

int
muxmsg_request(struct wire *w, enum mux_type type, uint32_t id, const struct forward *f)
{
	size_t packet = wire_begin(w);

	wire_put_u32(w, type);
	wire_put_u32(w, id);
	if (f != NULL)
		(type == MUX_C_NEW_STDIO_FWD ? put_dial : put_forward)(w, f);
	return wire_end(w, packet);
}

/* Extensions are pairs of name and value; none of them concerns us, but they must
 * be well formed (OpenSSH 10 sends "info"). */
static int
get_hello(struct wire *w, struct mux_reply *r)
{
	const uint8_t *text;
	size_t len;

	r->answer = MUX_S_HELLO;
	wire_get_u32(w, &r->value);
	/* what follows is another version's business */
	while (r->value == MUX_VERSION && wire_left(w) > 0 && !w->bad) {
		wire_get_bytes(w, &text, &len);
		wire_get_bytes(w, &text, &len);
	}
	return w->bad ? -1 : 0;
}

int
muxmsg_decode(struct mux_reply *r, const uint8_t *packet, size_t len)
{
	struct wire w;
	uint32_t type;

	memset(r, 0, sizeof(*r));
	wire_read_from(&w, packet, len);
	if (wire_get_u32(&w, &type) == -1)
		return -1;
	if (type == MUX_MSG_HELLO)
		return get_hello(&w, r);
	r->answer = (enum mux_answer)(type ^ IS_ANSWER);
	wire_get_u32(&w, &r->id);
	switch (r->answer) {
	case MUX_S_DENIED:
	case MUX_S_FAILURE:
		wire_get_text(&w, r->reason, sizeof(r->reason));
		break;
	case MUX_S_ALIVE:
	case MUX_S_SESSION_OPENED:
	case MUX_S_REMOTE_PORT:
		wire_get_u32(&w, &r->value);
		break;
	case MUX_S_OK:
	case MUX_S_PROXY:
		break;
	default:
		return -1;
	}
	return w.bad ? -1 : 0;
}
