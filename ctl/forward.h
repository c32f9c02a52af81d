/* Open and cancel forwards in a ControlMaster, whichever way it is asked.
 *
 * A forwarder belongs to one process and one master. Its methods: mux (the
 * requests that `ssh -O forward` sends, over connections of our own), exec (run
 * `ssh -O forward` itself) and, for dialling only, stdio (MUX_C_NEW_STDIO_FWD).
 * Local and remote forwards are asked for on connections of their own: a remote one
 * that waits for sshd holds up nothing else. */
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
	FORWARD_BROKEN   /* the master answered nonsense, or ssh could not be run */
};

struct forward_result {
	uint32_t id;
	enum forward_status status;
	uint16_t port; /* remote forward with port 0: the one that sshd chose */
	pid_t pid;     /* check: the master's process, 0 if unknown */
	char reason[128];
};

enum forward_method { METHOD_AUTO, METHOD_PROXY, METHOD_MUX, METHOD_EXEC, METHOD_STDIO };

/* id 0 means that the master is gone; the forwarder answers nothing after it. */
typedef void forward_fn(void *arg, const struct forward_result *);

/* destination is what the exec method names on ssh's command line. METHOD_AUTO and
 * METHOD_STDIO count as METHOD_MUX here, except that AUTO falls back to exec when
 * the master speaks another mux version. NULL with errno as mux_new(). */
struct forwarder *forwarder_new(struct loop *, enum forward_method, const char *ctl_path,
    const char *destination, forward_fn *, void *arg);
/* NULL is harmless. Waits for cancels under way, up to 2 s for each, and cancels remote forwards that
 * are just being opened; ends the channels of forward_stdio(). */
void forwarder_free(struct forwarder *);

/* Hold requests back (mux) until they are let go all at once. */
void forward_hold(struct forwarder *, bool hold);

/* Leave answers unread (mux), though not for long: nobody is woken by them. */
void forward_quiet(struct forwarder *, bool quiet);

/* Each returns the id of the answer to come, 0 with errno when it cannot be asked. The
 * answer never comes from inside the call. */
uint32_t forward_open(struct forwarder *, const struct forward *);
uint32_t forward_cancel(struct forwarder *, const struct forward *);
uint32_t forward_check(struct forwarder *); /* is the master alive? Not held up by a remote open */
/* Dial host:port; *rfd and *wfd (the caller's) carry the channel at once, and the answer
 * tells later (tens of milliseconds, if nothing is dialled meanwhile) whether the far side could
 * connect. A refused one also gives EOF. Both are CLOEXEC, non-blocking; shutdown() works on
 * wfd. After the far side's EOF ssh passes nothing on any more ("FORCE input drain").
 *
 * With an out other than -1 ssh itself writes what comes to that descriptor (it gets a
 * duplicate, and closes that in the end, without a shutdown()); all that is ever to be read from
 * *rfd is the end of file, once everything is written or the channel is no more.
 * Not with METHOD_EXEC. */
uint32_t forward_stdio(struct forwarder *, const char *host, uint16_t port, int out, int *rfd,
    int *wfd);
/* The next forward_stdio() will find a connection to the master ready, if it comes soon. */
void forward_stdio_prepare(struct forwarder *);
/* End the channel that had this id; ssh closes what it has of it. */
void forward_stdio_end(struct forwarder *, uint32_t id);

#endif
