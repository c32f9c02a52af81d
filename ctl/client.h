/* The FTP client that ftp-over-ssh runs: which one, with which arguments. */
#ifndef CLIENT_H
#define CLIENT_H

#include <stddef.h>
#include <stdint.h>

/* The client's argument vector, NULL-terminated, for a tunnel that listens on host:port.
 *
 * command is what the user asked for (NULL-terminated; NULL or empty = nothing): its
 * %h, %p, %u and %% are expanded, nothing is added. Otherwise $FTP_OVER_SSH_CLIENT, split
 * at blanks, or the first client found in $PATH; where that has no token, what the program
 * wants is appended ("-p 1234 127.0.0.1" for lftp).
 *
 * malloc'ed, for client_argv_free(); NULL with a message in why. */
char **client_argv(char *const *command, const char *host, uint16_t port, char *why,
    size_t why_size);
void client_argv_free(char **argv); /* NULL is harmless */

/* In the child: set FTP_OVER_SSH_HOST, _PORT and _URL and become the client. Returns only
 * when that fails: errno. */
int client_exec(char *const *argv, const char *host, uint16_t port);

#endif
