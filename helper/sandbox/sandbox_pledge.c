/* OpenBSD: pledge(2). No "inet", no "recvfd". */
#include "sandbox/sandbox.h"

#ifdef SANDBOX_PLEDGE
#include <unistd.h>

int
sandbox_enter(void)
{
	return pledge("stdio", "");
}
#else
typedef int sandbox_pledge_is_empty;
#endif
