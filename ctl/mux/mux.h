/* One connection to an OpenSSH ControlMaster (PROTOCOL.mux, version 4).
 *
 * Requests are sent at once and answered through the callback, in any number at a time. The master
 * answers in order, and stops reading this connection while a remote forward or a stdio forward waits for
 * sshd: whoever needs quick answers meanwhile opens a second connection. CLOEXEC and non-blocking. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "mux/muxmsg.h"

struct loop;
struct mux;

#ifndef MUX_TIMEOUT_MS
#define MUX_TIMEOUT_MS 15000 /* for every single answer, hello included */
#endif

enum forward_status {
	FORWARD_OK,
	FORWARD_REFUSED, /* the master or sshd said no; reason tells */
	FORWARD_DEAD, FORWARD_TIMEOUT, /* the master is gone; does not answer */
	FORWARD_BROKEN   /* the master answered nonsense */
};

extern const char mux_gone[]; /* the reason where none is known */
struct forward_result {
	uint32_t id;
	enum forward_status status;
	uint16_t port; /* remote forward with port 0: the one that sshd chose */
	pid_t pid;     /* check: the master's process, 0 if unknown */
	char reason[128];
};

/* id 0: the connection is over (FORWARD_DEAD, FORWARD_TIMEOUT or FORWARD_BROKEN), and only mux_free()
 * may be called on it. Requests under way have been answered with the same status before (terminate
 * with FORWARD_OK when the master hung up). The callback may free the mux. */
typedef void mux_fn(void *arg, const struct forward_result *);

/* NULL with errno when nobody listens there (ENOENT, ECONNREFUSED), the path is too long
 * (ENAMETOOLONG), ... Never waits: a master whose backlog is full is tried again for a minute. */
struct mux *mux_new(struct loop *, const char *path, mux_fn *, void *arg);
void mux_free(struct mux *); /* NULL is harmless; answers nothing any more */
/* As mux_free(), but wait first, at most ms for each answer, until all that was asked is done:
 * a master that cannot deliver an answer drops the requests behind it unread. */
void mux_finish(struct mux *, unsigned ms);

/* Each returns the id that its answer will carry, 0 with errno when it cannot be sent. */
uint32_t mux_ask(struct mux *, enum mux_type, const struct forward *);
#define mux_alive(m) mux_ask((m), MUX_C_ALIVE_CHECK, NULL) /* the answer carries the pid */
#define mux_open_forward(m, f) mux_ask((m), MUX_C_OPEN_FWD, (f))
#define mux_close_forward(m, f) mux_ask((m), MUX_C_CLOSE_FWD, (f))
#define mux_terminate(m) mux_ask((m), MUX_C_TERMINATE, NULL)
/* A channel to host:port of f (`ssh -W`): the master reads from the socket fd, which stays the caller's
 * to close, and writes to it. Only one for each connection, which the master closes with it. */
uint32_t mux_stdio_forward(struct mux *, const struct forward *f, int fd);
