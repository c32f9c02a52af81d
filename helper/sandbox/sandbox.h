/* Give up everything but the descriptors that are held. One file for each mechanism. */
#ifndef SANDBOX_H
#define SANDBOX_H

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

#endif
