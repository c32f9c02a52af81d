/* Open and cancel forwards in a ControlMaster, by the requests that `ssh -O forward` sends.
 *
 * A forwarder belongs to one process and one master. Local and remote forwards are asked for on
 * connections of their own: a remote one that waits for sshd holds up nothing else. */
#ifndef FORWARD_H
#define FORWARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;
struct forwarder;

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

enum forward_status {
	FORWARD_OK,
	FORWARD_REFUSED, /* the master or sshd said no; reason tells */
	FORWARD_DEAD,    /* the master is gone */
	FORWARD_TIMEOUT, /* the master does not answer */
	FORWARD_BROKEN   /* the master answered nonsense */
};

struct forward_result {
	uint32_t id;
	enum forward_status status;
	uint16_t port; /* remote forward with port 0: the one that sshd chose */
	pid_t pid;     /* check: the master's process, 0 if unknown */
	char reason[128];
};

/* How data connections are dialled: a forward for each, or channels of a proxy connection. */
enum forward_method { METHOD_AUTO, METHOD_PROXY, METHOD_MUX };

/* id 0 means that the master is gone; the forwarder answers nothing after it. */
typedef void forward_fn(void *arg, const struct forward_result *);

/* NULL with errno as mux_new(). */
struct forwarder *forwarder_new(struct loop *, const char *ctl_path, forward_fn *, void *arg);
/* NULL is harmless. Waits for cancels under way, up to 2 s for each, and cancels remote forwards that
 * are just being opened; ends the channels of forward_stdio(). */
void forwarder_free(struct forwarder *);

/* Each returns the id of the answer to come, 0 with errno when it cannot be asked. The
 * answer never comes from inside the call. */
uint32_t forward_open(struct forwarder *, const struct forward *);
uint32_t forward_cancel(struct forwarder *, const struct forward *);
uint32_t forward_check(struct forwarder *); /* is the master alive? Not held up by a remote open */
/* Dial host:port, as `ssh -W` does; *rfd and *wfd (the caller's) carry the channel at once, and the
 * answer tells later whether the far side could connect. Both are CLOEXEC, non-blocking. */
uint32_t forward_stdio(struct forwarder *, const char *host, uint16_t port, int *rfd, int *wfd);

#endif
