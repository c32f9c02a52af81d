/* One connection to an OpenSSH ControlMaster (PROTOCOL.mux, version 4).
 *
 * Requests are sent at once and answered through the callback, in any number at
 * a time. The master answers in order, and stops reading this connection while a
 * remote forward or a stdio forward waits for sshd: whoever needs quick answers
 * meanwhile opens a second connection. The socket is CLOEXEC and non-blocking. */
#ifndef MUX_H
#define MUX_H

#include <stdint.h>

#include "mux/forward.h"

struct loop;
struct mux;

#ifndef MUX_TIMEOUT_MS
#define MUX_TIMEOUT_MS 15000 /* for every single answer, hello included */
#endif

/* id 0: not an answer; the connection is over (status FORWARD_DEAD, FORWARD_TIMEOUT or
 * FORWARD_BROKEN) and only mux_free() may be called on it. Requests that were under
 * way have been answered with the same status before (a terminate request with
 * FORWARD_OK when the master hung up). The callback may free the mux. */
typedef void mux_fn(void *arg, const struct forward_result *);

/* Connect and queue the hello. NULL with errno when nobody listens there
 * (ENOENT, ECONNREFUSED), the path is too long (ENAMETOOLONG), ... Never waits: a master whose
 * backlog is full is tried again from the loop, a minute long. */
struct mux *mux_new(struct loop *, const char *path, mux_fn *, void *arg);
void mux_free(struct mux *); /* NULL is harmless; answers nothing any more */
/* As mux_free(), but wait first, at most ms for each answer, until all that was asked is done:
 * a master that cannot deliver an answer drops the requests behind it unread. */
void mux_finish(struct mux *, unsigned ms);
uint32_t mux_version(const struct mux *); /* the master's, 0 = its hello is not here yet */

/* Each returns the id that its answer will carry, 0 with errno when it cannot be sent. */
uint32_t mux_alive(struct mux *); /* the answer carries the pid */
uint32_t mux_open_forward(struct mux *, const struct forward *);
uint32_t mux_close_forward(struct mux *, const struct forward *);
uint32_t mux_terminate(struct mux *);
/* Hand the master a descriptor to read from and one to write to; they become a
 * channel to host:port. Only one for each connection; the master closes the
 * connection when the channel ends. Both descriptors stay the caller's to close. */
uint32_t mux_stdio_forward(struct mux *, const char *host, uint16_t port, int in, int out);

#endif
