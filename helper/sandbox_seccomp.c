/* Linux: a seccomp filter with an allow-list (seccomp(2)). */
#include "sandbox.h"

#if defined(__linux__) && !defined(NO_SANDBOX)
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/audit.h>
#include <linux/filter.h>
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
#elif defined(__riscv) && __riscv_xlen == 64
#define OUR_ARCH AUDIT_ARCH_RISCV64
#endif
#endif

#if defined(OUR_ARCH)
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define ALLOW(call) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1), RETURN(SECCOMP_RET_ALLOW)
#define DENY(call, error) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1), RETURN(SECCOMP_RET_ERRNO | (error))

static const struct sock_filter filter[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	/* descriptors that are held */
	ALLOW(__NR_read), ALLOW(__NR_write), ALLOW(__NR_readv), ALLOW(__NR_writev),
	ALLOW(__NR_pread64), ALLOW(__NR_close), ALLOW(__NR_ioctl), ALLOW(__NR_fcntl),
#ifdef __NR_fcntl64
	ALLOW(__NR_fcntl64),
#endif
#ifdef __NR_socketcall /* i386: one call for all; the filter cannot look into it */
	ALLOW(__NR_socketcall),
#endif
	ALLOW(__NR_recvmsg), ALLOW(__NR_sendmsg), ALLOW(__NR_recvfrom), ALLOW(__NR_sendto),
	ALLOW(__NR_shutdown), ALLOW(__NR_setsockopt), ALLOW(__NR_getsockopt),
	ALLOW(__NR_getsockname), ALLOW(__NR_getpeername),
#ifdef __NR_poll
	ALLOW(__NR_poll),
#endif
	ALLOW(__NR_ppoll),
#ifdef __NR_ppoll_time64
	ALLOW(__NR_ppoll_time64),
#endif
	/* memory, time, signals of ours, the end */
	ALLOW(__NR_brk), ALLOW(__NR_munmap), ALLOW(__NR_mremap), ALLOW(__NR_madvise),
#ifdef __NR_mmap
	ALLOW(__NR_mmap),
#endif
#ifdef __NR_mmap2
	ALLOW(__NR_mmap2),
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
	DENY(__NR_openat, EACCES), DENY(__NR_newfstatat, EPERM),
	RETURN(SECCOMP_RET_KILL_PROCESS),
};

int
sandbox_enter(void)
{
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]),
		(struct sock_filter *)filter };
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_NPROC, &none);
	setrlimit(RLIMIT_CORE, &none);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

const char *
sandbox_name(void)
{
	return "seccomp";
}
#elif defined(__linux__) && !defined(NO_SANDBOX)
int
sandbox_enter(void)
{
	return 0;
}

const char *
sandbox_name(void)
{
	return "none";
}
#endif
