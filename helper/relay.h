/* One direction of a data channel: bytes from one descriptor to another.
 *
 * The buffer exists only while there is something to relay. */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RELAY_BUFFER (256 * 1024)

struct relay {
	char *buf;
	size_t start, len;
	uint64_t bytes; /* written so far */
	bool ended;     /* end of file or failure: nothing more will be read */
};

enum relay_state {
	RELAY_READ,        /* wait until from is readable */
	RELAY_WRITE,       /* wait until to is writable */
	RELAY_END,         /* end of file, and all before it is written */
	RELAY_READ_FAILED, /* reset by the sender, and all before it is written */
	RELAY_WRITE_FAILED /* the receiver is gone */
};

/* Move what can be moved now (a bounded amount). Both descriptors are non-blocking. */
enum relay_state relay_run(struct relay *, int from, int to);
void relay_free(struct relay *);

#endif
