/* FreeBSD: capability mode (capsicum(4)). There fork(2) remains, so its limit becomes 0. */
#include "sandbox/sandbox.h"

#ifdef SANDBOX_CAPSICUM
#include <sys/types.h>
#include <sys/capsicum.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <errno.h>

int
sandbox_enter(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_NPROC, &none);
	return cap_enter() == -1 && errno != ENOSYS ? -1 : 0; /* ENOSYS: a kernel without it */
}
#endif
