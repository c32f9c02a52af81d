/* What not every system has, by its usual name: from the system, from libbsd, or from compat.c.
 * With PORTABLE Linux is taken for a system of POSIX alone: it compiles what macOS does. */
#ifndef COMPAT_H
#define COMPAT_H

#include <sys/socket.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__) && !defined(PORTABLE)
#define ON_LINUX
#endif

#ifdef USE_LIBBSD
#include <bsd/readpassphrase.h>
#include <bsd/stdlib.h>
#include <bsd/unistd.h>
#elif defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__) || defined(__DragonFly__)
#include <readpassphrase.h>
#else
#define COMPAT_CLOSEFROM
#define closefrom compat_closefrom
#define RPP_REQUIRE_TTY 2
#ifndef __APPLE__
#define COMPAT_BSD
#define readpassphrase compat_readpassphrase
#define arc4random_uniform compat_arc4random_uniform
uint32_t arc4random_uniform(uint32_t bound);
#endif
char *readpassphrase(const char *prompt, char *answer, size_t size, int flags);
void closefrom(int first);
#endif
#ifdef __linux__ /* in libbsd as well, which no helper should load for it */
#define getpeereid compat_getpeereid
int getpeereid(int fd, uid_t *, gid_t *);
#endif

#if defined(__APPLE__) || defined(PORTABLE)
#define COMPAT_DESCRIPTORS
#undef SOCK_CLOEXEC
#undef SOCK_NONBLOCK
#define SOCK_CLOEXEC 0x10000000
#define SOCK_NONBLOCK 0x20000000
#define socket(domain, type, protocol) compat_socket(domain, type, protocol)
#define socketpair(domain, type, protocol, fds) compat_socketpair(domain, type, protocol, fds)
#define accept4(fd, from, len, flags) compat_accept(fd, from, len, flags)
#define pipe2(fds, flags) compat_pipe(fds, flags)
#define explicit_bzero(data, size) compat_bzero(data, size)
int compat_socket(int domain, int type, int protocol);
int compat_socketpair(int domain, int type, int protocol, int fds[2]);
int compat_accept(int fd, struct sockaddr *, socklen_t *, int flags);
int compat_pipe(int fds[2], int flags);
void compat_bzero(void *, size_t);
#endif

#endif
