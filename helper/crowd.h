/* How many processes share a processor at this instant? A client that is killed closes its data
 * connection first and its control connection right after it; but the first of the two wakes
 * us, and where processors are short the second comes only when the dying process has got one
 * again, many milliseconds later. */
#ifndef CROWD_H
#define CROWD_H

/* A descriptor to ask by, opened before the sandbox is entered; -1: this system cannot say. */
int crowd_open(void);
unsigned crowd_size(int fd); /* 1: nobody waits, or it cannot be said */

#endif
