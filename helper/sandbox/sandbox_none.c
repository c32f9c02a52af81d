/* Systems without a mechanism that we know, and builds without one; the man page says so. */
#include "sandbox/sandbox.h"

#ifdef SANDBOX_NONE
int
sandbox_enter(void)
{
	return 0;
}
#endif

#if !defined(SANDBOX_SECCOMP) && !defined(SANDBOX_PLEDGE)
int
sandbox_enter_broker(pid_t session, bool asks_owners)
{
	return 0;
}
#endif
