/* A name in the runtime directory that says which tunnel a process keeps up, so that the same
 * command started again (LocalCommand of a second ssh) can see that there is nothing to do. */
#ifndef MARKER_H
#define MARKER_H

#include <stdbool.h>
#include <stddef.h>

/* Is there a living process with that identity? */
bool marker_exists(const char *identity);

/* Leave the mark; its path in path, "" when that cannot be done. Removed by the caller. */
void marker_make(const char *identity, char *path, size_t size);

#endif
