/* Where the program of the helpers is. */
#pragma once

#include <stddef.h>

/* The helper program: $FTP_OVER_SSH_HELPER, the one beside us, or the installed one.
 * NULL with a message in why when it cannot be run. Static storage. */
const char *helper_program(char *why, size_t why_size);
