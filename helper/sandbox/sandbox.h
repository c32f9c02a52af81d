/* Give up what is not needed: the session all but the descriptors that it holds. One file for each mechanism. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#if defined(NO_SANDBOX)
#define SANDBOX_NONE
#elif defined(__linux__) && !defined(PORTABLE) && (defined(__x86_64__) || defined(__i386__) || \
    defined(__aarch64__) || defined(__arm__) || (defined(__riscv) && __riscv_xlen == 64))
#define SANDBOX_SECCOMP
#elif defined(__OpenBSD__)
#define SANDBOX_PLEDGE
#elif defined(__FreeBSD__)
#define SANDBOX_CAPSICUM
#elif defined(__APPLE__)
#define SANDBOX_MACOS
#else
#define SANDBOX_NONE
#endif

/* From here on: read, write, poll, shut down, memory, time, exit. 0, or -1 with errno where the
 * system offers this mechanism and refuses. */
int sandbox_enter(void);

/* The broker, after its start: no program, no file to write, no signal but to that session process.
 * What it tries all the same fails. As above; where there is no such mechanism nothing is given up,
 * nor by pledge(2) where the broker has to ask who owns a connection (net/peer.h). */
int sandbox_enter_broker(pid_t session, bool asks_owners);
