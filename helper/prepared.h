/* Channels whose first end the broker was told to listen at, and what it then does with who
 * comes there: dial the other end by itself, or keep a duplicate for a dial that is asked for
 * later. Owns the descriptors in it. */
#ifndef PREPARED_H
#define PREPARED_H

#include "conn.h"
#include "ftp.h"
#include "session.h"

#define PREPARED_MAX 64

struct prepared {
	unsigned channel; /* 0 = free */
	enum side first;
	struct ftp_address then; /* whom to dial on the other end; port 0: nobody yet */
	struct conn conn;        /* then: the first end, until the other is there, too */
	int duplicate;           /* no then: of the first end's socket; -1 = none */
};

struct preparation {
	struct prepared one[PREPARED_MAX];
};

/* The one of that channel, replaced if there was one; NULL when there are too many. */
struct prepared *prepared_new(struct preparation *, unsigned channel, enum side first);
struct prepared *prepared_find(struct preparation *, unsigned channel); /* NULL: none */
void prepared_drop(struct prepared *); /* NULL is harmless */
void preparation_clear(struct preparation *);

#endif
