/* Systems without a mechanism that we know; the man page says so. */
#include "sandbox.h"

#if defined(NO_SANDBOX) || !defined(__linux__)
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
