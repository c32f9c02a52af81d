/* lacks seccomp|sock_diag COMMAND...: run it as a kernel would that was built without that: SECCOMP_FILTER;
 * INET_DIAG, and with it the whole family of netlink. (Told by a filter: it takes a kernel that has them.) */
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOWER 4
#else
#define LOWER 0
#endif
#define LOAD(where) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(where))
#define NUMBER LOAD(offsetof(struct seccomp_data, nr))
#define ARGUMENT(n) LOAD(offsetof(struct seccomp_data, args) + (n) * 8 + LOWER)
/* Unless it is this, to the end, which lets it through. */
#define IS(value, to_the_end) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (to_the_end))
#define FAIL(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define END BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter no_seccomp[] = {
	NUMBER, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_seccomp, 0, 1), FAIL(ENOSYS),
	IS(__NR_prctl, 3), ARGUMENT(0), IS(PR_SET_SECCOMP, 1), FAIL(EINVAL), END
};
static struct sock_filter no_sock_diag[] = {
	NUMBER, IS(__NR_socket, 5), ARGUMENT(0), IS(AF_NETLINK, 3), ARGUMENT(2), IS(NETLINK_SOCK_DIAG, 1),
	FAIL(EPROTONOSUPPORT), END
};

int
main(int argc, char *argv[])
{
	const struct sock_fprog seccomp = { sizeof(no_seccomp) / sizeof(*no_seccomp), no_seccomp },
	    sock_diag = { sizeof(no_sock_diag) / sizeof(*no_sock_diag), no_sock_diag };

	if (argc < 3)
		return 64;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
	    strcmp(argv[1], "seccomp") == 0 ? &seccomp : &sock_diag) == 0)
		execvp(argv[2], argv + 2);
	perror("lacks");
	return 126;
}
