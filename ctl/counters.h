/* How many forwards each ControlMaster of a tunnel was asked for: its list of them never
 * shrinks, so this tells what one more costs. In memory that the tunnel and its helpers share. */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <stdatomic.h>

#include "options.h"

#define COUNTERS_MAX MASTERS_MAX

/* A file of zeroes without a name, CLOEXEC; -1 with errno. */
int counters_new(void);
/* COUNTERS_MAX of them, for munmap(p, COUNTERS_SIZE); NULL when that is no such file. */
atomic_uint *counters_map(int fd);

#define COUNTERS_SIZE (COUNTERS_MAX * sizeof(atomic_uint))

#endif
