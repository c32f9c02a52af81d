/* The FTP client that runs in the foreground, on our terminal. */
#ifndef FOREGROUND_H
#define FOREGROUND_H

#include <stdint.h>
#include <sys/types.h>

/* Start it (see client.h) in our process group, so that the terminal's signals reach it: its
 * pid, or -1 with a message in why, also when the program cannot be executed. From then on
 * this process ignores the terminal's SIGINT and SIGQUIT. */
pid_t foreground_start(char *const *argv, const char *host, uint16_t port, char *why,
    size_t why_size);

/* After SIGCHLD: its exit status, 128+n for a signal, or -1 while it runs. */
int foreground_child(pid_t);

#endif
