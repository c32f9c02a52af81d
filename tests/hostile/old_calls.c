/* System calls of i386 that are one for many: behind the sandbox, when built for it (-m32). */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

#ifdef __i386__
static long
try_socket(void)
{
	unsigned long arguments[] = { AF_INET, SOCK_STREAM, 0 };

	return syscall(SYS_socketcall, 1, arguments);
}

static long
try_code(void)
{
	unsigned long arguments[] = { 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1UL, 0 };

	return syscall(SYS_mmap, arguments);
}

/* As a session does. */
static long
try_receive(void)
{
	char byte;

	return recv(STDIN_FILENO, &byte, 1, MSG_DONTWAIT) == -1 && errno == EPERM ? -1 : 0;
}

int
main(int argc, char **argv)
{
	const char *deed = argc > 1 ? argv[1] : "";
	long result;

	if (sandbox_enter() == -1)
		return 2;
	result = strcmp(deed, "socket") == 0 ? try_socket() :
	    strcmp(deed, "code") == 0 ? try_code() : try_receive();
	deed = result == -1 ? "hostile: refused\n" : "hostile: SUCCEEDED\n";
	return write(STDOUT_FILENO, deed, strlen(deed)) == -1;
}
#else
#error not i386
#endif
