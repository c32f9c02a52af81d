/* Read on a proxy connection (proxy.h) until the opens on it are answered, for one who knows
 * nothing but how many there are and where in the stream of frames it begins. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DRAIN_FOR_EVER UINT32_MAX /* it is not known how many: until the master ends */

struct drain {
	uint32_t unanswered;
	uint32_t have; /* of head: the frame's length, a 0, its type */
	uint32_t left; /* of the frame, behind head */
	uint8_t head[6];
};

/* partial: what has come of a frame that is not whole. */
void drain_begin(struct drain *, uint32_t unanswered, const uint8_t *partial, size_t len);
/* Pure: true when all are answered with yes. A refusal makes it go on for ever (below),
 * and so does what cannot be a frame. */
bool drain_push(struct drain *, const uint8_t *data, size_t len);

/* Read what is there; true when it is done: all answered, or the connection has ended. */
bool drain_read(struct drain *, int fd);
/* All is answered: tell the master that the connection ends. It is read on until the master has
 * closed it; one that finds it closed while it has something to say forgets the client but not the
 * client's channels, and dies (SIGSEGV) of the next message for one of them. */
void drain_end(int fd);
/* Do it all, and the end, in a process of its own, which first sends what is left to be sent. fd stays the
 * caller's to close. Where no process can be had it is done at once. rundir: the master is ours
 * (rundir_of()), and ends when nobody needs it; else NULL. */
void drain_behind(struct drain *, int fd, const uint8_t *out, size_t len, const char *rundir);
/* A process that keeps it open until the master ends, or for so long (ms; -1: no bound), and leaves the
 * reading to others. */
void drain_hold_behind(int fd, const char *rundir, int ms);

/* What another process must know of a proxy connection whose owner was killed: it lies in a file that both
 * have, and is right at every moment, or says that it is not.
 *
 * Why: a master ends with the message "no remote_id" when a proxy connection is closed on which
 * an open is not answered, or was ever refused (it keeps the refused channel, and has no number
 * of sshd's to close it with). So the one must be read until it is answered, the other must stay
 * open as long as the master is wanted. */
struct proxy_trace {
	uint32_t version; /* PROXY_TRACE_VERSION */
	uint32_t flux;    /* something that matters is under way: nothing here is to be believed */
	uint32_t refused; /* opens */
	uint32_t stays;   /* an open was refused, ever, perhaps before it was taken over */
	uint32_t channels; /* that are not closed from both sides, but for proxy_no_file() */
	uint32_t rest;    /* nothing is under way: it can be taken over (proxy_adopt()) */
	struct drain drain; /* how to read on */
};

#define PROXY_TRACE_VERSION 1

int proxy_trace_new(struct proxy_trace **);  /* the file (the caller's), and its mapping; -1 */
void proxy_trace_free(struct proxy_trace *); /* NULL is harmless */
/* As it is now; false: it is no trace, or in flux. fd is another's file and not to be trusted. */
bool proxy_trace_read(struct proxy_trace *, int fd);
