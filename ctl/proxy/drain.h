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
/* Pure: true when all are answered with yes. A refusal makes it go on for ever (proxy_trace.h),
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
