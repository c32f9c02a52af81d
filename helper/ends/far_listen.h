/* Listening through ssh: sshd listens (-R 127.0.0.1:0:path) and ssh connects to a unix socket of
 * ours. Cancelled as soon as the connection is there, for sshd keeps a descriptor for each. */
#ifndef FAR_LISTEN_H
#define FAR_LISTEN_H

#include "ends/far_master.h"

/* bind, by_name: as in far.h. NULL: no memory */
struct far_listen *far_listen_new(struct far_master *, const char *bind, bool by_name);
void far_listen_free(struct far_listen *); /* waits until the master has been told */

bool far_listen_begin(struct far_listen *, unsigned channel, uint8_t family);
void far_listen_cancel(struct far_listen *, unsigned channel);
unsigned far_listen_count(const struct far_listen *);

#endif
