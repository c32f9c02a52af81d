/* Linux: a seccomp filter with an allow-list (seccomp(2)). */
#include "sandbox.h"

#ifdef SANDBOX_SECCOMP
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <linux/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
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
/* ... and with another one ... */
#define ALLOW_WITH_BOTH(call, n, value, other, its_value) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 6), LOAD_ARG(n), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 3), LOAD_ARG(other), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (its_value), 0, 1), RETURN(SECCOMP_RET_ALLOW), \
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
	/* descriptors that are held */
	ALLOW(__NR_read), ALLOW(__NR_write), ALLOW(__NR_readv), ALLOW(__NR_writev),
	ALLOW(__NR_pread64), ALLOW(__NR_close),
	ALLOW_WITH(__NR_ioctl, 1, SIOCOUTQ),
	/* on another level the numbers mean something else */
	ALLOW_WITH_BOTH(__NR_setsockopt, 1, SOL_SOCKET, 2, SO_LINGER),
	ALLOW_WITH_BOTH(__NR_getsockopt, 1, IPPROTO_TCP, 2, TCP_INFO),
	/* no sendmsg(2): descriptors come in, none goes out */
	ALLOW(__NR_recvmsg), ALLOW(__NR_recvfrom), ALLOW(__NR_sendto), ALLOW(__NR_shutdown),
#ifdef __NR_send /* ARM */
	ALLOW(__NR_send), ALLOW(__NR_recv),
#endif
#ifdef __NR_socketcall /* i386: one call for all; its first argument says for which */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_socketcall, 0, 18), LOAD_ARG(0),
	ALLOW(SYS_SEND), ALLOW(SYS_SENDTO), ALLOW(SYS_RECV), ALLOW(SYS_RECVFROM),
	ALLOW(SYS_RECVMSG), ALLOW(SYS_SHUTDOWN), ALLOW(SYS_SETSOCKOPT), ALLOW(SYS_GETSOCKOPT),
	RETURN(SECCOMP_RET_ERRNO | EPERM),
#endif
	/* a pipe between two of them, for splice(2) */
	ALLOW(__NR_splice), ALLOW(__NR_pipe2), ALLOW_WITH(__NR_fcntl, 1, F_SETPIPE_SZ),
#ifdef __NR_fcntl64
	ALLOW_WITH(__NR_fcntl64, 1, F_SETPIPE_SZ),
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
