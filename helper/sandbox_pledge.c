/* OpenBSD: pledge(2). No "inet": sockets come from the broker alone. */
#include "sandbox.h"

#ifdef SANDBOX_PLEDGE
#include <unistd.h>

int
sandbox_enter(void)
{
	return pledge("stdio recvfd", "");
}
#else
typedef int sandbox_pledge_is_empty;
#endif
