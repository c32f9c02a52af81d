/* The FTP client that runs in the foreground, on our terminal. */
#ifndef FOREGROUND_H
#define FOREGROUND_H

#include <stddef.h>
#include <stdint.h>

#include "proc.h"
#include "spec.h"

/* Start it (see client.h) in our process group, so that the terminal's signals reach it. -1 with a
 * message in why, also when the program cannot be executed. From then on this process ignores
 * the terminal's SIGINT and SIGQUIT. */
struct client_at {
	char *const *argv;
	struct tokens tokens;
};
int foreground_start(struct proc *, struct loop *, const struct client_at *, proc_fn *ended,
    void *arg, char *why, size_t why_size);

#endif
