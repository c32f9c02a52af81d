/* The LocalForward and RemoteForward lines of ssh's configuration that lead to an FTP server
 * (port 21): they become FTP tunnels. Pure. */
#pragma once

#include "options/spec.h"

/* The next such line of what `ssh -G` printed: keyword is "localforward" or
 * "remoteforward". Where to go on looking, NULL when there is none. */
const char *config_forwards_next(const char *config, const char *keyword, struct tunnel_spec *);
