/* OpenBSD: pledge(2). For the session no "inet", no "recvfd"; for the broker no "exec". */
#include "sandbox/sandbox.h"

#ifdef SANDBOX_PLEDGE
#include <unistd.h>

int
sandbox_enter(void)
{
	return pledge("stdio", "");
}

/* A proxy connection's trace is a file that is made and removed. "error": nobody is killed. */
int
sandbox_enter_broker(pid_t session, bool asks_owners)
{
	if (asks_owners)
		return 0;
	return pledge("stdio rpath wpath cpath inet unix proc sendfd recvfd getpw error", "");
}
#endif
