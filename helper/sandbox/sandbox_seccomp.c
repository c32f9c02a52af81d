/* Linux: seccomp filters (seccomp(2)), for the session an allow-list. The broker's is a list of what
 * it may not do, each of which fails like any call that fails: name services and C libraries make
 * system calls that nobody can foresee, and a broker that is killed loses transfers. */
#include "sandbox/sandbox.h"

#ifdef SANDBOX_SECCOMP
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

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
/* Never with this argument; what is not denied is looked at further. */
#define DENY_WITH(call, n, value) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 4), LOAD_ARG(n), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1), RETURN(SECCOMP_RET_ERRNO | EPERM), \
	LOAD(nr)
#define NEVER(call) DENY(call, EPERM)

static const struct sock_filter session_filter[] = {
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
#ifdef __NR_clock_gettime32 /* as musl calls them */
	ALLOW(__NR_clock_gettime32), ALLOW(__NR_gettimeofday_time32),
#else
	ALLOW(__NR_clock_gettime), ALLOW(__NR_gettimeofday),
#endif
#ifdef __NR_clock_gettime64
	ALLOW(__NR_clock_gettime64),
#endif
	ALLOW(__NR_restart_syscall), ALLOW(__NR_rt_sigreturn),
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

/* What is newer than Linux 5.0 has the same number everywhere, and nobody depends on it: io_uring, ways
 * to mount, handles of processes, and what is to come. Two of them the C library does better with. */
#define RECENT ((__NR_read & 0x40000000) + 424)
#define CLOSE_RANGE (RECENT + 12)
#define FACCESSAT2 (RECENT + 15)

#define WRITES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

/* ... behind the head that sandbox_enter_broker() makes. */
static const struct sock_filter broker_filter[] = {
	ALLOW(CLOSE_RANGE), ALLOW(FACCESSAT2),
#ifdef __arm__ /* calls of its own are behind them all */
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x0f0000, 2, 0),
#endif
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, RECENT, 0, 1), RETURN(SECCOMP_RET_ERRNO | ENOSYS),
	/* programs and other processes; a descriptor's owner is sent its signals */
	NEVER(__NR_execve), NEVER(__NR_execveat), NEVER(__NR_ptrace), NEVER(__NR_process_vm_readv),
	NEVER(__NR_process_vm_writev), NEVER(__NR_rt_sigqueueinfo), NEVER(__NR_rt_tgsigqueueinfo),
	DENY_WITH(__NR_fcntl, 1, F_SETOWN), DENY_WITH(__NR_fcntl, 1, F_SETOWN_EX),
#ifdef __NR_fcntl64
	DENY_WITH(__NR_fcntl64, 1, F_SETOWN), DENY_WITH(__NR_fcntl64, 1, F_SETOWN_EX),
#endif
	DENY_WITH(__NR_ioctl, 1, FIOSETOWN), DENY_WITH(__NR_ioctl, 1, SIOCSPGRP),
	DENY_WITH(__NR_ioctl, 1, TIOCSTI), DENY_WITH(__NR_ioctl, 1, TIOCLINUX),
	ALLOW_WITH(__NR_prlimit64, 0, 0),
	/* files: to read, and to remove the sockets of forwards */
	ALLOW_WITHOUT(__NR_openat, 2, WRITES), NEVER(__NR_open_by_handle_at),
#ifdef __NR_open
	ALLOW_WITHOUT(__NR_open, 1, WRITES), NEVER(__NR_creat), NEVER(__NR_rename), NEVER(__NR_link),
	NEVER(__NR_symlink), NEVER(__NR_mknod), NEVER(__NR_chmod),
#endif
#ifdef __NR_renameat
	NEVER(__NR_renameat),
#endif
#ifdef __NR_truncate64
	NEVER(__NR_truncate64),
#endif
	NEVER(__NR_renameat2), NEVER(__NR_linkat), NEVER(__NR_symlinkat), NEVER(__NR_mknodat),
	NEVER(__NR_fchmodat), NEVER(__NR_fchmod), NEVER(__NR_truncate),
	/* the kernel */
	ALLOW_WITHOUT(__NR_clone, 0, CLONE_NEWUSER | CLONE_NEWNS), NEVER(__NR_unshare),
	NEVER(__NR_setns), NEVER(__NR_mount), NEVER(__NR_umount2), NEVER(__NR_pivot_root),
	NEVER(__NR_chroot), NEVER(__NR_bpf), NEVER(__NR_perf_event_open), NEVER(__NR_userfaultfd),
	NEVER(__NR_keyctl), NEVER(__NR_add_key), NEVER(__NR_request_key), NEVER(__NR_init_module),
	NEVER(__NR_finit_module), NEVER(__NR_kexec_load),
	RETURN(SECCOMP_RET_ALLOW),
};

static int
filter_add(const struct sock_filter *filter, size_t size)
{
	struct sock_fprog program = { (unsigned short)(size / sizeof(*filter)),
		(struct sock_filter *)(uintptr_t)filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int
sandbox_enter(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_NPROC, &none);
	/* nor may others of this user look into the process */
	if (prctl(PR_SET_DUMPABLE, 0) == -1)
		return -1;
	return filter_add(session_filter, sizeof(session_filter));
}

/* One filter and not two, for the kernel tries it on every call there is when it is installed. */
int
sandbox_enter_broker(pid_t session, bool asks_owners)
{
	const unsigned own = (unsigned)getpid();
	const struct sock_filter head[] = { LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0), RETURN(SECCOMP_RET_ERRNO | EPERM),
		LOAD(nr), ALLOW_WITH(__NR_kill, 0, (unsigned)session), ALLOW_WITH(__NR_tkill, 0, own),
		ALLOW_WITH(__NR_tgkill, 0, own) };
	struct sock_filter all[(sizeof(head) + sizeof(broker_filter)) / sizeof(head[0])];

	memcpy(all, head, sizeof(head));
	memcpy(all + sizeof(head) / sizeof(*head), broker_filter, sizeof(broker_filter));
	return filter_add(all, sizeof(all));
}
#endif
