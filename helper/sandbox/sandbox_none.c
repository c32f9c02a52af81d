/* Systems without a mechanism that we know, and builds without one; the man page says so. */
#include "sandbox/sandbox.h"

#ifdef SANDBOX_NONE
int
sandbox_enter(void)
{
	return 0;
}
#else
typedef int sandbox_none_is_empty;
#endif
