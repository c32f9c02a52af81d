/* A connection as two descriptors: one to read from, one to write to; the same number for
 * a socket. Closed ones are -1. */
#ifndef CONN_H
#define CONN_H

#include <stdbool.h>
#include <stdint.h>

struct conn {
	int rfd, wfd;
};

#define CONN_NONE ((struct conn){ -1, -1 })

void conn_close(struct conn *);
/* Tell the peer that no more comes (FIN); reading goes on. */
void conn_end_write(struct conn *);
/* From now on a TCP peer gets a reset from every close without conn_end_write(), that of a
 * process that was killed too. */
void conn_break_on_close(const struct conn *);
/* After an end of file: did the peer make it by shutdown(2) and live on? ssh does at the end of
 * a channel, and a process that dies closes all at once. false also where it cannot be said. */
bool conn_half_closed(const struct conn *);
/* All that was ever written to a TCP socket, by whichever process; false: it cannot be said. */
bool conn_written(const struct conn *, uint64_t *bytes);
/* Written bytes that the peer's kernel (ssh: the master) has not taken yet; 0 = unknown. */
int conn_unsent(const struct conn *);

#endif
