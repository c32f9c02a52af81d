/* Does another tunnel of this user hold a port that the command line wants? If it is the very tunnel,
 * the same command started again (LocalCommand of a second ssh) has nothing to do. */
#pragma once

#include <stddef.h>

#include "options/cmdline.h"

enum instance { INSTANCE_NONE, INSTANCE_OTHER, INSTANCE_SAME };

/* All running tunnels are asked for the one that listens there. SAME: with the same destination, control
 * path (of -S, expanded; NULL: any), listeners of -L and options. OTHER: why says which, and what to do.
 * Takes as long as a tunnel that hangs, a second at most. */
enum instance instance_at(const struct cmdline *, const char *ctl_path, const struct tunnel_spec *,
    char *why, size_t why_size);
