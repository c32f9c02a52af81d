/* Systems without a mechanism that we know, and builds without one; the man page says so. */
#include "sandbox.h"

#ifdef SANDBOX_NONE
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
#else
typedef int sandbox_none_is_empty;
#endif
