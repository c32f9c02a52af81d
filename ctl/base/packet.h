/* Descriptors that go along with bytes over a unix socket; and packets between two processes of
 * ours, each received whole, as it was sent: over a SOCK_SEQPACKET pair, and where there is no such
 * thing, with their lengths before them over a stream. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define FDPASS_MAX 2 /* with one message */

/* As send(2), without SIGPIPE; the descriptors stay the caller's. */
ssize_t fdpass_send(int sock, const void *data, size_t len, const int *fds, size_t count);
/* As recv(2), without waiting. What came along is CLOEXEC, the rest of fds is -1. */
ssize_t fdpass_receive(int sock, void *data, size_t size, int fds[FDPASS_MAX]);

/* Both ends non-blocking, or neither; CLOEXEC. */
int packet_pair(int fds[2], bool nonblocking);

/* All of it, or -1 with errno (EAGAIN: no room). Without descriptors write(2) is all it takes, and
 * read(2) to receive without fds: a sandbox allows no more. */
int packet_send(int fd, const void *data, size_t len, const int *fds, size_t count);

/* As read(2), or with fds as fdpass_receive(): what is longer than size is cut. What breaks the
 * rules of a stream has ended it: EPROTO. */
ssize_t packet_receive(int fd, void *data, size_t size, int *fds);

bool packet_again(int error); /* of any read or write: it is to be tried again later */
/* Of any read that has returned n: nothing more will come. */
bool packet_over(ssize_t n);
