/* Linux: a seccomp filter with an allow-list (seccomp(2)). */
#include "sandbox/sandbox.h"

#ifdef SANDBOX_SECCOMP
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/net.h>
#include <linux/seccomp.h>

#include <errno.h>
#include <stddef.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define OUR_ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define OUR_ARCH AUDIT_ARCH_ARM
#else
#define OUR_ARCH AUDIT_ARCH_RISCV64
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define ALLOW(call) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1), RETURN(SECCOMP_RET_ALLOW)
#define DENY(call, error) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1), RETURN(SECCOMP_RET_ERRNO | (error))
/* The lower half of argument n; ints are all that is looked at. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOAD_ARG(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
	(unsigned)(offsetof(struct seccomp_data, args) + (n) * 8 + 4))
#else
#define LOAD_ARG(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
	(unsigned)(offsetof(struct seccomp_data, args) + (n) * 8))
#endif
/* Only with this argument ... */
#define ALLOW_WITH(call, n, value) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 4), LOAD_ARG(n), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1), RETURN(SECCOMP_RET_ALLOW), \
	RETURN(SECCOMP_RET_ERRNO | EPERM)
/* ... and only without these bits in it. */
#define ALLOW_WITHOUT(call, n, bits) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 4), LOAD_ARG(n), \
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 1, 0), RETURN(SECCOMP_RET_ALLOW), \
	RETURN(SECCOMP_RET_ERRNO | EPERM)

static const struct sock_filter filter[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	/* Descriptors that are held. No send(2): what could name an address, or begin a connection
	 * (MSG_FASTOPEN), is not there at all; nor recvmsg(2): no descriptor ever comes. */
	ALLOW(__NR_read), ALLOW(__NR_write), ALLOW(__NR_readv), ALLOW(__NR_writev),
	ALLOW(__NR_close), ALLOW(__NR_shutdown),
#ifdef __NR_socketcall /* i386: one call for all; its first argument says for which */
	ALLOW_WITH(__NR_socketcall, 0, SYS_SHUTDOWN),
#endif
#ifdef __NR_poll
	ALLOW(__NR_poll),
#endif
	ALLOW(__NR_ppoll),
#ifdef __NR_ppoll_time64
	ALLOW(__NR_ppoll_time64),
#endif
	/* memory (none that could be run), time, signals of ours, the end */
	ALLOW(__NR_brk), ALLOW(__NR_munmap), ALLOW(__NR_mremap), ALLOW(__NR_madvise),
	ALLOW_WITHOUT(__NR_mprotect, 2, PROT_EXEC),
#ifdef __NR_mmap2 /* mmap is there on i386, too, with its arguments where no filter can look */
	ALLOW_WITHOUT(__NR_mmap2, 2, PROT_EXEC),
#else
	ALLOW_WITHOUT(__NR_mmap, 2, PROT_EXEC),
#endif
	ALLOW(__NR_clock_gettime),
#ifdef __NR_clock_gettime64
	ALLOW(__NR_clock_gettime64),
#endif
	ALLOW(__NR_gettimeofday), ALLOW(__NR_restart_syscall), ALLOW(__NR_rt_sigreturn),
#ifdef __NR_sigreturn
	ALLOW(__NR_sigreturn),
#endif
	ALLOW(__NR_rt_sigprocmask), ALLOW(__NR_futex), ALLOW(__NR_getpid), ALLOW(__NR_getrandom),
	ALLOW(__NR_exit), ALLOW(__NR_exit_group),
	/* what the C library may try and can do without */
#ifdef __NR_time
	DENY(__NR_time, EPERM),
#endif
#ifdef __NR_newfstatat
	DENY(__NR_newfstatat, EPERM),
#endif
	DENY(__NR_openat, EACCES),
	RETURN(SECCOMP_RET_KILL_PROCESS),
};

int
sandbox_enter(void)
{
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]),
		(struct sock_filter *)filter };
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_NPROC, &none);
	/* nor may others of this user look into the process */
	if (prctl(PR_SET_DUMPABLE, 0) == -1 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
#else
typedef int sandbox_seccomp_is_empty;
#endif
