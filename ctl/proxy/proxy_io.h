/* What goes out on a proxy connection and what comes, and its trace. */
#pragma once

#include "base/wire.h"
#include "proxy/chanmsg.h"

struct proxy;

uint64_t proxy_queued(const struct proxy *); /* all that was ever put into out */
uint8_t *proxy_reserve(struct proxy *, size_t n); /* behind out; NULL: no memory; it has failed */
/* Where the next message goes; proxy_put() when it is written. false: no memory; it has failed. */
bool proxy_wire(struct proxy *, struct wire *, size_t n);
void proxy_put(struct proxy *, const struct wire *);
void proxy_put_numbers(struct proxy *, enum chanmsg_type, const uint32_t *, size_t count);
void proxy_arm(struct proxy *);
void proxy_flush(struct proxy *);
void proxy_receive(struct proxy *);
