/* Do processes wait for a processor on this machine? A client that is killed closes its data
 * connection first and its control connection right after it; but the first of the two wakes
 * us, and where processors are short the second comes only when the dying process has got one
 * again, many milliseconds later. */
#ifndef CROWD_H
#define CROWD_H

#include <stdbool.h>

/* A descriptor to ask by, opened before the sandbox is entered; -1: this system cannot say. */
int crowd_open(void);
bool crowd_waits(int fd); /* -1: false */

#endif
