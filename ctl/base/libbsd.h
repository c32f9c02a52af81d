/* getpeereid(3), closefrom(3), strtonum(3), arc4random(3): in the C library of the BSDs. */
#ifndef LIBBSD_H
#define LIBBSD_H

#ifdef __linux__
#include <bsd/stdlib.h>
#include <bsd/unistd.h>
#else
#include <sys/types.h>
#include <sys/socket.h> /* getpeereid() on OpenBSD */
#include <stdlib.h>
#include <unistd.h>
#endif

#endif
