/* The tunnels as JSON, in ASCII: other characters as \u escapes, bytes that are no UTF-8 as
 * U+FFFD. The schema is in ftp-over-ssh-ctl(1). */
#pragma once

#include <stdio.h>

#include "status/query.h"

/* Names, pids and destinations only. */
void json_names(FILE *, const struct tunnels *);
void json_tunnels(FILE *, const struct tunnels *);
