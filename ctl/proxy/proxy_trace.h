/* What another process must know of a proxy connection whose owner was killed: it lies in a file
 * that both have, and is right at every moment, or says that it is not.
 *
 * Why: a master ends with the message "no remote_id" when a proxy connection is closed on which
 * an open is not answered, or was ever refused (it keeps the refused channel, and has no number
 * of sshd's to close it with). So the one must be read until it is answered, the other must stay
 * open as long as the master is wanted. */
#pragma once

#include "proxy/drain.h"

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
