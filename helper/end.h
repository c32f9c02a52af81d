/* An end of an FTP session: near (plain TCP from this machine) or far (through ssh). It
 * listens and it dials; a data channel is one verb on each of two ends (DESIGN: the table).
 *
 * Ends live in the broker. Every call is answered later through the callback, never from
 * inside; channel tells which. One listener and one dial for each channel at a time.
 *
 * A near end may have a spare listener ready, whose port is known before it is needed. */
#ifndef END_H
#define END_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "forward.h"

struct loop;
struct end;

enum end_event {
	END_LISTENING, /* port */
	END_CONNECTED, /* rfd and wfd, now the receiver's; the same number for a socket */
	END_FAILED,    /* reason */
	END_VISITOR,   /* somebody is at the spare listener; channel 0 */
	END_GONE       /* the ControlMaster is no more; channel 0 */
};

struct end_result {
	enum end_event event;
	unsigned channel;
	uint16_t port;
	int rfd, wfd;
	const char *reason;
	bool direct; /* CONNECTED: ssh writes to the other end by itself; rfd only ends */
	bool costly; /* LISTENING: the master has had many forwards, each makes it slower */
};

typedef void end_fn(void *arg, const struct end_result *);

struct end_ops {
	/* A dial of this is to follow: do what can be done before. No answer comes. */
	void (*prepare)(struct end *, unsigned channel, const char *host, uint16_t port);
	/* to: the other end's socket, which ssh may write to by itself; -1 = none. It stays the
	 * caller's, and may be closed when the call returns. */
	void (*dial)(struct end *, unsigned channel, const char *host, uint16_t port, int to);
	void (*listen)(struct end *, unsigned channel, uint8_t family); /* 4, 6, 0 = its own */
	/* Forget what has not connected yet: no answer comes. Returns how many it were. Also ends
	 * what is direct. */
	unsigned (*cancel)(struct end *, unsigned channel);
	void (*free)(struct end *);
};

struct end {
	const struct end_ops *ops;
	struct loop *loop;
	end_fn *fn;
	void *arg;
};

/* For the implementations: call back. */
void end_listening(struct end *, unsigned channel, uint16_t port, bool costly);
void end_connected(struct end *, unsigned channel, int rfd, int wfd, bool direct);
void end_failed(struct end *, unsigned channel, const char *reason);
void end_visitor(struct end *);
void end_gone(struct end *, const char *reason);

#ifndef LISTEN_DEADLINE_MS /* a test cannot wait for it */
#define LISTEN_DEADLINE_MS 300000 /* nobody came: the listener is closed, END_FAILED */
#endif
#define DIAL_TIMEOUT_MS 60000

struct near_config {
	/* Where to listen (the port does not count), and who may come: that address only. */
	struct sockaddr_storage local, peer;
	uint16_t port_lo, port_hi; /* FtpDataPorts; 0 = any */
	bool check_owner;          /* on loopback: only owner's, our own and root's sockets */
	uid_t owner;
};

/* Where a near end's control connection is not made yet, local and peer may have family
 * AF_UNSPEC; near_learn() sets them. */
struct end *near_new(struct loop *, const struct near_config *, end_fn *, void *arg);
void near_learn(struct end *, const struct sockaddr *local, const struct sockaddr *peer);

/* Make a listener ready: its port, 0 = there is one already, or there is to be none. Who comes
 * to it is told as END_VISITOR, until near_listen_spare() gives it a channel (false: no spare
 * with that port; END_LISTENING does not come for it). near_refuse() drops one visitor. */
uint16_t near_spare(struct end *, uint8_t family);
bool near_listen_spare(struct end *, unsigned channel, uint16_t port);
void near_refuse(struct end *);
void near_drop_spare(struct end *);

struct far_config {
	enum forward_method method;
	const char *ctl_path, *destination; /* must outlive the end */
	const char *bind;                   /* remote listeners' address; NULL: loopback */
	atomic_uint *forwards; /* asked of this master so far, by all its users; may be NULL */
	bool by_name; /* may listen on "localhost": for sshd's PermitListen, with a risk (far.c) */
};

/* NULL with errno when no master answers. */
struct end *far_new(struct loop *, const struct far_config *, end_fn *, void *arg);
/* Is the master alive? Asked when a channel has ended; the answer comes through done. */
void far_check(struct end *, unsigned channel, void (*done)(void *arg, bool alive), void *arg);

#endif
