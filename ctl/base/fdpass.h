/* Descriptors that go along with bytes over a unix socket. */
#ifndef FDPASS_H
#define FDPASS_H

#include <stddef.h>
#include <sys/types.h>

#define FDPASS_MAX 2 /* with one message */

/* As send(2), without SIGPIPE; the descriptors stay the caller's. */
ssize_t fdpass_send(int sock, const void *data, size_t len, const int *fds, size_t count);
/* As recv(2), without waiting. What came along is CLOEXEC, the rest of fds is -1. */
ssize_t fdpass_receive(int sock, void *data, size_t size, int fds[FDPASS_MAX]);

#endif
