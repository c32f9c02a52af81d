/* The FTP client that ftp-over-ssh runs: which one, with which arguments. */
#pragma once

#include <stddef.h>

#include "options/spec.h"

/* The client's argument vector, NULL-terminated, for a tunnel that listens there.
 *
 * command is what the user asked for (NULL-terminated; NULL or empty = nothing): its
 * %h, %p, %u, %U and %% are expanded, nothing is added. Otherwise $FTP_OVER_SSH_CLIENT, split
 * at blanks, or the first client found in $PATH; where that has no token, what the program
 * wants is appended ("-p 1234 127.0.0.1" for lftp).
 *
 * malloc'ed, for client_argv_free(); NULL with a message in why. */
char **client_argv(char *const *command, const struct tokens *, char *why, size_t why_size);
bool client_exists(const char *program); /* as far as PATH tells */
void client_argv_free(char **argv); /* NULL is harmless */
