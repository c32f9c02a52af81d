/* Does another process keep up the very tunnel that the command line wants? Then the same command
 * started again (LocalCommand of a second ssh) has nothing to do. */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <stdbool.h>

#include "options/cmdline.h"

/* All running tunnels are asked: is there one with that control path (of -S, expanded; NULL: any), that
 * destination and all those listeners of -L? Takes as long as a tunnel that hangs, a second at most. */
bool instance_runs(const struct cmdline *, const char *ctl_path);

#endif
