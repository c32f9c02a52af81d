/* The running transfers, in place, once a second. */
#pragma once

#include <sys/types.h>

/* Until q or a signal; once, plainly, when stdout is no terminal. 0, or -1 with a message. */
int top_run(uid_t, char *why, unsigned long why_size);
