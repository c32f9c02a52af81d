/* Simulated TCP, plain and through ssh: ordered bytes, windows, end of file, reset, refusal.
 *
 * Plain connections of one path arrive in the order in which they were sent, all of them
 * together, as packets between two hosts do. A connection through ssh has a path of its own: no
 * order between two. Its end on our side (.ours) sees a reset by the peer as an end of file, has
 * no reset to send, and learns only after having written that nobody takes it (.gone). */
#ifndef NET_H
#define NET_H

#include "world.h"

enum host { HOST_CLIENT = 1, HOST_SERVER = 2, HOST_OURS = 4 };
enum owner { OWNER_PEER, OWNER_ANOTHER, OWNER_ELSEWHERE /* on another machine */ };

struct path {
	unsigned lo, hi; /* delay of a segment, us */
	uint64_t last[2];
	bool ssh;
};

struct buffer {
	uint8_t *data;
	size_t at, len, size;
};

void buffer_add(struct buffer *, const void *, size_t len);
size_t buffer_held(const struct buffer *);

struct sock {
	struct sock *peer;
	struct path *path;
	int direction;
	bool ours;
	enum owner owner;
	unsigned *aside; /* NULL, or a count: it was put aside, for its owner could not be told */
	bool connected, refused; /* of who has dialled */
	bool fin_in, rst_in, gone;
	bool fin_asked, fin_out, closed, dead; /* dead: reset sent or received */
	struct buffer send, received;
	size_t in_flight, window;
	uint64_t arrived; /* all that has come */
	world_fn *wake;   /* something has changed */
	void *arg;
	bool waking;
};

struct listener {
	uint16_t port;
	unsigned reach;    /* the hosts that can dial it */
	struct path *path; /* NULL: each connection gets one through ssh */
	struct sock *waiting[16];
	unsigned count;
	bool closed;
	world_fn *wake;
	void *arg;
};

struct net_delays {
	struct path shared; /* plain: between client and server, or between one of them and us */
	bool direct;
	unsigned ssh_lo, ssh_hi; /* of each connection through ssh */
	size_t window, ssh_window, buffer;
	unsigned split; /* percent: a write becomes several segments */
};
extern struct net_delays net;

void net_begin(void); /* after world_begin() */
struct listener *net_listen(unsigned reach, bool far, world_fn *, void *arg);
uint16_t net_dead_port(void);           /* nobody listens there */
void listener_close(struct listener *); /* NULL harmless; who waits is reset */
struct sock *listener_accept(struct listener *, world_fn *, void *arg); /* NULL: nobody */

/* The answer comes as .connected or .refused. */
struct sock *net_dial(enum host from, uint16_t port, bool through_ssh, world_fn *, void *arg);

size_t sock_room(const struct sock *);
size_t sock_write(struct sock *, const void *, size_t len); /* how much was taken */
size_t sock_unsent(const struct sock *);                    /* not yet at the peer's host */
size_t sock_read(struct sock *, void *, size_t size);       /* 0: nothing now */
bool sock_ended(const struct sock *); /* all was read, and there is an end: fin_in or rst_in */
void sock_fin(struct sock *);         /* end of file, behind what was written */
void sock_close(struct sock *);       /* NULL harmless; unread input makes it a reset */
void sock_reset(struct sock *);       /* through ssh from our side: an end of file */
void net_cut(void);                   /* ssh dies */

#endif
