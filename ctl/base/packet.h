/* Packets between two processes of ours, each received whole, as it was sent: over a SOCK_SEQPACKET
 * pair; where there is no such thing, with their lengths before them over a stream. */
#ifndef PACKET_H
#define PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PACKET_FDS 2 /* that may come along with one */

/* Both ends non-blocking, or neither; CLOEXEC. */
int packet_pair(int fds[2], bool nonblocking);

/* All of it, or -1 with errno (EAGAIN: no room). Without descriptors write(2) is all it takes, and
 * to receive read(2): a sandbox allows no more. */
int packet_send(int fd, const void *data, size_t len, const int *fds, size_t count);

/* As recv(2): what is longer than size is cut. With a count it does not wait, and each of fds is a
 * descriptor that came along, or -1. What breaks the rules of a stream has ended it: EPROTO. */
ssize_t packet_receive(int fd, void *data, size_t size, int *fds, size_t count);

/* Any bytes with descriptors, as they are. As sendmsg(2). */
ssize_t packet_send_fds(int fd, const void *data, size_t len, const int *fds, size_t count);

#endif
